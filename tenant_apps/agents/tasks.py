"""Look daily at contracts that end, and fill what agents are found by."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from tenant_apps.agents.selectors import lookup
from tenant_apps.agents.services import notices, search_index


@due_work("agents.record_endings", queue=HOUSEKEEPING, every=time(0, 20))
def record_endings(now: datetime) -> None:
    """Have the notices sent that are due in this brand."""
    notices.record_endings(now=now)


@due_work("agents.index_unknown", queue=HOUSEKEEPING, find=lookup.next_indexing, writes=False)
def index_unknown(now: datetime) -> datetime | None:
    """Make agents of an older release findable, a batch a turn."""
    return search_index.index_unknown_agents(now=now)
