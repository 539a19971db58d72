"""API of batches and of how SKUs are kept."""

from dataclasses import asdict
from typing import cast

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.inventory.models import Batch, SkuSetting
from tenant_apps.inventory.schemas import batches as schemas
from tenant_apps.inventory.selectors import batches as selectors
from tenant_apps.inventory.services import sku_settings

router = Router(tags=["inventory"])


def _row(batch: Batch) -> dict[str, object]:
    return schemas.batch_row(batch, selectors.count_pieces(batch))


@router.get("/batches", response=Page[schemas.StockBatchOut], summary="List batches")
@requires("inventory.view")
def list_batches(request: HttpRequest, filters: Query[schemas.StockBatchFilters]) -> HttpResponse:
    """List batches, newest first; `expires_by` keeps those on hand that expire until that day."""
    found = selectors.list_batches(sku=filters.sku or "", expires_by=filters.expires_by)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/batches/{batch_id}", response=schemas.StockBatchOut, summary="Get a batch")
@requires("inventory.view")
def get_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Read one batch with its pieces on hand."""
    return FastJson(_row(selectors.get_batch(batch_id=batch_id)))


@router.get("/batches/{batch_id}/deliveries", response=schemas.BatchDeliveriesOut, summary="List where a batch went")
@requires("inventory.view")
def list_deliveries(request: HttpRequest, batch_id: int) -> HttpResponse:
    """List the orders that got pieces of the batch, for a recall."""
    selectors.get_batch(batch_id=batch_id)
    return FastJson({"items": [asdict(one) for one in selectors.list_deliveries(batch_id=batch_id)]})


@router.get("/stock/settings/{variant_id}", response=schemas.SkuSettingOut, summary="Get a SKU's stock setting")
@requires("inventory.view")
def get_setting(request: HttpRequest, variant_id: int) -> SkuSetting:
    """Read whether the SKU keeps batches, and when it warns of their expiry."""
    return selectors.get_setting(variant_id=variant_id)


@router.patch("/stock/settings/{variant_id}", response=schemas.SkuSettingOut, summary="Change a SKU's stock setting")
@requires("inventory.edit")
def change_setting(request: HttpRequest, variant_id: int, payload: schemas.SkuSettingPatch) -> SkuSetting:
    """Change the given fields. Goods on hand when batches begin are in the batch that nobody knows."""
    changes = cast("sku_settings.SettingChanges", payload.model_dump(exclude_unset=True))
    return sku_settings.change_setting(variant_id=variant_id, changes=changes, now=clock.now())
