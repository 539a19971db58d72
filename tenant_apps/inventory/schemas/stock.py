"""API schemas of stock."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import DayIn, Id, MoneyText, Note200, Quantity, Strict, UnitPriceIn
from tenant_apps.inventory.models import Stock, StockMovement

QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]
SkuIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Change = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
BatchCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
MAX_LINES = 500


class StockFilters(Strict):
    """Filters of the list of stock, and its page; `low` keeps rows below their threshold."""

    warehouse_id: QueryId | None = None
    sku: SkuIn | None = None
    low: bool = False
    cursor: str | None = None
    limit: int = 50


class StockOut(Schema):
    """Pieces of one SKU in one warehouse. `value`, their cost, is absent without the permission catalog.cost.

    `available` are those an order could take (none where nothing is sold), `in_transit` those on their way here by
    transfer, `backordered` those sold beyond stock (on the row of the default warehouse), `projected` those free
    once these have come. `box_size` are the pieces that a full box holds.
    """

    id: int
    warehouse_id: int
    warehouse_code: str
    variant_id: int
    sku: str
    on_hand: int
    reserved: int
    available: int
    in_transit: int
    backordered: int
    projected: int
    box_size: int | None
    value: MoneyText | None = None
    low_stock_threshold: int
    is_low: bool
    low_since: datetime | None


class StockPatch(Strict):
    """Editable fields of a stock row."""

    low_stock_threshold: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class StockBatchIn(Strict):
    """The batch that received pieces belong to, as the delivery note names it."""

    code: BatchCode
    produced_on: DayIn | None = None
    expires_on: DayIn | None = None


class ReceiptLineIn(Strict):
    """Goods of one SKU received at `unit_cost` a piece, with their batch where the SKU keeps any.

    `boxes` are full boxes of the SKU's `box_size`, `quantity` single pieces; both add up.
    """

    sku: SkuIn
    quantity: Quantity | None = None
    boxes: Quantity | None = None
    unit_cost: UnitPriceIn
    batch: StockBatchIn | None = None


class ReceiptIn(Strict):
    """Goods received; `reference` (the delivery note) is booked once."""

    reference: Reference
    warehouse_id: Id | None = None
    lines: Annotated[list[ReceiptLineIn], Field(min_length=1, max_length=MAX_LINES)]


class AdjustmentLineIn(Strict):
    """Difference between counted and booked pieces of one SKU; negative for a shortage.

    `boxes` are full boxes of the SKU's `box_size`, `change` single pieces; both add up. `unit_cost` is asked for where
    pieces are found of which the books know no cost.
    """

    sku: SkuIn
    change: Change | None = None
    boxes: Change | None = None
    unit_cost: UnitPriceIn | None = None


class AdjustmentIn(Strict):
    """A correction; `reference` (the number of the count) is booked once."""

    reference: Reference
    reason: Note200 = ""
    warehouse_id: Id | None = None
    lines: Annotated[list[AdjustmentLineIn], Field(min_length=1, max_length=MAX_LINES)]


class MovementFilters(Strict):
    """Filters of the list of movements, and its page."""

    sku: SkuIn | None = None
    source: str | None = None
    cursor: str | None = None
    limit: int = 50


class MovementOut(Schema):
    """Goods in (quantity > 0) or out (< 0), with the stock after it.

    `value` and `value_after`, the cost of the goods, are absent without the permission catalog.cost.
    """

    id: int
    source: str
    kind: str
    warehouse_id: int
    variant_id: int
    sku: str
    quantity: int
    balance_after: int
    value: MoneyText | None = None
    value_after: MoneyText | None = None
    occurred_at: datetime


class BookedOut(Schema):
    """Movements made by a receipt or correction."""

    items: list[MovementOut]


def stock_row(stock: Stock, *, with_cost: bool) -> dict[str, object]:
    """Render the row as `StockOut`; its warehouse and variant must be loaded."""
    row = {
        "id": stock.pk,
        "warehouse_id": stock.warehouse_id,
        "warehouse_code": stock.warehouse.code,
        "variant_id": stock.variant_id,
        "sku": stock.variant.sku,
        "on_hand": stock.on_hand,
        "reserved": stock.held,
        "available": stock.available,
        "in_transit": stock.in_transit,
        "backordered": stock.awaited,
        "projected": stock.projected,
        "box_size": stock.variant.box_size,
        "low_stock_threshold": stock.low_stock_threshold,
        "is_low": stock.is_low,
        "low_since": stock.low_since,
    }
    return {**row, "value": stock.value} if with_cost else row


def movement_row(movement: StockMovement, *, with_cost: bool) -> dict[str, object]:
    """Render the movement as `MovementOut`; its variant must be loaded."""
    hidden = {"sku"} if with_cost else {"sku", "value", "value_after"}
    names = tuple(name for name in MovementOut.model_fields if name not in hidden)
    return {**{name: getattr(movement, name) for name in names}, "id": movement.pk, "sku": movement.variant.sku}
