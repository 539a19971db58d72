"""Book opening stock, and undo it while nothing has moved since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models.stock import Change
from tenant_apps.inventory.services.booking import bring_in, change_stock, write_movements
from tenant_apps.inventory.states import MovementKind

# The opening's own rows whose stock has moved since, or is promised to somebody.
_TOUCHED = """
SELECT EXISTS (
    SELECT 1 FROM inventory_stockmovement AS opening
    JOIN inventory_stock AS stock USING (variant_id, warehouse_id)
    WHERE opening.source = %(source)s AND opening.kind = 'opening'
      AND (stock.reserved > 0 OR EXISTS (
          SELECT 1 FROM inventory_stockmovement AS later
          WHERE later.variant_id = opening.variant_id AND later.warehouse_id = opening.warehouse_id
            AND later.id > opening.id)))
"""
_OPENED = """
SELECT stock.id, opening.warehouse_id, opening.quantity, opening.value
FROM inventory_stockmovement AS opening JOIN inventory_stock AS stock USING (variant_id, warehouse_id)
WHERE opening.source = %(source)s AND opening.kind = 'opening'
ORDER BY stock.variant_id, stock.warehouse_id FOR NO KEY UPDATE OF stock
"""
_MOVED = """
SELECT DISTINCT variant_id, warehouse_id FROM inventory_stockmovement WHERE variant_id = ANY(%s)
"""


class StockMoved(Conflict):
    code = "stock_moved"
    title = _("Some of these goods were moved or promised since: the import cannot be undone")


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """Pieces on hand of a variant in a warehouse, and the unit cost (unrounded)."""

    variant_id: int
    warehouse_id: int
    quantity: int
    unit_cost: Decimal

    @property
    def value(self) -> Decimal:
        """Cost of all pieces (money)."""
        return round(self.quantity * self.unit_cost, 2)


def find_moved(*, variant_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the (variant, warehouse) pairs that have movements, which opening stock must not touch."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [list(variant_ids)])
        return set(cursor.fetchall())


@transaction.atomic
def open_stock(*, lines: Sequence[OpeningLine], reference: str, now: datetime) -> Decimal:
    """Book opening stock and return its value. Posts Dr 1405 goods, Cr 3104 retained earnings.

    Expects one line per pair of variant and warehouse. Raises AlreadyBooked.
    """
    source = _source(reference)
    total = ZERO
    for warehouse_id in sorted({line.warehouse_id for line in lines}):
        goods = [(line.variant_id, line.quantity, line.value) for line in lines if line.warehouse_id == warehouse_id]
        total += bring_in(source, MovementKind.OPENING, goods, warehouse_id, now)
    if total:
        transfer = finance.NewTransfer(AccountCode.GOODS, AccountCode.RETAINED_EARNINGS, total)
        finance.post_entry(source=source, occurred_at=now, memo=str(_("Opening stock")), transfers=[transfer])
    audit.record(action="inventory.opened", subject=source, after={"lines": len(lines), "value": total})
    return total


@transaction.atomic
def take_back_opening(*, reference: str, now: datetime) -> None:
    """Reverse opening stock with its value. Raises StockMoved when goods have moved or are reserved."""
    source = _source(reference)
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, {"source": source})
        opened = cursor.fetchall()
        cursor.execute(_TOUCHED, {"source": source})
        if cursor.fetchone()[0]:
            raise StockMoved
    if not opened:
        return
    changes = [Change(stock_id, on_hand=-pieces, value=-value) for stock_id, _place, pieces, value in opened]
    after = change_stock(changes)
    undone = f"{source}:undone"
    moved = [((change.on_hand, change.value), after[change.stock_id]) for change in changes]
    write_movements(undone, MovementKind.OPENING, moved, now)
    if any(value for _stock, _place, _pieces, value in opened):
        memo = str(_("Opening stock taken back"))
        finance.reverse_entry(source=source, reversal_source=undone, occurred_at=now, memo=memo)
    audit.record(action="inventory.opening_undone", subject=source, after={"lines": len(opened)})


def _source(reference: str) -> str:
    return f"opening:{reference}"
