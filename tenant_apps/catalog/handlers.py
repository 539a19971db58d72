"""Count SKUs for the plan's limit."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.catalog.selectors.products import count_active_variants


@counts("skus")
def count_skus(now: datetime) -> int:
    """Count the active SKUs; a deactivated one frees its place."""
    return count_active_variants()
