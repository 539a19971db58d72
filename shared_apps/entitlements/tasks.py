"""Bring counts in line with data and plans every night."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from shared_apps.entitlements.services import quotas


@brand_task(name="entitlements.recount_quotas", writes=False)  # counts what is there, whoever pays
def recount_quotas() -> int:
    """Compare this brand's counts with its data and correct them; returns how many were wrong."""
    return len(quotas.recount_brand(now=clock.now()))


@public_task(name="entitlements.recount_everywhere")
def recount_everywhere() -> int:
    """Have each ready brand compare its counts, spread over an hour. Every night."""
    return for_each_ready_brand(recount_quotas, spread_seconds=3_600)
