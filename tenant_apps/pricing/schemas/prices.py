"""API schemas of resolved prices."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import MomentIn, MoneyText, RateText, Strict
from tenant_apps.pricing.schemas.level_prices import QueryId
from tenant_apps.pricing.selectors.resolver import ResolvedPrice


class PriceQuestion(Strict):
    """An agent or a level, variants, pieces of each, and the moment. `variant_id` is repeated."""

    agent_id: QueryId | None = None
    level_id: QueryId | None = None
    variant_id: list[QueryId] = Field(min_length=1, max_length=1_000)
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    as_of: MomentIn | None = None


class PriceOut(Schema):
    """A price and the rule it comes from."""

    variant_id: int
    quantity: int
    price: MoneyText
    source: str
    rule_id: int | None
    valid_from: datetime | None
    retail_price: MoneyText
    min_quantity: int
    rate: RateText | None
    personal_discount: RateText
    reason: str


class PricesOut(Schema):
    """Prices in the order of the variants; unknown variants are absent."""

    items: list[PriceOut]


def price_row(price: ResolvedPrice) -> dict[str, object]:
    return {
        "variant_id": price.variant_id,
        "quantity": price.quantity,
        "price": price.price,
        "source": price.source.value,
        "rule_id": price.rule_id,
        "valid_from": price.valid_from,
        "retail_price": price.retail_price,
        "min_quantity": price.min_quantity,
        "rate": price.rate,
        "personal_discount": price.personal_discount,
        "reason": price.reason_text(),
    }
