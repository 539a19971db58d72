"""Open a stocktake, count it, by several people at once, and end the counting. Approving stands beside this."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.numbering import take_number
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.tenancy.actors import current_actor
from tenant_apps.catalog.selectors.products import get_variant_by_code
from tenant_apps.inventory.models import Stock, Stocktake, StocktakeLine, Warehouse
from tenant_apps.inventory.models.stocktake import MAX_COUNTED
from tenant_apps.inventory.selectors.stocktakes import StocktakeNotFound, get_category_scope
from tenant_apps.inventory.services.booking import UnknownWarehouse
from tenant_apps.inventory.states import STOCKTAKE_TRANSITIONS, StocktakeState, WarehouseKind

SERIES = "ST"
MAX_LINES = 5_000


class InvalidStocktake(Invalid):
    code = "invalid_stocktake"
    title = _("The stocktake breaks a rule")


class StocktakeOverlaps(Conflict):
    code = "stocktake_overlaps"
    title = _("Another open stocktake of this warehouse counts some of these goods")


class NotBeingCounted(Conflict):
    code = "not_being_counted"
    title = _("This stocktake is not being counted any more")


class UnknownCode(Invalid):
    code = "unknown_code"
    title = _("No goods have this SKU or barcode")


class NotInStocktake(Invalid):
    code = "not_in_stocktake"
    title = _("These goods are not of the category that is counted")


class CountChanged(Conflict):
    """Somebody else counted the line since it was seen; `counted` tells what it stands at."""

    code = "count_changed"
    title = _("Somebody else counted these goods in the meantime")


_OVERLAPS = {"inventory_stocktake_no_overlap": StocktakeOverlaps}
_OUT_OF_RANGE = {"inventory_stocktake_counted_range": lambda: InvalidStocktake(_too_many(), field="quantity")}


def _too_many() -> str:
    return str(_("At most 1,000,000 pieces of one SKU are counted"))


@transaction.atomic
def open_stocktake(*, warehouse_id: int, category_id: int | None = None, note: str = "", now: datetime) -> Stocktake:
    """Open it over all goods that ever stood in the warehouse, or those of a category and below; note what is booked.

    Raises UnknownWarehouse, UnknownCategory, InvalidStocktake without goods or with too many, StocktakeOverlaps.
    """
    kind = Warehouse.objects.filter(pk=warehouse_id).values_list("kind", flat=True).first()
    if kind is None or kind == WarehouseKind.TRANSIT:
        raise UnknownWarehouse(field="warehouse_id")
    stock = Stock.objects.filter(warehouse_id=warehouse_id)
    scope = None if category_id is None else get_category_scope(category_id=category_id)
    if scope is not None:
        stock = stock.filter(variant__product__category_id__in=scope.ids)
    variant_ids = list(stock.order_by("variant_id").values_list("variant_id", flat=True)[: MAX_LINES + 1])
    if not variant_ids:
        raise InvalidStocktake(_("There are no such goods in this warehouse"), field="warehouse_id")
    if len(variant_ids) > MAX_LINES:
        raise InvalidStocktake(_("More than 5,000 SKUs: count them category by category"), field="category_id")
    Stock.objects.lock_pairs(variant_ids, [warehouse_id])
    made = Stocktake(warehouse_id=warehouse_id, category_id=category_id, note=note, created_at=now)
    made.category_name = "" if scope is None else scope.path
    made.number = take_number(kind=SERIES, day=clock.business_date(now))
    made.save(force_insert=True)
    with refine_integrity_error(_OVERLAPS):
        StocktakeLine.objects.take_snapshot(stocktake_id=made.pk, warehouse_id=warehouse_id, variant_ids=variant_ids)
    audit.record(
        action="inventory.open_stocktake",
        subject=f"stocktake:{made.pk}",
        after=facts_of(made, lines=len(variant_ids), category=made.category_name),
    )
    return made


@transaction.atomic
def scan(*, stocktake_id: int, code: str, quantity: int = 1, now: datetime) -> StocktakeLine:
    """Add pieces (≥ 1) of the SKU or barcode to what was counted; goods not booked here yet get a line of their own.

    Raises StocktakeNotFound, NotBeingCounted, UnknownCode, NotInStocktake, InvalidStocktake.
    """
    if not 1 <= quantity <= MAX_COUNTED:
        raise InvalidStocktake(_("At least one piece"), field="quantity")
    variant_id = _find_line(stocktake_id, code)
    counted_by = current_actor().label[:150]
    with refine_integrity_error(_OUT_OF_RANGE):
        StocktakeLine.objects.add_counted(
            stocktake_id=stocktake_id, variant_id=variant_id, pieces=quantity, by=counted_by, now=now
        )
    return _line(stocktake_id, variant_id)


@transaction.atomic
def set_counted(*, stocktake_id: int, code: str, counted: int, seen: int | None, now: datetime) -> StocktakeLine:
    """Set what was counted of a SKU to another number, if it still stands at `seen` (None: not counted).

    Raises StocktakeNotFound, NotBeingCounted, UnknownCode, NotInStocktake, InvalidStocktake, CountChanged.
    """
    if not 0 <= counted <= MAX_COUNTED:
        raise InvalidStocktake(_too_many(), field="counted")
    variant_id = _find_line(stocktake_id, code)
    of_it = StocktakeLine.objects.filter(stocktake_id=stocktake_id, variant_id=variant_id)
    stands = of_it.select_for_update(no_key=True).values_list("counted", flat=True).get()
    if stands != seen:
        raise CountChanged(_("It stands at %(counted)s now") % {"counted": "–" if stands is None else stands})
    StocktakeLine.objects.add_counted(
        stocktake_id=stocktake_id,
        variant_id=variant_id,
        pieces=counted - (stands or 0),
        by=current_actor().label[:150],
        now=now,
    )
    return _line(stocktake_id, variant_id)


def _line(stocktake_id: int, variant_id: int) -> StocktakeLine:
    lines = StocktakeLine.objects.select_related("variant__product").with_expected()
    return lines.get(stocktake_id=stocktake_id, variant_id=variant_id)


def _find_line(stocktake_id: int, code: str) -> int:
    """Return the variant of a line, which is made where goods were found that the snapshot does not know."""
    state = Stocktake.objects.share_state(stocktake_id)
    if state is None:
        raise StocktakeNotFound
    if state != StocktakeState.OPEN:
        raise NotBeingCounted
    variant = get_variant_by_code(code=code)
    if variant is None or variant.product.kind != "goods":
        raise UnknownCode(_("No goods have the SKU or barcode %(code)s") % {"code": code}, field="code")
    if not StocktakeLine.objects.filter(stocktake_id=stocktake_id, variant_id=variant.pk).exists():
        _add_line(Stocktake.objects.get(pk=stocktake_id), variant.pk, variant.product.category_id)
    return variant.pk


def _add_line(stocktake: Stocktake, variant_id: int, category_id: int | None) -> None:
    """Two people who find the same goods wait for each other at the row of stock, and the second finds the line."""
    if stocktake.category_id is not None:
        scope = get_category_scope(category_id=stocktake.category_id)
        if category_id not in scope.ids:
            detail = _("This stocktake counts %(category)s only") % {"category": stocktake.category_name}
            raise NotInStocktake(detail, field="code")
    Stock.objects.lock_pairs([variant_id], [stocktake.warehouse_id])
    if not StocktakeLine.objects.filter(stocktake=stocktake, variant_id=variant_id).exists():
        with refine_integrity_error(_OVERLAPS):
            StocktakeLine.objects.take_snapshot(
                stocktake_id=stocktake.pk, warehouse_id=stocktake.warehouse_id, variant_ids=[variant_id]
            )


@transaction.atomic
def finish_counting(*, stocktake_id: int, now: datetime) -> Stocktake:
    """End the counting; it waits for approval. Raises StocktakeNotFound, IllegalTransition, InvalidStocktake."""
    stocktake = lock_stocktake(stocktake_id)
    move_on(stocktake, StocktakeState.COUNTED, counted_at=now)
    counted = stocktake.lines.filter(counted__isnull=False).count()
    if not counted:
        raise InvalidStocktake(_("Nothing was counted yet"))
    audit.record(
        action="inventory.finish_stocktake",
        subject=f"stocktake:{stocktake.pk}",
        after=facts_of(stocktake, lines=counted),
    )
    return stocktake


@transaction.atomic
def reopen_counting(*, stocktake_id: int) -> Stocktake:
    """Have a counted stocktake counted on. Raises StocktakeNotFound, IllegalTransition."""
    stocktake = lock_stocktake(stocktake_id)
    move_on(stocktake, StocktakeState.OPEN, counted_at=None)
    audit.record(action="inventory.reopen_stocktake", subject=f"stocktake:{stocktake.pk}", after=facts_of(stocktake))
    return stocktake


@transaction.atomic
def cancel_stocktake(*, stocktake_id: int, now: datetime) -> Stocktake:
    """Give a stocktake up; stock stays as booked. Raises StocktakeNotFound, IllegalTransition."""
    stocktake = lock_stocktake(stocktake_id)
    move_on(stocktake, StocktakeState.CANCELLED, closed_at=now)
    stocktake.lines.update(is_open=False)
    audit.record(action="inventory.cancel_stocktake", subject=f"stocktake:{stocktake.pk}", after=facts_of(stocktake))
    return stocktake


def lock_stocktake(stocktake_id: int) -> Stocktake:
    """Lock it: those who count wait, and find it as it then is. Raises StocktakeNotFound."""
    found = Stocktake.objects.select_for_update(no_key=True).filter(pk=stocktake_id).first()
    if found is None:
        raise StocktakeNotFound
    return found


def move_on(stocktake: Stocktake, wanted: StocktakeState, **stamps: datetime | None) -> None:
    """Change the state along the table. Raises IllegalTransition."""
    before = StocktakeState(stocktake.state)
    ensure_allowed(STOCKTAKE_TRANSITIONS, now=before, wanted=wanted)
    of_it = Stocktake.objects.filter(pk=stocktake.pk)
    compare_and_set(of_it, field="state", expected=before, wanted=wanted, **stamps)
    for name, value in {"state": wanted, **stamps}.items():
        setattr(stocktake, name, value)


def facts_of(stocktake: Stocktake, **facts: object) -> dict[str, object]:
    """Return what the audit log keeps of an act."""
    return {"number": stocktake.number, **facts}
