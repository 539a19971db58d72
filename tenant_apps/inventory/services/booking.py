"""Book goods in and out with their movements and their money; used by the services beside it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.database.names import foreign_key_name
from kernel.events import due
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock, StockMovement, Warehouse
from tenant_apps.inventory.models.stock import Change, StockBalance
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services.batches import Named, book_batches
from tenant_apps.inventory.states import MovementKind, WarehouseKind

LOW_STOCK_WORK = "inventory.watch_stock"
FILL_WORK = "inventory.fill_backorders"
Moved = tuple[tuple[int, Decimal], StockBalance]
"""((pieces, value), balance after it)."""


class AlreadyBooked(Conflict):
    code = "already_booked"
    title = _("This reference was already booked")


class UnknownWarehouse(Invalid):
    code = "unknown_warehouse"
    title = _("There is no such warehouse")


class InvalidQuantity(Invalid):
    code = "invalid_quantity"
    title = _("The quantity is not valid")


UNKNOWN_WAREHOUSE = {
    foreign_key_name("inventory_stock", "warehouse_id"): lambda: UnknownWarehouse(field="warehouse_id")
}


def new_document(kind: str, reference: str) -> str:
    """Return the source of a new document. Raises AlreadyBooked; of two at once the database refuses the second."""
    source = f"{kind}:{reference}"
    if StockMovement.objects.filter(source=source).exists():
        raise AlreadyBooked(field="reference")
    return source


def ensure_not_transit(warehouse_id: int | None) -> None:
    """Raise UnknownWarehouse for the place of goods on their way: only transfers move what stands there."""
    if warehouse_id is not None and Warehouse.objects.filter(pk=warehouse_id, kind=WarehouseKind.TRANSIT).exists():
        raise UnknownWarehouse(_("Goods on their way move by their transfer only"), field="warehouse_id")


def change_stock(changes: Sequence[Change]) -> dict[int, StockBalance]:
    """Apply changes to rows that the transaction has locked; map stock id to the new balance."""
    after = Stock.objects.change_balances(changes)
    _note_turns(after.values())
    return after


def _note_turns(balances: Iterable[StockBalance]) -> None:
    """Have the alerts looked after when a row crossed its threshold, and orders that wait for goods that are here."""
    changed = list(balances)
    if any(balance.has_turned for balance in changed):
        due.note(LOW_STOCK_WORK)
    if any(balance.is_awaited and balance.available > 0 for balance in changed):
        due.note(FILL_WORK)


def bring_in(
    source: str, kind: MovementKind, goods: Iterable[tuple[int, int, Decimal]], warehouse_id: int | None, now: datetime
) -> Decimal:
    """Add (variant, pieces, value) to one warehouse (None: the default one) with movements; return the total value.

    The caller posts to the ledger. Raises AlreadyBooked, UnknownWarehouse.
    """
    moved = add_goods(goods, warehouse_id)
    write_movements(source, kind, moved, now)
    return sum((value for (_pieces, value), _balance in moved), ZERO)


def add_goods(goods: Iterable[tuple[int, int, Decimal]], warehouse_id: int | None) -> list[Moved]:
    """Add (variant, pieces, value) to one warehouse; return ((pieces, value), balance after it) by variant."""
    totals: dict[int, tuple[int, Decimal]] = {}
    for variant_id, pieces, value in goods:
        before = totals.get(variant_id, (0, ZERO))
        totals[variant_id] = (before[0] + pieces, before[1] + value)
    place = get_default_warehouse_id() if warehouse_id is None else warehouse_id
    ensure_not_transit(place)
    with refine_integrity_error(UNKNOWN_WAREHOUSE):
        after = Stock.objects.add_goods(place, totals)
    _note_turns(after)
    return [(totals[balance.variant_id], balance) for balance in after]


def write_movements(
    source: str,
    kind: MovementKind,
    moved: Iterable[Moved],
    now: datetime,
    *,
    is_document: bool = False,
    named: Named | None = None,
) -> None:
    """Write a movement for each ((pieces, value), balance after it), and those of their batches (see `book_batches`).

    Raises AlreadyBooked, GoodsExpired.
    """
    rows = list(moved)
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
        for line, ((pieces, value), balance) in enumerate(rows)
    ]
    refusals = {
        "inventory_movement_once": AlreadyBooked,
        "inventory_document_once": lambda: AlreadyBooked(field="reference"),
    }
    with refine_integrity_error(refusals):
        StockMovement.objects.bulk_create(movements)
    book_batches(source, kind, [(pieces, balance) for (pieces, _value), balance in rows], now, named)


def post_goods(source: str, memo: str, now: datetime, against: AccountCode, leaving: Decimal) -> None:
    """Move value out of goods (`leaving` > 0: debit `against`) or into them (< 0: credit `against`)."""
    if leaving > 0:
        transfer = finance.NewTransfer(against, AccountCode.GOODS, leaving)
    elif leaving < 0:
        transfer = finance.NewTransfer(AccountCode.GOODS, against, -leaving)
    else:
        return
    finance.post_entry(source=source, occurred_at=now, memo=memo, transfers=[transfer])
