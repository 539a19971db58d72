"""Count what the plan limits."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.inventory import selectors


@counts("warehouses")
def count_warehouses(now: datetime) -> int:
    """Count all warehouses: one is never closed."""
    return selectors.count_warehouses()
