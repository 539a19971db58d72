"""The daily look at contracts that end."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from tenant_apps.agents.services import notices


@due_work("agents.record_endings", queue=HOUSEKEEPING, every=time(0, 20))
def record_endings(now: datetime) -> None:
    """Have the notices sent that are due in this brand."""
    notices.record_endings(now=now)
