"""Count what the plan limits."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.catalog.selectors.products import count_active_variants


@counts("skus")
def count_skus(now: datetime) -> int:
    """Count the SKUs for sale: one taken off sale for good leaves its place to another."""
    return count_active_variants()
