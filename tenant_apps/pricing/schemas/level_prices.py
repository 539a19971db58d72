"""API schemas of level prices."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, MomentIn, MoneyIn, MoneyText, Quantity, Strict
from tenant_apps.pricing.models import LevelPrice

QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class LevelPriceFilters(Strict):
    """Filters of the list of level prices, and its page."""

    level_id: QueryId | None = None
    variant_id: QueryId | None = None
    in_force_at: MomentIn | None = None
    cursor: str | None = None
    limit: int = 50


class LevelPriceIn(Strict):
    """Price that agents of a level pay for a variant from so many pieces on.

    With `counts_product` the pieces of all variants of the product in an order reach the break together.
    """

    level_id: Id
    variant_id: Id
    price: MoneyIn
    min_quantity: Quantity = 1
    counts_product: bool = False


class LevelPricesIn(Strict):
    """Up to 500 prices at once: all of them are set, or none."""

    prices: list[LevelPriceIn] = Field(min_length=1, max_length=500)


class LevelPricesSet(Schema):
    """Ids of the prices set, in the order they were given."""

    ids: list[int]


class LevelPriceOut(Schema):
    """A price with the names of what it is for."""

    id: int
    level_id: int
    level_name: str
    variant_id: int
    sku: str
    price: MoneyText
    min_quantity: int
    counts_product: bool
    valid_from: datetime
    valid_until: datetime | None
    change_id: int | None
    updated_at: datetime


def level_price_row(price: LevelPrice) -> dict[str, object]:
    return {
        "id": price.pk,
        "level_id": price.level_id,
        "level_name": price.level.name,
        "variant_id": price.variant_id,
        "sku": price.variant.sku,
        "price": price.price,
        "min_quantity": price.min_quantity,
        "counts_product": price.counts_product,
        "valid_from": price.valid_from,
        "valid_until": price.valid_until,
        "change_id": price.change_id,
        "updated_at": price.updated_at,
    }
