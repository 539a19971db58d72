"""Work on customers that nobody waits for."""

from datetime import datetime

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from tenant_apps.customers import selectors, services


@due_work("customers.index_unknown", queue=HOUSEKEEPING, find=selectors.next_indexing, writes=False)
def index_unknown(now: datetime) -> datetime | None:
    """Make customers of an older release findable, a batch a turn."""
    return services.index_unknown_customers(now=now)
