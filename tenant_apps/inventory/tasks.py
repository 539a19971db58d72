"""Work of stock that is due at some hour."""

from datetime import datetime

from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING
from tenant_apps.inventory.selectors.reservations import get_next_expiry
from tenant_apps.inventory.services import reservations


def find_next_expiry(now: datetime) -> datetime | None:
    """Return the earliest hour at which a reservation expires."""
    return get_next_expiry()


@due_work(reservations.EXPIRY_WORK, queue=HOUSEKEEPING, find=find_next_expiry)
def expire_reservations(now: datetime) -> datetime | None:
    """Give up goods that were reserved until now."""
    reservations.expire_reservations(now=now)
    return get_next_expiry()
