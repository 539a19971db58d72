"""API of price changes: draft, plan, preview, schedule, cancel."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from kernel.core import clock
from kernel.http.pagination import DEFAULT_LIMIT, paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import MomentIn, Page, Text100
from kernel.tenancy.actors import current_actor
from tenant_apps.imports.services.immediate import import_upload
from tenant_apps.pricing.schemas import changes as schemas
from tenant_apps.pricing.selectors import changes as selectors
from tenant_apps.pricing.services import changes as services
from tenant_apps.pricing.services.level_prices import NewLevelPrice
from tenant_apps.pricing.states import ChangeState

router = Router(tags=["pricing"])


@router.get("/price-changes", response=Page[schemas.PriceChangeOut], summary="List price changes")
@requires("pricing.view")
def list_changes(
    request: HttpRequest, state: Query[ChangeState | None] = None, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> HttpResponse:
    """Newest first."""
    page, following = paginate(selectors.list_changes(state=state), cursor=cursor, limit=limit)
    return FastJson({"items": [schemas.change_row(row) for row in page], "next_cursor": following})


@router.post("/price-changes", response={201: schemas.PriceChangeOut}, summary="Create a price change")
@requires("pricing.edit")
def draft_change(request: HttpRequest, payload: schemas.PriceChangeIn) -> Status[dict[str, Any]]:
    """Nothing holds until it is scheduled and its moment has come."""
    change = services.draft_change(name=payload.name, effective_at=payload.effective_at, now=clock.now())
    return Status(201, schemas.change_row(change))


@router.post(
    "/price-changes/import", response={201: schemas.PriceChangeOut}, summary="Create a price change from a price list"
)
@requires("pricing.edit")
def import_change(
    request: HttpRequest, file: File[UploadedFile], name: Form[Text100], effective_at: Form[MomentIn]
) -> Status[dict[str, Any]]:
    """Multipart. XLSX or CSV: a column SKU, one for each level by its name or code, and optionally "From pieces"."""
    options = {"name": name, "effective_at": effective_at}
    outcome = import_upload(kind="price_list", upload=file, options=options, now=clock.now())
    return Status(201, schemas.change_row(selectors.get_change(change_id=outcome.result["change_id"])))


@router.get("/price-changes/{change_id}", response=schemas.PriceChangeOut, summary="Get a price change")
@requires("pricing.view")
def get_change(request: HttpRequest, change_id: int) -> dict[str, Any]:
    """Its state and moments."""
    return schemas.change_row(selectors.get_change(change_id=change_id))


@router.patch("/price-changes/{change_id}", response=schemas.PriceChangeOut, summary="Change a draft price change")
@requires("pricing.edit")
def revise_change(request: HttpRequest, change_id: int, payload: schemas.PriceChangeIn) -> dict[str, Any]:
    """Another name and moment."""
    change = services.revise_change(change_id=change_id, **payload.model_dump(), now=clock.now())
    return schemas.change_row(change)


@router.post("/price-changes/{change_id}/prices", response=schemas.PlannedCount, summary="Add prices to a draft")
@requires("pricing.edit")
def plan_prices(request: HttpRequest, change_id: int, payload: schemas.PlannedPricesIn) -> dict[str, int]:
    """New ones, or instead of those planned; nothing is planned where one of them breaks a rule."""
    prices = [NewLevelPrice(**line.model_dump()) for line in payload.prices]
    return {"prices": services.plan_prices(change_id=change_id, prices=prices)}


@router.delete(
    "/price-changes/{change_id}/prices/{planned_id}", response={204: None}, summary="Remove a price from a draft"
)
@requires("pricing.edit")
def drop_planned_price(request: HttpRequest, change_id: int, planned_id: int) -> Status[None]:
    """One that is not in it is no error."""
    services.drop_planned_price(change_id=change_id, planned_id=planned_id)
    return Status(204, None)


@router.get(
    "/price-changes/{change_id}/preview", response=schemas.PriceChangePreviewOut, summary="Preview a price change"
)
@requires("pricing.view")
def preview_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Agents touched, old and new price, and what falls below cost for who may see costs."""
    preview = selectors.preview_change(change_id=change_id)
    return FastJson(schemas.preview_row(preview, sees_costs=current_actor().may("catalog.cost")))


@router.post("/price-changes/{change_id}/schedule", response=schemas.PriceChangeOut, summary="Schedule a price change")
@requires("pricing.edit")
def schedule_change(request: HttpRequest, change_id: int) -> dict[str, Any]:
    """It takes effect at its moment by itself. Orders placed before keep their prices."""
    return schemas.change_row(services.schedule_change(change_id=change_id, now=clock.now()))


@router.post("/price-changes/{change_id}/cancel", response=schemas.PriceChangeOut, summary="Cancel a price change")
@requires("pricing.edit")
def cancel_change(request: HttpRequest, change_id: int) -> dict[str, Any]:
    """Before its moment."""
    return schemas.change_row(services.cancel_change(change_id=change_id, now=clock.now()))
