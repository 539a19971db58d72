"""Count orders for the plan's limit."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.orders import selectors


@counts("orders", at_least=True)
def count_orders(now: datetime) -> int:
    """Count the orders placed in the month of `now`, late imports with an earlier date included."""
    return selectors.count_placed_in_month(now=now)
