"""House-keeping of bindings and posters."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from tenant_apps.attribution.services import binding_ends, posters


@due_work("attribution.end_lapsed_bindings", queue=HOUSEKEEPING, every=time(16, 10))
def end_lapsed_bindings(now: datetime) -> None:
    """End the bindings whose last day is over. Nobody waits for it: readers look at the date."""
    binding_ends.end_lapsed(now=now)


# Files that can be drawn anew are no data of the brand: it need not be able to write.
@due_work("attribution.forget_old_posters", queue=HOUSEKEEPING, every=time(16, 10), writes=False)
def forget_old_posters(now: datetime) -> None:
    """Delete drawn posters nobody asked for lately."""
    posters.forget_old_posters(now=now)
