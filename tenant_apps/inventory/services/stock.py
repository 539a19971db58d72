"""Change stock, all lines in a fixed number of statements.

Locks are always taken in variant order. Goods that come or go are posted to the ledger here, at moving average. The
functions that orders call (reserve, release, ship, restock_returned) make no savepoint: a refusal rolls back the whole
order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, money
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.database.names import foreign_key_name
from shared_apps.entitlements.services import features, quotas
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory import selectors
from tenant_apps.inventory.models import Reservation, Stock, StockMovement, Warehouse
from tenant_apps.inventory.models.stock import Change, StockBalance
from tenant_apps.inventory.rules import (
    AdjustmentLine,
    BelowReserved,
    CostUnknown,
    InsufficientStock,
    ReceiptLine,
    ReturnLine,
    StockLine,
    average_cost,
    cost_of,
    costs_of_found,
    ensure_available,
    ensure_not_below_reserved,
    total_by_variant,
)
from tenant_apps.inventory.states import MovementKind, ReservationState

__all__ = [
    "AdjustmentLine",
    "BelowReserved",
    "CostUnknown",
    "InsufficientStock",
    "ReceiptLine",
    "ReturnLine",
    "StockLine",
    "adjust",
    "create_warehouse",
    "receive",
    "release",
    "reserve",
    "restock_returned",
    "set_low_stock_threshold",
    "ship",
]


class AlreadyReserved(Conflict):
    code = "already_reserved"
    title = _("These goods are already reserved for this source")


class NotReserved(Conflict):
    """More is to leave than is reserved; `errors` names each line."""

    code = "not_reserved"
    title = _("These goods are not reserved")


class AlreadyBooked(Conflict):
    code = "already_booked"
    title = _("This reference was already booked")


class UnknownWarehouse(Invalid):
    code = "unknown_warehouse"
    title = _("There is no such warehouse")


UNKNOWN_WAREHOUSE = {
    foreign_key_name("inventory_stock", "warehouse_id"): lambda: UnknownWarehouse(field="warehouse_id")
}


class InvalidQuantity(Invalid):
    code = "invalid_quantity"
    title = _("The quantity is not valid")


@transaction.atomic(savepoint=False)
def reserve(*, source: str, lines: Sequence[StockLine], warehouse_id: int | None = None) -> None:
    """Reserve the lines' goods for `source`, all or nothing, in three statements.

    Raises InsufficientStock with an error `lines.N.quantity` per failing line, AlreadyReserved.
    """
    if not lines:
        return
    totals = total_by_variant(lines)
    balances = Stock.objects.lock_balances(totals, warehouse_id=warehouse_id)
    ensure_available(lines, {variant: balance.available for variant, balance in balances.items()})
    with refine_integrity_error(
        {"inventory_stock_never_oversold": InsufficientStock, "inventory_reservation_once_per_source": AlreadyReserved}
    ):
        Stock.objects.change_balances(
            [Change(balances[variant].id, reserved=quantity) for variant, quantity in totals.items()]
        )
        Reservation.objects.open_rows(
            source, [(variant, balances[variant].warehouse_id, quantity) for variant, quantity in totals.items()]
        )


@transaction.atomic(savepoint=False)
def release_all(*, source: str) -> None:
    """Release whatever is still reserved for `source`."""
    held = selectors.lock_reservations(source=source)
    _give_back((row, row.open) for row in held)


@transaction.atomic(savepoint=False)
def release(*, source: str, lines: Sequence[StockLine]) -> None:
    """Release these pieces of what is reserved for `source`. Pieces not reserved are ignored."""
    held = selectors.lock_reservations(source=source)
    wanted = total_by_variant(lines)
    _give_back((row, min(row.open, wanted.pop(row.variant_id, 0))) for row in held)


def _give_back(rows: Iterable[tuple[selectors.HeldGoods, int]]) -> None:
    changes = []
    given_back = []
    for row, pieces in rows:
        if pieces:
            changes.append(Change(row.stock_id, reserved=-pieces))
            left = row.open - pieces
            state = ReservationState.ACTIVE if left else ReservationState.RELEASED
            given_back.append(Reservation(pk=row.id, released=row.quantity - left, state=state))
    if changes:
        Stock.objects.change_balances(changes)
        Reservation.objects.bulk_update(given_back, ["released", "state"])


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
    has a `document` of its own (the source where none is given). Posts Dr 5401 cost of goods, Cr 1405 goods. Raises
    NotReserved with an error `lines.N.quantity` per line that asks for more than is reserved.
    """
    document = document or source
    held = selectors.lock_reservations(source=source)
    if warehouse_id is not None:
        held = [row for row in held if row.warehouse_id == warehouse_id]
    leaving = [(row, row.open) for row in held] if lines is None else _pick(held, lines)
    if not leaving:
        return {}
    changes = []
    for row, pieces in leaving:
        cost = cost_of(value=row.value, on_hand=row.on_hand, quantity=pieces)
        changes.append(Change(row.stock_id, on_hand=-pieces, reserved=-pieces, value=-cost))
    after = Stock.objects.change_balances(changes)
    Reservation.objects.filter(pk__in=[row.id for row, pieces in leaving if pieces == row.open]).update(
        state=ReservationState.CONSUMED
    )
    # Of a reservation that is shipped in parts only the rest stays on its row.
    parts = [Reservation(pk=row.id, quantity=row.quantity - pieces) for row, pieces in leaving if pieces < row.open]
    if parts:
        Reservation.objects.bulk_update(parts, ["quantity"])
    moved = [((change.on_hand, change.value), after[change.stock_id]) for change in changes]
    write_movements(document, MovementKind.SHIPMENT, moved, now)
    costs: dict[int, Decimal] = {}
    for (row, _pieces), change in zip(leaving, changes, strict=True):
        costs[row.variant_id] = costs.get(row.variant_id, ZERO) - change.value
    total = sum(costs.values(), ZERO)
    _post(f"{document}:cost", str(_("Cost of goods shipped")), now, AccountCode.COST_OF_GOODS, total)
    return costs


