"""Report the brand's figures to the platform."""

from datetime import datetime, timedelta

from kernel.core import clock
from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from kernel.tenancy.tasks import public_task
from shared_apps.support.services import figures
from tenant_apps.insights import services


@due_work("insights.push_figures", queue=HOUSEKEEPING, every=timedelta(hours=1), writes=False)
def push_figures(now: datetime) -> None:
    """Push this brand's figures to the platform: it reads the brand, and writes to public."""
    services.push_figures(now=now)


@public_task(name="insights.measure_schemas", queue=HOUSEKEEPING)
def measure_schemas() -> int:
    """Measure all schemas at once, every hour; returns how many there are."""
    return figures.measure_schemas(now=clock.now())
