"""API of warehouses."""

from typing import cast

from django.http import HttpRequest
from ninja import Router, Status

from kernel.http.permissions import requires
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.schemas import warehouses as schemas
from tenant_apps.inventory.selectors import warehouses as selectors
from tenant_apps.inventory.services import warehouses as services

router = Router(tags=["inventory"])


@router.get("/warehouses", response=schemas.WarehousesOut, summary="List warehouses")
@requires("inventory.view")
def list_warehouses(request: HttpRequest) -> dict[str, object]:
    """List warehouses by code. Receipts and counts that name none mean the default one."""
    return {"items": selectors.list_warehouses()}


@router.post("/warehouses", response={201: schemas.WarehouseOut}, summary="Create a warehouse")
@requires("inventory.edit")
def create_warehouse(request: HttpRequest, payload: schemas.WarehouseIn) -> Status[Warehouse]:
    """Warehouse codes are unique. One that sells counts for the plan."""
    return Status(201, services.create_warehouse(**payload.model_dump()))


@router.get("/warehouses/{warehouse_id}", response=schemas.WarehouseOut, summary="Get a warehouse")
@requires("inventory.view")
def get_warehouse(request: HttpRequest, warehouse_id: int) -> Warehouse:
    """Read one warehouse."""
    return selectors.get_warehouse(warehouse_id=warehouse_id)


@router.patch("/warehouses/{warehouse_id}", response=schemas.WarehouseOut, summary="Change a warehouse")
@requires("inventory.edit")
def change_warehouse(request: HttpRequest, warehouse_id: int, payload: schemas.WarehousePatch) -> Warehouse:
    """Change the given fields. A closed warehouse ships what is reserved there and serves no new order."""
    changes = cast("services.WarehouseChanges", payload.model_dump(exclude_unset=True))
    return services.change_warehouse(warehouse_id=warehouse_id, changes=changes)


@router.post("/warehouses/{warehouse_id}/make-default", response=schemas.WarehouseOut, summary="Make it the default")
@requires("inventory.edit")
def make_default(request: HttpRequest, warehouse_id: int) -> Warehouse:
    """Let receipts and counts that name no warehouse mean this one."""
    return services.make_default(warehouse_id=warehouse_id)
