"""Background work: telling the platform how the brand is."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from shared_apps.support.services import figures
from tenant_apps.insights import services


@brand_task(name="insights.push_figures", writes=False)  # it reads the brand, and writes to the platform
def push_figures() -> None:
    """Push this brand's figures to the platform."""
    services.push_figures(now=clock.now())


@public_task(name="insights.push_figures_everywhere")
def push_figures_everywhere() -> int:
    """Every hour: measure all schemas at once, and have each ready brand push its figures, spread over 50 minutes.

    Returns how many brands were asked.
    """
    figures.measure_schemas(now=clock.now())
    return for_each_ready_brand(push_figures, spread_seconds=3_000)
