"""Count what the plan limits."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.orders import selectors


@counts("orders", at_least=True)
def count_orders(now: datetime) -> int:
    """Count the orders placed in the month of `now`. Late imports bear an earlier date and count all the same."""
    return selectors.count_placed_in_month(now=now)