def _pick(held: Sequence[selectors.HeldGoods], lines: Sequence[StockLine]) -> list[tuple[selectors.HeldGoods, int]]:
    """Return the pieces to take from each reservation. Raises NotReserved."""
    left = total_by_variant(lines)
    picked = []
    for row in held:
        pieces = min(row.open, left.get(row.variant_id, 0))
        if pieces:
            left[row.variant_id] -= pieces
            picked.append((row, pieces))
    errors = [
        FieldError(f"lines.{index}.quantity", NotReserved.code, NotReserved.title)
        for index, line in enumerate(lines)
        if left[line.variant_id]
    ]
    if errors:
        raise NotReserved(errors=errors)
    return picked


@transaction.atomic
def receive(*, lines: Sequence[ReceiptLine], reference: str, warehouse_id: int | None = None, now: datetime) -> str:
    """Book received goods under `reference` (unique); return the movements' source. Posts Dr 1405, Cr 2202 payables.

    Raises AlreadyBooked, InvalidQuantity.
    """
    if not lines or any(line.quantity < 1 or line.unit_cost < 0 for line in lines):
        raise InvalidQuantity(_("A receipt needs lines of at least one piece and no negative cost"), field="lines")
    if sum(line.cost for line in lines) > money.MAX_MONEY:
        raise InvalidQuantity(_("The receipt is too large: no account holds its value"), field="lines")
    goods = [(line.variant_id, line.quantity, line.cost) for line in lines]
    source = _new_document("receipt", reference)
    moved = _add_goods(goods, warehouse_id)
    write_movements(source, MovementKind.RECEIPT, moved, now, is_document=True)
    value = sum((added for (_pieces, added), _balance in moved), ZERO)
    _post(source, str(_("Goods received")), now, AccountCode.PAYABLES, -value)
    audit.record(action="inventory.receive", subject=source, after={"lines": len(lines), "value": value})
    return source


@transaction.atomic(savepoint=False)
def restock_returned(
    *, source: str, lines: Sequence[ReturnLine], warehouse_id: int | None = None, now: datetime
) -> None:
    """Restock returned goods at the cost they were shipped with. Posts Dr 1405 goods, Cr 5401 cost of goods."""
    if not lines:
        return
    goods = [(line.variant_id, line.quantity, line.cost) for line in lines]
    value = bring_in(source, MovementKind.RETURN, goods, warehouse_id, now)
    _post(f"{source}:cost", str(_("Returned goods")), now, AccountCode.COST_OF_GOODS, -value)


@transaction.atomic
def adjust(
    *,
    lines: Sequence[AdjustmentLine],
    reference: str,
    reason: str = "",
    warehouse_id: int | None = None,
    now: datetime,
) -> str:
    """Correct counted stock under `reference` (unique), at average cost, against 1901; return the movements' source.

    Raises BelowReserved with each line that would leave less than is reserved, CostUnknown, AlreadyBooked,
    InvalidQuantity.
    """
    variants = [line.variant_id for line in lines]
    if not lines or len(set(variants)) < len(variants) or any(line.change == 0 for line in lines):
        raise InvalidQuantity(_("Each variant once, with a change that is not zero"), field="lines")
    balances = Stock.objects.lock_balances(sorted(variants), warehouse_id=warehouse_id)
    ensure_not_below_reserved(lines, {variant: balance.available for variant, balance in balances.items()})
    found = [line for line in lines if line.change > 0]
    known = Stock.objects.last_unit_costs([line.variant_id for line in found])
    valued = {one for one, balance in balances.items() if balance.on_hand and (balance.value or one in known)}
    costs = costs_of_found(lines, valued, known)
    changes = [
        _adjustment(balances[line.variant_id], line.change, costs.get(line.variant_id))
        for line in lines
        if line.variant_id in balances
    ]
    found_new = [
        (line.variant_id, line.change, money.round_money(costs[line.variant_id] * line.change))
        for line in found
        if line.variant_id not in balances
    ]
    source = _new_document("adjustment", reference)
    levels_after = Stock.objects.change_balances(changes) if changes else {}
    moved = [((change.on_hand, change.value), levels_after[change.stock_id]) for change in changes]
    moved += _add_goods(found_new, warehouse_id) if found_new else []
    write_movements(source, MovementKind.ADJUSTMENT, moved, now, is_document=True)
    lost = -sum((value for (_pieces, value), _balance in moved), ZERO)
    _post(source, reason or str(_("Stock count")), now, AccountCode.PENDING_DIFFERENCES, lost)
    after = {"reason": reason, "changes": {line.variant_id: line.change for line in lines}}
    audit.record(action="inventory.adjust", subject=source, after=after)
    return source


