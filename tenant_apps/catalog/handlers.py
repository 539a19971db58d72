"""What the floor asks of the catalogue."""

from datetime import datetime

from shared_apps.entitlements.services.quotas import counts
from tenant_apps.catalog.selectors.products import count_active_variants


@counts("skus")
def count_skus(now: datetime) -> int:
    """Those for sale: what was taken off sale for good leaves its place to another."""
    return count_active_variants()
