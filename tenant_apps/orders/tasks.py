"""Close unpaid orders and complete those that arrived."""

from datetime import datetime

from kernel.events import queue
from kernel.events.due import due_work
from tenant_apps.orders import selectors
from tenant_apps.orders.services import deadlines


@due_work(deadlines.CLOSING_WORK, queue=queue.HOUSEKEEPING, find=selectors.next_closing)
def close_unpaid(now: datetime) -> datetime | None:
    """Cancel what was not paid in time, where the brand wants that."""
    return deadlines.close_unpaid(now=now)


@due_work(deadlines.COMPLETING_WORK, queue=queue.HOUSEKEEPING, find=selectors.next_completion)
def complete_arrived(now: datetime) -> datetime | None:
    """Complete what arrived some days ago."""
    return deadlines.complete_arrived(now=now)
