"""House-keeping of bindings and posters."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from tenant_apps.attribution.services import binding_ends, posters


@brand_task(name="attribution.end_lapsed_bindings")
def end_lapsed_bindings() -> int:
    """End the bindings whose last day is over; returns how many. Nobody waits for it: readers look at the date."""
    return binding_ends.end_lapsed(now=clock.now())


@brand_task(name="attribution.forget_old_posters", writes=False)  # files that can be drawn anew: no data of the brand
def forget_old_posters() -> int:
    """Delete drawn posters nobody asked for lately; returns how many."""
    return posters.forget_old_posters(now=clock.now())


@public_task(name="attribution.look_after_everywhere")
def look_after_everywhere() -> int:
    """Every night, spread over an hour; returns how many brands."""
    for_each_ready_brand(forget_old_posters, spread_seconds=3_600)
    return for_each_ready_brand(end_lapsed_bindings, spread_seconds=3_600)
