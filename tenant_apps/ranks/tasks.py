"""The nightly evaluation of levels."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import LONG
from tenant_apps.ranks.services import evaluation


@due_work("ranks.evaluate_levels", queue=LONG, every=time(17, 10))
def evaluate_levels(now: datetime) -> None:
    """Propose, lapse and apply changes of level in this brand."""
    evaluation.evaluate_levels(now=now)
