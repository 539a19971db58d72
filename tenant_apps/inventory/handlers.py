"""Count warehouses for the plan's limit."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.inventory.selectors.warehouses import count_warehouses as count


@counts("warehouses")
def count_warehouses(now: datetime) -> int:
    """Count the warehouses that sell, open or closed."""
    return count()