def create_warehouse(*, code: str, name: str) -> Warehouse:
    """Raises AlreadyBooked when the code is taken, QuotaExceeded, FeatureNotInPlan (for a second one)."""
    with (
        transaction.atomic(),
        refine_integrity_error(
            {"inventory_warehouse_code_unique": lambda: AlreadyBooked(_("This code is taken"), field="code")}
        ),
    ):
        quotas.take("warehouses")
        if selectors.count_warehouses():
            features.ensure_feature("multi_warehouse")
        return Warehouse.objects.create(code=code, name=name)


def set_low_stock_threshold(*, stock_id: int, threshold: int) -> None:
    """Alert when fewer than `threshold` pieces (≥ 0; 0 turns the alert off) are available."""
    if threshold < 0:
        raise InvalidQuantity(field="low_stock_threshold")
    if not Stock.objects.filter(pk=stock_id).update(low_stock_threshold=threshold):
        raise selectors.StockNotFound


def _new_document(kind: str, reference: str) -> str:
    """Return the source of a new document. Raises AlreadyBooked; of two at once the database refuses the second."""
    source = f"{kind}:{reference}"
    if StockMovement.objects.filter(source=source).exists():
        raise AlreadyBooked(field="reference")
    return source


def _adjustment(balance: StockBalance, pieces: int, unit_cost: Decimal | None) -> Change:
    """Return the change of a counted row; `unit_cost` is that of pieces found where none is on hand."""
    if unit_cost is not None:
        value = money.round_money(unit_cost * pieces)
    elif pieces < 0:
        value = -cost_of(value=balance.value, on_hand=balance.on_hand, quantity=-pieces)
    else:
        value = average_cost(value=balance.value, on_hand=balance.on_hand, quantity=pieces)
    return Change(balance.id, on_hand=pieces, value=value)


def bring_in(
    source: str, kind: MovementKind, goods: Iterable[tuple[int, int, Decimal]], warehouse_id: int | None, now: datetime
) -> Decimal:
    """Add (variant, pieces, value) to one warehouse (None: the default one) with movements; return the total value.

    The caller posts to the ledger. Raises AlreadyBooked, UnknownWarehouse.
    """
    moved = _add_goods(goods, warehouse_id)
    write_movements(source, kind, moved, now)
    return sum((value for (_pieces, value), _balance in moved), ZERO)


def _add_goods(
    goods: Iterable[tuple[int, int, Decimal]], warehouse_id: int | None
) -> list[tuple[tuple[int, Decimal], StockBalance]]:
    """Add (variant, pieces, value) to one warehouse; return ((pieces, value), balance after it) by variant."""
    totals: dict[int, tuple[int, Decimal]] = {}
    for variant_id, pieces, value in goods:
        before = totals.get(variant_id, (0, ZERO))
        totals[variant_id] = (before[0] + pieces, before[1] + value)
    place = selectors.default_warehouse_id() if warehouse_id is None else warehouse_id
    with refine_integrity_error(UNKNOWN_WAREHOUSE):
        after = Stock.objects.add_goods(place, totals)
    return [(totals[balance.variant_id], balance) for balance in after]


def write_movements(
    source: str,
    kind: MovementKind,
    moved: Iterable[tuple[tuple[int, Decimal], StockBalance]],
    now: datetime,
    *,
    is_document: bool = False,
) -> None:
    """Write a movement for each ((pieces, value), balance after it). Raises AlreadyBooked."""
    movements = [
        StockMovement(
            source=source,
            kind=kind,
            document=source if is_document and line == 0 else "",
            variant_id=balance.variant_id,
            warehouse_id=balance.warehouse_id,
            quantity=pieces,
            balance_after=balance.on_hand,
            value=value,
            value_after=balance.value,
            occurred_at=now,
        )
        for line, ((pieces, value), balance) in enumerate(moved)
    ]
    refusals = {
        "inventory_movement_once": AlreadyBooked,
        "inventory_document_once": lambda: AlreadyBooked(field="reference"),
    }
    with refine_integrity_error(refusals):
        StockMovement.objects.bulk_create(movements)


def _post(source: str, memo: str, now: datetime, against: AccountCode, leaving: Decimal) -> None:
    """Move value out of goods (`leaving` > 0: debit `against`) or into them (< 0: credit `against`)."""
    if leaving > 0:
        transfer = finance.NewTransfer(against, AccountCode.GOODS, leaving)
    elif leaving < 0:
        transfer = finance.NewTransfer(AccountCode.GOODS, against, -leaving)
    else:
        return
    finance.post_entry(source=source, occurred_at=now, memo=memo, transfers=[transfer])
