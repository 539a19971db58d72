"""The nightly evaluation of levels."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from tenant_apps.ranks.services import evaluation


@brand_task(name="ranks.evaluate_levels")
def evaluate_levels() -> int:
    """Propose, lapse and apply changes of level in this brand; returns how many agents moved."""
    return evaluation.evaluate_levels(now=clock.now()).applied


@public_task(name="ranks.evaluate_levels_everywhere")
def evaluate_levels_everywhere() -> int:
    """Every night: have each brand that may write evaluate its levels, spread over an hour."""
    return for_each_ready_brand(evaluate_levels, spread_seconds=3_600)
