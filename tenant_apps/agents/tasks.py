"""The daily look at contracts that end."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from tenant_apps.agents.services import notices


@brand_task(name="agents.note_endings")
def note_endings() -> int:
    """Have the notices sent that are due in this brand; returns how many."""
    return notices.note_endings(now=clock.now())


@public_task(name="agents.note_endings_everywhere")
def note_endings_everywhere() -> int:
    """Every morning: have each brand that may write look at its contracts, spread over half an hour."""
    return for_each_ready_brand(note_endings, spread_seconds=1_800)
