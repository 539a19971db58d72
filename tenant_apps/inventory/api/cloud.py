"""API of the cloud stock of agents."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.inventory.schemas import cloud as schemas
from tenant_apps.inventory.selectors import cloud as selectors

router = Router(tags=["inventory"])


@router.get("/cloud-stock", response=Page[schemas.CloudStockOut], summary="List cloud stock")
@requires("inventory.view")
def list_cloud_stock(request: HttpRequest, filters: Query[schemas.CloudStockFilters]) -> HttpResponse:
    """List the goods that agents have bought and the brand keeps for them, by agent and SKU."""
    found = selectors.list_cloud_stock(agent_id=filters.agent_id, sku=filters.sku or "")
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.cloud_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/cloud-stock/movements", response=Page[schemas.CloudMovementOut], summary="List cloud stock movements")
@requires("inventory.view")
def list_cloud_movements(request: HttpRequest, filters: Query[schemas.CloudMovementFilters]) -> HttpResponse:
    """List the statement of cloud stock, the latest movement first."""
    found = selectors.list_cloud_movements(
        agent_id=filters.agent_id, sku=filters.sku or "", kind=filters.kind.value if filters.kind else ""
    )
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.cloud_movement_row(row) for row in rows], "next_cursor": next_cursor})
