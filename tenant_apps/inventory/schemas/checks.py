"""API schemas of the comparison of stock with its movements."""

from datetime import datetime

from ninja import Schema

from tenant_apps.inventory.models import StockCheck


class StockDifferenceOut(Schema):
    """A SKU in a warehouse whose figures differ; `batches` is null for a SKU that keeps none.

    `moved` (all movements added up), `on_hand` and `batches` are to be equal, and so are `reserved` (of the row of
    stock) and `held` (of all reservations). `stock_id` is null where there is no row of stock.
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


class StockCheckOut(Schema):
    """The last comparison. `found` counts all rows that differ; `differences` lists the first 200 of them.

    `ran_at` is null while none has run.
    """

    ran_at: datetime | None
    ran_by: str
    rows: int
    movements: int
    batch_rows: int
    found: int
    differences: list[StockDifferenceOut]


def check_row(check: StockCheck | None) -> dict[str, object]:
    """Render the comparison as `StockCheckOut`."""
    if check is None:
        nothing = {"rows": 0, "movements": 0, "batch_rows": 0, "found": 0}
        return {"ran_at": None, "ran_by": "", **nothing, "differences": []}
    return {name: getattr(check, name) for name in StockCheckOut.model_fields}
