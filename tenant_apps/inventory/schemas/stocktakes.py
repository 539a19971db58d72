"""API schemas of stocktakes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Id, Note200, PageFilters, Quantity, QueryId, Strict, UnitPriceIn
from tenant_apps.inventory.models import Stocktake, StocktakeLine
from tenant_apps.inventory.models.stocktake import MAX_COUNTED
from tenant_apps.inventory.rules.boxes import Packed
from tenant_apps.inventory.schemas.stock import MAX_LINES, SkuIn
from tenant_apps.inventory.selectors.boxes import get_pieces_of_code
from tenant_apps.inventory.states import StocktakeState, Uncounted

CodeIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Counted = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNTED)]


class StocktakeIn(Strict):
    """A stocktake of all goods of a warehouse, or those of one category and all below it."""

    warehouse_id: Id
    category_id: Id | None = None
    note: Note200 = ""


class ScanIn(Strict):
    """Goods of one SKU or barcode that were found: full `boxes`, pieces, or both; neither means one piece."""

    code: CodeIn
    quantity: Quantity | None = None
    boxes: Quantity | None = None


class CountedIn(Strict):
    """Another number for one SKU: full `boxes`, pieces (`counted`), or both.

    `seen` is the one it stood at in pieces (null: not counted), so that no count is lost.
    """

    code: CodeIn
    counted: Counted | None = None
    boxes: Counted | None = None
    seen: Counted | None


def pieces_found(given: ScanIn) -> int:
    """Return the pieces that were found. Raises InvalidBoxes."""
    if given.boxes is None and given.quantity is None:
        return 1
    return get_pieces_of_code(code=given.code, packed=Packed(given.boxes, given.quantity), name="quantity")


def pieces_counted(given: CountedIn) -> int:
    """Return the pieces that were counted. Raises InvalidBoxes."""
    return get_pieces_of_code(code=given.code, packed=Packed(given.boxes, given.counted), name="counted")


class StocktakeDecisionIn(Strict):
    """Words on the difference of one SKU. `unit_cost` is asked for where the books know no cost of what was found."""

    sku: SkuIn
    reason: Note200 = ""
    unit_cost: UnitPriceIn | None = None


class StocktakeApprovalIn(Strict):
    """The decision on all differences. `reason` is that of lines without their own."""

    uncounted: Uncounted
    reason: Note200 = ""
    lines: Annotated[list[StocktakeDecisionIn], Field(max_length=MAX_LINES)] = []


class StocktakeFilters(PageFilters):
    """Filters of the list of stocktakes."""

    state: StocktakeState | None = None
    warehouse_id: QueryId | None = None


class StocktakeOut(Schema):
    """A count of one warehouse; `lines` are its SKUs, `counted_lines` those of them that were counted."""

    id: int
    number: str
    state: str
    warehouse_id: int
    category_id: int | None
    category_name: str
    note: str
    created_at: datetime
    counted_at: datetime | None
    closed_at: datetime | None
    lines: int
    counted_lines: int


class StocktakeLineOut(Schema):
    """One SKU of a stocktake. `counted` is null where nobody counted.

    `snapshot`, `expected` (the books at the moment of the count) and `difference` are absent without the permission
    inventory.approve: who counts does it blind.
    """

    id: int
    variant_id: int
    sku: str
    barcode: str
    name: str
    box_size: int | None
    counted: int | None
    counted_at: datetime | None
    counted_by: str
    reason: str
    snapshot: int | None = None
    expected: int | None = None
    difference: int | None = None


def stocktake_row(stocktake: Stocktake, *, lines: int, counted: int) -> dict[str, object]:
    """Render the stocktake as `StocktakeOut`."""
    names = (
        *("id", "number", "state", "warehouse_id", "category_id", "category_name", "note"),
        *("created_at", "counted_at", "closed_at"),
    )
    return {**{name: getattr(stocktake, name) for name in names}, "lines": lines, "counted_lines": counted}


def line_row(line: StocktakeLine, *, is_blind: bool) -> Mapping[str, object]:
    """Render the line as `StocktakeLineOut`; what the books say is left out for who counts blind."""
    product = line.variant.product
    row = {
        "id": line.pk,
        "variant_id": line.variant_id,
        "sku": line.variant.sku,
        "barcode": line.variant.barcode,
        "name": f"{product.name} {line.variant.name}".strip(),
        "box_size": line.variant.box_size,
        "counted": line.counted,
        "counted_at": line.counted_at,
        "counted_by": line.counted_by,
        "reason": line.reason,
    }
    if is_blind:
        return row
    difference = line.found if line.difference is None else line.difference
    return {**row, "snapshot": line.snapshot, "expected": line.expected, "difference": difference}
