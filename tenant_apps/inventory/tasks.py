"""Work of stock that is due at some hour."""

from datetime import datetime, time

from kernel.events.due import due_work
from kernel.events.queue import EVENTS, HOUSEKEEPING, LONG
from tenant_apps.inventory.selectors.backorders import list_fillable
from tenant_apps.inventory.selectors.reservations import get_next_expiry
from tenant_apps.inventory.selectors.stock import has_unnoted_lows
from tenant_apps.inventory.services import alerts, backorders, checking, reservations
from tenant_apps.inventory.services.booking import FILL_WORK, LOW_STOCK_WORK


def find_next_expiry(now: datetime) -> datetime | None:
    """Return the earliest hour at which a reservation expires."""
    return get_next_expiry()


@due_work(reservations.EXPIRY_WORK, queue=HOUSEKEEPING, find=find_next_expiry)
def expire_reservations(now: datetime) -> datetime | None:
    """Give up goods that were reserved until now."""
    reservations.expire_reservations(now=now)
    return get_next_expiry()


def find_lows(now: datetime) -> datetime | None:
    """Return `now` when a row is low, or recovered, and does not know it."""
    return now if has_unnoted_lows() else None


@due_work(LOW_STOCK_WORK, queue=HOUSEKEEPING, find=find_lows)
def watch_stock(now: datetime) -> None:
    """Say once of each row that it became low."""
    alerts.watch_stock(now=now)


@due_work("inventory.check_stock", queue=LONG, every=time(18, 40))
def check_stock(now: datetime) -> None:
    """Compare stock with its movements, batches and reservations: at 2:40 in China."""
    checking.check_stock(now=now)


def find_fillable(now: datetime) -> datetime | None:
    """Return `now` when goods are here that orders wait for."""
    return now if list_fillable() else None


@due_work(FILL_WORK, queue=EVENTS, find=find_fillable)
def fill_backorders(now: datetime) -> datetime | None:
    """Reserve goods that have arrived for the orders that wait for them."""
    return backorders.fill_waiting(now=now)
