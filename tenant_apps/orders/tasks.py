"""Close unpaid orders, complete those that arrived, and make orders findable."""

from datetime import datetime

from kernel.events import queue
from kernel.events.due import due_work
from tenant_apps.orders.selectors import deadlines as order_deadlines
from tenant_apps.orders.services import deadlines, search_index


@due_work(deadlines.CLOSING_WORK, queue=queue.HOUSEKEEPING, find=order_deadlines.next_closing)
def close_unpaid(now: datetime) -> datetime | None:
    """Cancel what was not paid in time, where the brand wants that."""
    return deadlines.close_unpaid(now=now)


@due_work(deadlines.COMPLETING_WORK, queue=queue.HOUSEKEEPING, find=order_deadlines.next_completion)
def complete_arrived(now: datetime) -> datetime | None:
    """Complete what arrived some days ago."""
    return deadlines.complete_arrived(now=now)


@due_work(search_index.INDEX_WORK, queue=queue.LONG, find=search_index.next_indexing, writes=False)
def index_unknown(now: datetime) -> datetime | None:
    """Make orders of files and of an older release findable."""
    return search_index.index_unknown_orders(now=now)
