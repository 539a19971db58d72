"""Receive, correct and take back goods. Goods that come or go are posted to the ledger here, at moving average.

Reserving and shipping stand beside it and are named here too: apps above know this module as stock's.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, money
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.models.stock import Change, StockBalance
from tenant_apps.inventory.rules.batches import BatchSpec
from tenant_apps.inventory.rules.lines import (
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
    ensure_not_below_reserved,
)
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services.alerts import set_low_stock_threshold
from tenant_apps.inventory.services.backorders import GoodsNotArrived
from tenant_apps.inventory.services.batches import InvalidBatch, name_batches
from tenant_apps.inventory.services.booking import (
    UNKNOWN_WAREHOUSE,
    AlreadyBooked,
    InvalidQuantity,
    UnknownWarehouse,
    add_goods,
    bring_in,
    change_stock,
    ensure_not_transit,
    new_document,
    post_goods,
    write_movements,
)
from tenant_apps.inventory.services.reservations import (
    AlreadyReserved,
    NotReserved,
    ReservationExpired,
    keep,
    release,
    release_all,
    reserve,
    reserve_more,
    ship,
)
from tenant_apps.inventory.states import MovementKind

__all__ = [
    "AdjustmentLine",
    "AlreadyBooked",
    "AlreadyReserved",
    "BatchSpec",
    "BelowReserved",
    "CostUnknown",
    "GoodsNotArrived",
    "InsufficientStock",
    "InvalidBatch",
    "InvalidQuantity",
    "NotReserved",
    "ReceiptLine",
    "ReservationExpired",
    "ReturnLine",
    "StockLine",
    "UnknownWarehouse",
    "adjust",
    "keep",
    "lock_stock",
    "receive",
    "release",
    "release_all",
    "reserve",
    "reserve_more",
    "restock_returned",
    "set_low_stock_threshold",
    "ship",
]


@transaction.atomic
def receive(*, lines: Sequence[ReceiptLine], reference: str, warehouse_id: int | None = None, now: datetime) -> str:
    """Book received goods under `reference` (unique); return the movements' source. Posts Dr 1405, Cr 2202 payables.

    Raises AlreadyBooked, InvalidQuantity, InvalidBatch.
    """
    if not lines or any(line.quantity < 1 or line.unit_cost < 0 for line in lines):
        raise InvalidQuantity(_("A receipt needs lines of at least one piece and no negative cost"), field="lines")
    if sum(line.cost for line in lines) > money.MAX_MONEY:
        raise InvalidQuantity(_("The receipt is too large: no account holds its value"), field="lines")
    goods = [(line.variant_id, line.quantity, line.cost) for line in lines]
    named = name_batches(lines)
    source = new_document("receipt", reference)
    moved = add_goods(goods, warehouse_id)
    write_movements(source, MovementKind.RECEIPT, moved, now, is_document=True, named=named)
    value = sum((added for (_pieces, added), _balance in moved), ZERO)
    post_goods(source, str(_("Goods received")), now, AccountCode.PAYABLES, -value)
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
    post_goods(f"{source}:cost", str(_("Returned goods")), now, AccountCode.COST_OF_GOODS, -value)


@transaction.atomic
def adjust(
    *,
    lines: Sequence[AdjustmentLine],
    reference: str,
    reason: str = "",
    warehouse_id: int | None = None,
    kind: str = "adjustment",
    now: datetime,
) -> str:
    """Correct counted stock under `reference` (unique), at average cost, against 1901; return the movements' source.

    `kind` is that of the document, which the reference is unique for.

    Raises BelowReserved with each line that would leave less than is reserved, CostUnknown, AlreadyBooked,
    InvalidQuantity.
    """
    variants = [line.variant_id for line in lines]
    if not lines or len(set(variants)) < len(variants) or any(line.change == 0 for line in lines):
        raise InvalidQuantity(_("Each variant once, with a change that is not zero"), field="lines")
    balances = _lock_rows(variants, warehouse_id)
    ensure_not_below_reserved(lines, {variant: balance.available for variant, balance in balances.items()})
    found = [line for line in lines if line.change > 0]
    known = Stock.objects.last_unit_costs([line.variant_id for line in found])
    valued = {one for one, balance in balances.items() if balance.on_hand and (balance.value or one in known)}
    costs = costs_of_found(lines, valued, known)
    changes = [_adjustment(balances[line.variant_id], line.change, costs.get(line.variant_id)) for line in lines]
    source = new_document(kind, reference)
    levels_after = change_stock(changes)
    moved = [((change.on_hand, change.value), levels_after[change.stock_id]) for change in changes]
    write_movements(source, MovementKind.ADJUSTMENT, moved, now, is_document=True)
    lost = -sum((value for (_pieces, value), _balance in moved), ZERO)
    post_goods(source, reason or str(_("Stock count")), now, AccountCode.PENDING_DIFFERENCES, lost)
    after = {"reason": reason, "changes": {line.variant_id: line.change for line in lines}}
    audit.record(action="inventory.adjust", subject=source, after=after)
    return source


@transaction.atomic(savepoint=False)
def lock_stock(*, goods: Collection[tuple[int, int | None]]) -> None:
    """Lock the rows of (variant, warehouse; None: the default one) that several calls of a transaction change.

    Each call locks in order, but not the next one's before its own. Raises UnknownWarehouse.
    """
    default = get_default_warehouse_id()
    with refine_integrity_error(UNKNOWN_WAREHOUSE):
        Stock.objects.lock_places({(variant, default if place is None else place) for variant, place in goods})


def _lock_rows(variant_ids: Sequence[int], warehouse_id: int | None) -> dict[int, StockBalance]:
    """Lock the variants' rows in one warehouse, made where there is none. Raises UnknownWarehouse."""
    place = get_default_warehouse_id() if warehouse_id is None else warehouse_id
    ensure_not_transit(place)
    with refine_integrity_error(UNKNOWN_WAREHOUSE):
        rows = Stock.objects.lock_pairs(variant_ids, [place])
    return {variant_id: balance for (variant_id, _place), balance in rows.items()}


def _adjustment(balance: StockBalance, pieces: int, unit_cost: Decimal | None) -> Change:
    """Return the change of a counted row; `unit_cost` is that of pieces found where none is on hand."""
    if unit_cost is not None:
        value = money.round_money(unit_cost * pieces)
    elif pieces < 0:
        value = -cost_of(value=balance.value, on_hand=balance.on_hand, quantity=-pieces)
    else:
        value = average_cost(value=balance.value, on_hand=balance.on_hand, quantity=pieces)
    return Change(balance.id, on_hand=pieces, value=value)
