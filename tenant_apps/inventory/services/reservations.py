"""Reserve goods, release and ship them, all lines in a fixed number of statements.

Locks are taken in the order of variants and warehouses. These functions make no savepoint: a refusal rolls back the
whole order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict, FieldError
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.events import due
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, SkuSetting, Stock
from tenant_apps.inventory.models.stock import Change, LockedOffer
from tenant_apps.inventory.rules.lines import InsufficientStock, StockLine, cost_of, ensure_available, total_by_variant
from tenant_apps.inventory.rules.sourcing import Part, Place, choose_sources, read_regions
from tenant_apps.inventory.selectors import reservations as selectors
from tenant_apps.inventory.selectors.reservations import HeldGoods
from tenant_apps.inventory.services.backorders import ensure_arrived, let_wait, plan_waiting, release_waiting
from tenant_apps.inventory.services.booking import change_stock, post_goods, write_movements
from tenant_apps.inventory.states import MovementKind, ReservationState

EXPIRY_WORK = "inventory.expire_reservations"
SOURCES_PER_RUN = 500


class AlreadyReserved(Conflict):
    code = "already_reserved"
    title = _("These goods are already reserved for this source")


class NotReserved(Conflict):
    """More is to leave than is reserved; `errors` names each line."""

    code = "not_reserved"
    title = _("These goods are not reserved")


class ReservationExpired(Conflict):
    code = "reservation_expired"
    title = _("The goods were reserved for a time that is over")


@dataclass(frozen=True, slots=True)
class _Terms:
    now: datetime
    region: str
    expires_at: datetime | None
    warehouse_id: int | None = None
    is_more: bool = False

    @property
    def may_wait(self) -> bool:
        """Tell whether what lacks may wait for goods to come: not for an hour, and not in one warehouse alone."""
        return self.expires_at is None and self.warehouse_id is None


@transaction.atomic(savepoint=False)
def reserve(
    *,
    source: str,
    lines: Sequence[StockLine],
    now: datetime,
    region: str = "",
    expires_at: datetime | None = None,
    warehouse_id: int | None = None,
) -> list[Part]:
    """Reserve the lines' goods for `source`, all or nothing, in three statements; return what each warehouse holds.

    What lacks of SKUs that may be sold beyond stock waits for goods to come (see `backorders`), if it may for good.
    All warehouses that sell are asked (see `choose_sources`), or one of any kind. `region` is the receiver's division
    code. After `expires_at` the goods are anybody's. Raises InsufficientStock with an error `lines.N.quantity` per
    failing line, AlreadyReserved.
    """
    return _reserve(source, lines, _Terms(now, region, expires_at, warehouse_id))


@transaction.atomic(savepoint=False)
def reserve_more(
    *, source: str, lines: Sequence[StockLine], now: datetime, region: str = "", expires_at: datetime | None = None
) -> list[Part]:
    """Reserve further goods for a source that may have reserved some of them before; otherwise as `reserve`."""
    return _reserve(source, lines, _Terms(now, region, expires_at, is_more=True))


def _reserve(source: str, lines: Sequence[StockLine], terms: _Terms) -> list[Part]:
    if not lines:
        return []
    totals = total_by_variant(lines)
    locked = Stock.objects.lock_offers(
        totals, warehouse_id=terms.warehouse_id, now=terms.now, today=clock.business_date(terms.now)
    )
    freed = _free_expired(locked, terms.now)
    offers = {
        (one.balance.variant_id, one.balance.warehouse_id): one.balance.available
        + freed.get(one.balance.id, 0)
        - one.stale
        for one in locked
    }
    available = _sum_available(offers, locked)
    short = {pk: pieces - available.get(pk, 0) for pk, pieces in totals.items() if pieces > available.get(pk, 0)}
    settings = _plan_waiting(lines, short, available, terms) if short else {}
    stocked = {pk: pieces - short.get(pk, 0) for pk, pieces in totals.items() if pieces > short.get(pk, 0)}
    parts = choose_sources(stocked, offers, _places_of(locked), terms.region)
    _hold(source, parts, locked, freed, terms)
    if short:
        let_wait(source, short, settings)
    return parts


def _plan_waiting(
    lines: Sequence[StockLine], short: Mapping[int, int], available: Mapping[int, int], terms: _Terms
) -> Mapping[int, SkuSetting]:
    """Return the locked settings of the variants whose missing pieces may wait. Raises InsufficientStock."""
    if terms.may_wait:
        return plan_waiting(lines, short, available, terms.now)
    ensure_available(lines, available)
    return {}


def _hold(
    source: str, parts: Sequence[Part], locked: Sequence[LockedOffer], freed: Mapping[int, int], terms: _Terms
) -> None:
    """Reserve the parts, less what expired of the same rows. Raises InsufficientStock, AlreadyReserved."""
    taken = {(part.variant_id, part.warehouse_id): part.quantity for part in parts}
    changes = []
    for one in locked:
        pieces = taken.get((one.balance.variant_id, one.balance.warehouse_id), 0) - freed.get(one.balance.id, 0)
        if pieces:
            changes.append(Change(one.balance.id, reserved=pieces))
    with refine_integrity_error(
        {"inventory_stock_never_oversold": InsufficientStock, "inventory_reservation_once_per_source": AlreadyReserved}
    ):
        if changes:
            change_stock(changes)
        if parts:
            Reservation.objects.open_rows(source, parts, terms.expires_at, is_more=terms.is_more)
    if terms.expires_at is not None:
        due.note(EXPIRY_WORK, at=terms.expires_at)


def _free_expired(locked: Sequence[LockedOffer], now: datetime) -> dict[int, int]:
    """Expire what stands in the way although its hour is past; map stock id to the pieces freed."""
    stock_ids = [one.balance.id for one in locked if one.has_expired]
    return Reservation.objects.expire_rows(now, stock_ids) if stock_ids else {}


def _sum_available(offers: Mapping[tuple[int, int], int], locked: Sequence[LockedOffer]) -> dict[int, int]:
    """Map variants to the pieces that a new order may take: those that came for orders that wait are theirs."""
    available: dict[int, int] = {}
    for (variant_id, _warehouse_id), pieces in offers.items():
        available[variant_id] = available.get(variant_id, 0) + max(pieces, 0)
    awaited = {one.balance.variant_id: one.awaited for one in locked}
    return {pk: max(pieces - awaited[pk], 0) for pk, pieces in available.items()}


def _places_of(locked: Sequence[LockedOffer]) -> list[Place]:
    places = {one.balance.warehouse_id: one for one in locked}
    return [Place(warehouse_id, one.priority, read_regions(one.regions)) for warehouse_id, one in places.items()]


@transaction.atomic(savepoint=False)
def keep(*, source: str, expires_at: datetime | None = None) -> None:
    """Hold what is reserved for `source` until `expires_at`, or for good.

    Raises ReservationExpired where some of it was given up before: `reserve_more` may get it back.
    """
    held = selectors.lock_reservations(source=source)
    if Reservation.objects.filter(source=source, state=ReservationState.EXPIRED).exists():
        raise ReservationExpired
    Reservation.objects.filter(pk__in=[row.id for row in held]).update(expires_at=expires_at)
    if held and expires_at is not None:
        due.note(EXPIRY_WORK, at=expires_at)


@transaction.atomic(savepoint=False)
def release_all(*, source: str) -> None:
    """Release whatever is still reserved for `source`."""
    held = selectors.lock_reservations(source=source)
    release_waiting(source)
    _give_up([(row, row.open) for row in held], ReservationState.RELEASED)


@transaction.atomic(savepoint=False)
def release(*, source: str, lines: Sequence[StockLine]) -> None:
    """Release these pieces of what is reserved for `source`. Pieces not reserved are ignored.

    Those that still wait for goods to come go first. Of goods held in several warehouses those go first that would make
    the smaller parcel.
    """
    held = selectors.lock_reservations(source=source)
    wanted = release_waiting(source, total_by_variant(lines))
    parcels: dict[int, int] = {}
    for row in held:
        parcels[row.warehouse_id] = parcels.get(row.warehouse_id, 0) + row.open
    given_back = []
    for row in sorted(held, key=lambda one: (parcels[one.warehouse_id], one.warehouse_id, one.variant_id)):
        pieces = min(row.open, wanted.get(row.variant_id, 0))
        if pieces:
            wanted[row.variant_id] -= pieces
            given_back.append((row, pieces))
    _give_up(given_back, ReservationState.RELEASED)


def _give_up(rows: Sequence[tuple[HeldGoods, int]], ended: ReservationState) -> None:
    """Free pieces of locked reservations; one without open pieces ends as `ended`, or as shipped if some have left."""
    if not rows:
        return
    change_stock([Change(row.stock_id, reserved=-pieces) for row, pieces in rows])
    changed = []
    for row, pieces in rows:
        state = ReservationState.CONSUMED if row.shipped else ended
        state = ReservationState.ACTIVE if pieces < row.open else state
        changed.append(Reservation(pk=row.id, released=row.released + pieces, state=state))
    Reservation.objects.bulk_update(changed, ["released", "state"])


@transaction.atomic(savepoint=False)
def ship(
    *,
    source: str,
    now: datetime,
    lines: Sequence[StockLine] | None = None,
    warehouse_id: int | None = None,
    document: str = "",
) -> dict[int, Decimal]:
    """Remove goods reserved for `source` from stock; map variant id to the cost of what left (money).

    Without `lines` all that is still reserved leaves, with `warehouse_id` only what that warehouse holds. Each parcel
    has a `document` of its own, such as "order:42:parcel:1" (the source where none is given), which ships once: again
    it returns the same costs and moves nothing. Posts Dr 5401 cost of goods, Cr 1405 goods, at moving average. Raises
    NotReserved, or GoodsNotArrived where goods sold beyond stock still wait, with an error `lines.N.quantity` per line
    that asks for more than is reserved.
    """
    document = document or source
    held = selectors.lock_reservations(source=source)
    booked = selectors.get_shipped_costs(document=document)
    if booked:
        return booked
    if warehouse_id is not None:
        held = [row for row in held if row.warehouse_id == warehouse_id]
    leaving = [(row, row.open) for row in held] if lines is None else _pick(source, held, lines)
    if not leaving:
        return {}
    changes = []
    for row, pieces in leaving:
        cost = cost_of(value=row.value, on_hand=row.on_hand, quantity=pieces)
        changes.append(Change(row.stock_id, on_hand=-pieces, reserved=-pieces, value=-cost))
    after = change_stock(changes)
    Reservation.objects.bulk_update(
        [
            Reservation(
                pk=row.id,
                shipped=row.shipped + pieces,
                state=ReservationState.ACTIVE if pieces < row.open else ReservationState.CONSUMED,
            )
            for row, pieces in leaving
        ],
        ["shipped", "state"],
    )
    moved = [((change.on_hand, change.value), after[change.stock_id]) for change in changes]
    write_movements(document, MovementKind.SHIPMENT, moved, now)
    costs: dict[int, Decimal] = {}
    for (row, _pieces), change in zip(leaving, changes, strict=True):
        costs[row.variant_id] = costs.get(row.variant_id, ZERO) - change.value
    total = sum(costs.values(), ZERO)
    post_goods(f"{document}:cost", str(_("Cost of goods shipped")), now, AccountCode.COST_OF_GOODS, total)
    return costs


def _pick(source: str, held: Sequence[HeldGoods], lines: Sequence[StockLine]) -> list[tuple[HeldGoods, int]]:
    """Return the pieces to take from each reservation. Raises NotReserved, GoodsNotArrived."""
    left = total_by_variant(lines)
    picked = []
    for row in held:
        pieces = min(row.open, left.get(row.variant_id, 0))
        if pieces:
            left[row.variant_id] -= pieces
            picked.append((row, pieces))
    short = {index: line.variant_id for index, line in enumerate(lines) if left[line.variant_id]}
    if short:
        ensure_arrived(source, short)
        raise NotReserved(
            errors=[FieldError(f"lines.{index}.quantity", NotReserved.code, NotReserved.title) for index in short]
        )
    return picked


def expire_reservations(*, now: datetime) -> int:
    """Give up what was reserved until now, at most 500 sources at a time; return how many were looked at."""
    sources = selectors.list_due_sources(now=now, limit=SOURCES_PER_RUN)
    for source in sources:
        with transaction.atomic():
            held = selectors.lock_reservations(source=source)
            over = [(row, row.open) for row in held if row.expires_at is not None and row.expires_at <= now]
            _give_up(over, ReservationState.EXPIRED)
    return len(sources)
