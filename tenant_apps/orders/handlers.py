"""What the floor asks of the orders."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.orders import selectors


@counts("orders", at_least=True)
def count_orders(now: datetime) -> int:
    """Those placed in the month of `now`. What came in late bears an earlier date and counts all the same."""
    return selectors.count_placed_in_month(now=now)
