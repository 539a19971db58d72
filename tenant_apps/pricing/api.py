"""Prices over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.pricing import schemas
from tenant_apps.pricing.selectors import level_prices as selectors
from tenant_apps.pricing.services import level_prices as services

router = Router(tags=["pricing"])


@router.get("/level-prices", response=Page[schemas.LevelPriceOut], summary="List level prices")
@requires("pricing.view")
def list_level_prices(request: HttpRequest, filters: Query[schemas.LevelPriceFilters]) -> HttpResponse:
    """Newest first; filter by level and variant."""
    prices = selectors.list_level_prices(level_id=filters.level_id, variant_id=filters.variant_id)
    rows, next_cursor = paginate(prices, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.level_price_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/level-prices", response=schemas.LevelPricesSet, summary="Set level prices")
@requires("pricing.edit")
def set_level_prices(request: HttpRequest, payload: schemas.LevelPricesIn) -> dict[str, list[int]]:
    """Sets up to 500 prices, new or not; nothing is set where one of them breaks a rule."""
    prices = [
        services.NewLevelPrice(level_id=line.level_id, variant_id=line.variant_id, price=line.price)
        for line in payload.prices
    ]
    return {"ids": services.set_level_prices(prices=prices)}


@router.delete("/level-prices/{level_price_id}", response={204: None}, summary="Remove a level price")
@requires("pricing.edit")
def delete_level_price(request: HttpRequest, level_price_id: int) -> Status[None]:
    """Agents of the level can no longer order the variant at that price."""
    services.delete_level_price(level_price_id=level_price_id)
    return Status(204, None)
