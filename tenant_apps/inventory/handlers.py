"""Count warehouses for the plan's limit."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.inventory import selectors


@counts("warehouses")
def count_warehouses(now: datetime) -> int:
    """Count all warehouses; they cannot be closed."""
    return selectors.count_warehouses()
