"""API of discounts, agreements, lots and suggested retail prices."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.pricing.schemas import terms as schemas
from tenant_apps.pricing.selectors import lots as lot_selectors
from tenant_apps.pricing.selectors import terms as selectors
from tenant_apps.pricing.services import agreements, discounts, lots, ranges

router = Router(tags=["pricing"])


@router.get("/level-discounts", response=Page[schemas.DiscountOut], summary="List level discounts")
@requires("pricing.view")
def list_discounts(request: HttpRequest, filters: Query[schemas.DiscountFilters]) -> HttpResponse:
    """Newest first, those that are over included."""
    rows = selectors.list_discounts(level_id=filters.level_id, category_id=filters.category_id)
    page, following = paginate(rows, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.discount_row(row) for row in page], "next_cursor": following})


@router.post("/level-discounts", response={201: schemas.DiscountOut}, summary="Set a level discount")
@requires("pricing.edit")
def set_discount(request: HttpRequest, payload: schemas.DiscountIn) -> Status[dict[str, Any]]:
    """A fraction of the retail price, for a category and what is below it, or for everything."""
    return Status(201, schemas.discount_row(discounts.set_discount(**payload.model_dump(), now=clock.now())))


@router.delete("/level-discounts/{discount_id}", response={204: None}, summary="End a level discount")
@requires("pricing.edit")
def end_discount(request: HttpRequest, discount_id: int) -> Status[None]:
    """From now on; one that is still to come disappears."""
    discounts.end_discount(discount_id=discount_id, now=clock.now())
    return Status(204, None)


@router.get("/agent-prices", response=Page[schemas.AgreementOut], summary="List agreed prices")
@requires("pricing.view")
def list_agreements(request: HttpRequest, filters: Query[schemas.AgreementFilters]) -> HttpResponse:
    """Newest first, those that are over included."""
    rows = selectors.list_agreements(agent_id=filters.agent_id, variant_id=filters.variant_id)
    page, following = paginate(rows, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.agreement_row(row) for row in page], "next_cursor": following})


@router.post("/agent-prices", response={201: schemas.AgreementOut}, summary="Set an agreement")
@requires("pricing.edit")
def set_agreement(request: HttpRequest, payload: schemas.AgreementIn) -> Status[dict[str, Any]]:
    """It counts whatever the agent's level says, and no personal discount comes off."""
    new = agreements.NewAgreement(**payload.model_dump())
    return Status(201, schemas.agreement_row(agreements.set_agreement(agreement=new, now=clock.now())))


@router.delete("/agent-prices/{agreement_id}", response={204: None}, summary="End an agreement")
@requires("pricing.edit")
def end_agreement(request: HttpRequest, agreement_id: int) -> Status[None]:
    """From now on; one that is still to come disappears."""
    agreements.end_agreement(agreement_id=agreement_id, now=clock.now())
    return Status(204, None)


@router.get("/minimum-lots", response=Page[schemas.LotOut], summary="List minimum lots")
@requires("pricing.view")
def list_lots(request: HttpRequest, filters: Query[schemas.TermFilters]) -> HttpResponse:
    """Newest first."""
    rows = lot_selectors.list_lots(level_id=filters.level_id, variant_id=filters.variant_id)
    page, following = paginate(rows, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.lot_row(row) for row in page], "next_cursor": following})


@router.post("/minimum-lots", response={201: schemas.LotOut}, summary="Set a minimum lot")
@requires("pricing.edit")
def set_lot(request: HttpRequest, payload: schemas.LotIn) -> Status[dict[str, Any]]:
    """Restock orders of the level are held to it."""
    return Status(201, schemas.lot_row(lots.set_lot(**payload.model_dump())))


@router.delete("/minimum-lots/{lot_id}", response={204: None}, summary="Delete a minimum lot")
@requires("pricing.edit")
def remove_lot(request: HttpRequest, lot_id: int) -> Status[None]:
    """Any quantity may be ordered again."""
    lots.remove_lot(lot_id=lot_id)
    return Status(204, None)


@router.get("/suggested-ranges", response=Page[schemas.RangeOut], summary="List suggested retail prices")
@requires("pricing.view")
def list_ranges(request: HttpRequest, filters: Query[schemas.TermFilters]) -> HttpResponse:
    """建议零售价, newest first. A suggestion is watched and never enforced."""
    rows = selectors.list_ranges(level_id=filters.level_id, variant_id=filters.variant_id)
    page, following = paginate(rows, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.range_row(row) for row in page], "next_cursor": following})


@router.post("/suggested-ranges", response={201: schemas.RangeOut}, summary="Set a suggested retail price")
@requires("pricing.edit")
def set_range(request: HttpRequest, payload: schemas.RangeIn) -> Status[dict[str, Any]]:
    """Nothing is ever refused by it: agents set their own prices (反垄断法 art. 18)."""
    return Status(201, schemas.range_row(ranges.set_range(**payload.model_dump(), now=clock.now())))


@router.delete("/suggested-ranges/{range_id}", response={204: None}, summary="Remove a suggested retail price")
@requires("pricing.edit")
def remove_range(request: HttpRequest, range_id: int) -> Status[None]:
    """Removes the suggestion with its history."""
    ranges.remove_range(range_id=range_id)
    return Status(204, None)
