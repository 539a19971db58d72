"""API schemas of transfers."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, Note200, PageFilters, Quantity, QueryId, Strict
from tenant_apps.inventory.models import Transfer
from tenant_apps.inventory.schemas.stock import MAX_LINES, SkuIn
from tenant_apps.inventory.states import TransferState

Pieces = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class StockTransferLineIn(Strict):
    """Goods of one SKU to be transferred: full `boxes` of the SKU's `box_size`, single pieces, or both."""

    sku: SkuIn
    quantity: Quantity | None = None
    boxes: Quantity | None = None


class StockTransferIn(Strict):
    """A draft; nothing moves before it is shipped."""

    origin_id: Id
    target_id: Id
    note: Note200 = ""
    lines: Annotated[list[StockTransferLineIn], Field(min_length=1, max_length=MAX_LINES)]


class ArrivedLineIn(Strict):
    """Pieces of one SKU that arrived, and that are known to be lost; the rest stays on its way."""

    sku: SkuIn
    received: Pieces
    lost: Pieces = 0


class ArrivalIn(Strict):
    """A receipt of goods on their way; `reason` is asked for where something is lost."""

    lines: Annotated[list[ArrivedLineIn], Field(min_length=1, max_length=MAX_LINES)]
    reason: Note200 = ""


class StockTransferFilters(PageFilters):
    """Filters of the list of transfers; `warehouse_id` keeps those from or to it."""

    state: TransferState | None = None
    warehouse_id: QueryId | None = None


class StockTransferLineOut(Schema):
    """One SKU of a transfer: `open` pieces are neither received nor lost."""

    variant_id: int
    sku: str
    box_size: int | None
    quantity: int
    received: int
    lost: int
    open: int


class StockTransferOut(Schema):
    """Goods that go from one warehouse to another."""

    id: int
    number: str
    state: str
    origin_id: int
    target_id: int
    note: str
    created_at: datetime
    shipped_at: datetime | None
    received_at: datetime | None
    lines: list[StockTransferLineOut]


class SuggestionOut(Schema):
    """Pieces that one warehouse has above its threshold and another lacks."""

    variant_id: int
    sku: str
    origin_id: int
    target_id: int
    quantity: int


class SuggestionsOut(Schema):
    """All suggestions, by way and SKU."""

    items: list[SuggestionOut]


def transfer_row(transfer: Transfer) -> dict[str, object]:
    """Render the transfer as `StockTransferOut`; its lines must be loaded."""
    names = ("number", "state", "origin_id", "target_id", "note", "created_at", "shipped_at", "received_at")
    lines = [
        {
            "variant_id": line.variant_id,
            "sku": line.variant.sku,
            "box_size": line.variant.box_size,
            "quantity": line.quantity,
            "received": line.received,
            "lost": line.lost,
            "open": line.open,
        }
        for line in transfer.lines.all()
    ]
    return {"id": transfer.pk, **{name: getattr(transfer, name) for name in names}, "lines": lines}
