"""API schemas of warehouses."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Id, Strict

WarehouseName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
WarehouseCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{1,20}$")]
RegionCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$")]
Regions = Annotated[list[RegionCode], Field(max_length=100)]
Priority = Annotated[int, Field(strict=True, ge=0, le=9_999)]


class WarehouseIn(Strict):
    """A new warehouse; its code consists of capitals, digits and hyphens.

    `regions` are codes of provinces (2 digits), cities (4) and districts (6) that it serves first; of warehouses that
    could serve an order alike, the one with the lowest `priority` does.
    """

    code: WarehouseCode
    name: WarehouseName
    kind: Literal["main", "branch", "store", "damaged"] = "branch"
    parent_id: Id | None = None
    regions: Regions = []
    priority: Priority = 100


class WarehousePatch(Strict):
    """Fields to change; those left out stay."""

    code: WarehouseCode = ""
    name: WarehouseName = ""
    kind: Literal["main", "branch", "store"] = "branch"
    parent_id: Id | None = None
    regions: Regions = []
    priority: Priority = 100
    is_open: bool = True


class WarehouseOut(Schema):
    """A place where goods are stored. Orders are served from open ones of the kinds main, branch and store."""

    id: int
    code: str
    name: str
    is_default: bool
    kind: str
    parent_id: int | None
    regions: list[str]
    priority: int
    is_open: bool


class WarehousesOut(Schema):
    """All warehouses."""

    items: list[WarehouseOut]
