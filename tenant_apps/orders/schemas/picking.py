"""API schemas of picking and packing."""

from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints, field_validator

from kernel.http.schemas import Strict, refusal
from tenant_apps.orders.rules.picking import MAX_BASKETS
from tenant_apps.orders.schemas.incoming import OptionalReference, QueryId
from tenant_apps.orders.selectors.picking import PickSheet


class PickFilters(Strict):
    """The orders to pick, in the order of their baskets."""

    order_id: list[QueryId] = Field(min_length=1, max_length=MAX_BASKETS)

    @field_validator("order_id", mode="after")
    @classmethod
    def _refuse_repeated(cls, ids: list[int]) -> list[int]:
        if len(set(ids)) != len(ids):
            raise refusal("repeated", "an order is named twice")
        return ids


class BasketOut(Schema):
    """The basket of an order; `basket` counts from 1."""

    basket: int
    order_id: int
    number: str


class BasketPiecesOut(Schema):
    """Pieces of a SKU for one basket."""

    basket: int
    pieces: int


class PickLineOut(Schema):
    """A SKU to take: all pieces, and how many for each basket. `box_size` is empty where there is no box."""

    sku: str
    name: str
    total: int
    box_size: int | None
    baskets: list[BasketPiecesOut]


class PickWarehouseOut(Schema):
    """Pieces to take from one warehouse, by SKU."""

    warehouse: str
    lines: list[PickLineOut]


class PickListOut(Schema):
    """A pick list; `left_out` are the orders that cannot be shipped now."""

    baskets: list[BasketOut]
    warehouses: list[PickWarehouseOut]
    left_out: list[int]


class PackIn(Strict):
    """Every scanned piece by SKU or barcode, and the parcel. With `is_partial` the rest leaves later.

    Carrier and number may be left out where the order has a waybill. `weight_grams` 0 was not weighed.
    """

    codes: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]] = Field(
        min_length=1, max_length=2_000
    )
    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    tracking_number: OptionalReference = ""
    weight_grams: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    is_partial: bool = False


def pick_list_body(sheet: PickSheet) -> dict[str, object]:
    """Render the sheet as `PickListOut`."""
    return {
        "baskets": [{"basket": number, "order_id": one.pk, "number": one.number} for number, one in sheet.baskets],
        "warehouses": [
            {
                "warehouse": warehouse,
                "lines": [
                    {
                        "sku": line.sku,
                        "name": line.name,
                        "total": line.total,
                        "box_size": line.box_size,
                        "baskets": [{"basket": key, "pieces": pieces} for key, pieces in line.baskets.items()],
                    }
                    for line in lines
                ],
            }
            for warehouse, lines in sheet.warehouses.items()
        ],
        "left_out": list(sheet.left_out),
    }
