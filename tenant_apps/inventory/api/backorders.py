"""API of goods sold beyond stock."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.inventory.models import SkuSetting
from tenant_apps.inventory.schemas import backorders as schemas
from tenant_apps.inventory.schemas.batches import SkuSettingOut
from tenant_apps.inventory.selectors.backorders import list_backorders
from tenant_apps.inventory.services.backorders import set_oversell

router = Router(tags=["inventory"])


@router.get("/stock/backorders", response=Page[schemas.BackorderOut], summary="List goods sold beyond stock")
@requires("inventory.view")
def list_sold_ahead(request: HttpRequest, filters: Query[schemas.BackorderFilters]) -> HttpResponse:
    """List backorders and presales, newest first, by SKU and by whether pieces still wait."""
    found = list_backorders(sku=filters.sku or "", is_waiting=filters.waiting)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.backorder_row(row) for row in rows], "next_cursor": next_cursor})


@router.put("/stock/settings/{variant_id}/oversell", response=SkuSettingOut, summary="Sell a SKU beyond stock, or stop")
@requires("inventory.edit")
def change_oversell(request: HttpRequest, variant_id: int, payload: schemas.OversellIn) -> SkuSetting:
    """Set the terms on which the SKU is sold beyond stock. Orders that wait keep the day they were promised."""
    return set_oversell(variant_id=variant_id, **payload.model_dump(), now=clock.now())
