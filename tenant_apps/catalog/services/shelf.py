"""Put products on the shelf and take them off, now or on schedule.

A product is offered when its state is "on the shelf" and the moment lies between `on_shelf_at` and `off_shelf_at`.
Reads compare with the clock, so no job runs at these moments.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import FieldError, Invalid
from kernel.core.states import compare_and_set, ensure_allowed
from tenant_apps.catalog.models import Product
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.services import free_prices
from tenant_apps.catalog.services.products import lock_product
from tenant_apps.catalog.states import SHELF_TRANSITIONS, ShelfState

MAX_RANK = 1_000
_SCHEDULE = ("on_shelf_at", "off_shelf_at", "early_access_at", "early_access_rank")


class InvalidSchedule(Invalid):
    code = "invalid_schedule"
    title = _("The schedule breaks a rule")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Period in which a product is offered: `on_shelf_at` (None: at once) to `off_shelf_at` (None: no end).

    Agents of `early_access_rank` and above (1 is the highest) whose level has early access may order from
    `early_access_at` on, which lies before `on_shelf_at`.
    """

    on_shelf_at: datetime | None = None
    off_shelf_at: datetime | None = None
    early_access_at: datetime | None = None
    early_access_rank: int | None = None


NO_SCHEDULE = Schedule()


@transaction.atomic
def put_on_shelf(*, product_id: int, now: datetime, free_is_meant: bool = False) -> Product:
    """Offer the product from `now` on, replacing any schedule.

    Raises ProductNotFound, IllegalTransition, PriceIsZero (unless `free_is_meant`).
    """
    product = lock_product(product_id)
    free_prices.ensure_meant(product_id=product_id, free_is_meant=free_is_meant)
    was_offered = product.is_offered(now)
    ensure_allowed(SHELF_TRANSITIONS, now=ShelfState.ON if was_offered else ShelfState.OFF, wanted=ShelfState.ON)
    keeps_end = product.off_shelf_at is not None and product.off_shelf_at > now
    return _write(product, ShelfState.ON, Schedule(off_shelf_at=product.off_shelf_at if keeps_end else None))


@transaction.atomic
def take_off_shelf(*, product_id: int) -> Product:
    """Stop new orders and remove the schedule. Raises ProductNotFound, IllegalTransition."""
    product = lock_product(product_id)
    ensure_allowed(SHELF_TRANSITIONS, now=ShelfState(product.state), wanted=ShelfState.OFF)
    return _write(product, ShelfState.OFF, NO_SCHEDULE)


@transaction.atomic
def schedule_shelf(*, product_id: int, schedule: Schedule, now: datetime, free_is_meant: bool = False) -> Product:
    """Replace the product's schedule. Raises ProductNotFound, InvalidSchedule, PriceIsZero (unless `free_is_meant`)."""
    faults = _faults(schedule, now)
    if faults:
        raise InvalidSchedule(faults[0].detail, errors=faults)
    product = lock_product(product_id)
    free_prices.ensure_meant(product_id=product_id, free_is_meant=free_is_meant)
    return _write(product, ShelfState.ON, schedule)


def _faults(schedule: Schedule, now: datetime) -> list[FieldError]:
    found = []
    start = schedule.on_shelf_at
    end = schedule.off_shelf_at
    early = schedule.early_access_at
    if end is not None and end <= (start or now):
        found.append(FieldError("off_shelf_at", "ends_before_it_begins", _("The end lies before the beginning.")))
    if (early is None) != (schedule.early_access_rank is None):
        missing = "early_access_at" if early is None else "early_access_rank"
        found.append(FieldError(missing, "early_access_incomplete", _("Early access needs a time and a rank.")))
    if early is not None and (start is None or early >= start):
        detail = _("Early access begins before the product is on the shelf.")
        found.append(FieldError("early_access_at", "early_access_not_early", detail))
    if schedule.early_access_rank is not None and not 1 <= schedule.early_access_rank <= MAX_RANK:
        found.append(FieldError("early_access_rank", "invalid_rank", _("A rank is a number from 1.")))
    return found


def _write(product: Product, wanted: ShelfState, schedule: Schedule) -> Product:
    before = _facts(product)
    columns = {name: getattr(schedule, name) for name in _SCHEDULE}
    compare_and_set(Product.objects.filter(pk=product.pk), expected=product.state, wanted=wanted, **columns)
    changed = get_product(product_id=product.pk)
    audit.record(action="catalog.shelf", subject=f"product:{product.pk}", before=before, after=_facts(changed))
    return changed


def _facts(product: Product) -> dict[str, object]:
    planned = {name: getattr(product, name) for name in _SCHEDULE}
    return {"state": product.state, **{name: value for name, value in planned.items() if value is not None}}
