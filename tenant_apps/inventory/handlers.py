"""What the floor asks of the stock."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.inventory import selectors


@counts("warehouses")
def count_warehouses(now: datetime) -> int:
    """All of them: a warehouse is never closed."""
    return selectors.count_warehouses()
