"""Compare stock with its movements, batches and reservations, and read the last comparison."""

from dataclasses import dataclass
from typing import Final, TypedDict

from django.db import connection

from tenant_apps.inventory.models import StockCheck

MAX_SHOWN: Final = 200
# One statement sees one moment: no sale in between can look like a difference.
_COMPARE: Final = """
    WITH moved AS (
        SELECT variant_id, warehouse_id, sum(quantity) AS pieces, count(*) AS movements
        FROM inventory_stockmovement GROUP BY variant_id, warehouse_id
    ), batched AS (
        SELECT batch.variant_id, there.warehouse_id, sum(there.on_hand) AS pieces
        FROM inventory_batchstock AS there JOIN inventory_batch AS batch ON batch.id = there.batch_id
        GROUP BY batch.variant_id, there.warehouse_id
    ), held AS (
        SELECT variant_id, warehouse_id, sum(quantity - released - shipped) AS pieces
        FROM inventory_reservation WHERE state = 'active' GROUP BY variant_id, warehouse_id
    ), compared AS (
        SELECT variant_id, warehouse_id,
               COALESCE(moved.pieces, 0) AS moved, COALESCE(stock.on_hand, 0) AS on_hand,
               CASE WHEN setting.keeps_batches OR batched.pieces > 0 THEN COALESCE(batched.pieces, 0) END AS batches,
               COALESCE(stock.reserved, 0) AS reserved, COALESCE(held.pieces, 0) AS held,
               COALESCE(moved.movements, 0) AS movements, stock.id AS stock_id
        FROM inventory_stock AS stock
        FULL JOIN moved USING (variant_id, warehouse_id)
        FULL JOIN batched USING (variant_id, warehouse_id)
        FULL JOIN held USING (variant_id, warehouse_id)
        LEFT JOIN inventory_skusetting AS setting USING (variant_id)
    ), judged AS (
        SELECT *, moved <> on_hand OR COALESCE(batches, on_hand) <> on_hand OR reserved <> held AS differs
        FROM compared
    ), counted AS (
        SELECT count(*) AS rows, COALESCE(sum(movements), 0) AS movements, count(batches) AS batch_rows,
               count(*) FILTER (WHERE differs) AS found
        FROM judged
    )
    SELECT counted.*, judged.variant_id, judged.warehouse_id, judged.stock_id, variant.sku,
           trim(product.name || ' ' || variant.name), warehouse.name,
           judged.moved, judged.on_hand, judged.batches, judged.reserved, judged.held
    FROM counted
    LEFT JOIN judged ON judged.differs
    LEFT JOIN catalog_variant AS variant ON variant.id = judged.variant_id
    LEFT JOIN catalog_product AS product ON product.id = variant.product_id
    LEFT JOIN inventory_warehouse AS warehouse ON warehouse.id = judged.warehouse_id
    ORDER BY variant.sku, warehouse.code LIMIT %s
"""


class Discrepancy(TypedDict):
    """A SKU in a warehouse whose figures differ; `batches` is None for a SKU that keeps none.

    `moved`, `on_hand` and `batches` are to be equal, and so are `reserved` (of the row) and `held` (of reservations).
    `stock_id` is None where there is no row of stock.
    """

    variant_id: int
    warehouse_id: int
    stock_id: int | None
    sku: str
    goods: str
    warehouse: str
    moved: int
    on_hand: int
    batches: int | None
    reserved: int
    held: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of what was compared and of the rows that differ, and the first of these."""

    rows: int
    movements: int
    batch_rows: int
    found: int
    differences: tuple[Discrepancy, ...]


def compare_stock() -> Comparison:
    """Add up all movements, batches and reservations, and compare them with stock as it is now, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, [MAX_SHOWN])
        rows = cursor.fetchall()
    compared, movements, batch_rows, found = (int(figure) for figure in rows[0][:4])
    return Comparison(compared, movements, batch_rows, found, tuple(_read(*row[4:]) for row in rows if found))


def _read(*row: object) -> Discrepancy:
    variant_id, warehouse_id, stock_id, sku, goods, warehouse, *figures = row
    moved, on_hand, batches, reserved, held = (None if one is None else int(str(one)) for one in figures)
    return Discrepancy(
        variant_id=int(str(variant_id)),
        warehouse_id=int(str(warehouse_id)),
        stock_id=None if stock_id is None else int(str(stock_id)),
        sku=str(sku),
        goods=str(goods),
        warehouse=str(warehouse),
        moved=moved or 0,
        on_hand=on_hand or 0,
        batches=batches,
        reserved=reserved or 0,
        held=held or 0,
    )


def get_last_check() -> StockCheck | None:
    """Return the last comparison; None where none has run."""
    return StockCheck.objects.first()
