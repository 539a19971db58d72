"""API of level prices."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.pricing.schemas import level_prices as schemas
from tenant_apps.pricing.selectors import level_prices as selectors
from tenant_apps.pricing.services import level_prices as services

router = Router(tags=["pricing"])


@router.get("/level-prices", response=Page[schemas.LevelPriceOut], summary="List level prices")
@requires("pricing.view")
def list_level_prices(request: HttpRequest, filters: Query[schemas.LevelPriceFilters]) -> HttpResponse:
    """Newest first, with those that are over or to come; filter by level, variant, and the moment they hold at."""
    prices = selectors.list_level_prices(
        level_id=filters.level_id, variant_id=filters.variant_id, in_force_at=filters.in_force_at
    )
    rows, next_cursor = paginate(prices, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.level_price_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/level-prices", response=schemas.LevelPricesSet, summary="Set level prices")
@requires("pricing.edit")
def set_level_prices(request: HttpRequest, payload: schemas.LevelPricesIn) -> dict[str, list[int]]:
    """Sets up to 500 prices from now on, a first one from the beginning; all of them, or none where one is bad."""
    prices = [services.NewLevelPrice(**line.model_dump()) for line in payload.prices]
    return {"ids": services.set_level_prices(prices=prices, now=clock.now())}


@router.delete("/level-prices/{level_price_id}", response={204: None}, summary="End a level price")
@requires("pricing.edit")
def delete_level_price(request: HttpRequest, level_price_id: int) -> Status[None]:
    """From now on; one that is still to come disappears."""
    services.delete_level_price(level_price_id=level_price_id, now=clock.now())
    return Status(204, None)
