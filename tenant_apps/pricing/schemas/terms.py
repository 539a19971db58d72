"""API schemas of discounts, agreements, lots and suggested retail prices."""

from datetime import datetime

from ninja import Schema

from kernel.http.schemas import Id, MomentIn, MoneyIn, MoneyText, Note200, Quantity, RateIn, RateText, Strict
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, MinimumLot, SuggestedRetailRange
from tenant_apps.pricing.schemas.level_prices import QueryId


class TermFilters(Strict):
    """Filters of these lists, and their page."""

    level_id: QueryId | None = None
    variant_id: QueryId | None = None
    cursor: str | None = None
    limit: int = 50


class DiscountFilters(Strict):
    """Filters of the list of discounts, and its page."""

    level_id: QueryId | None = None
    category_id: QueryId | None = None
    cursor: str | None = None
    limit: int = 50


class AgreementFilters(Strict):
    """Filters of the list of agreements, and its page."""

    agent_id: QueryId | None = None
    variant_id: QueryId | None = None
    cursor: str | None = None
    limit: int = 50


class DiscountIn(Strict):
    """The fraction of the retail price that a level pays; null as the category means everything, and is to be said."""

    level_id: Id
    category_id: Id | None
    rate: RateIn
    valid_from: MomentIn | None = None
    valid_until: MomentIn | None = None


class DiscountOut(Schema):
    """A discount by category, or on everything."""

    id: int
    level_id: int
    level_name: str
    category_id: int | None
    category_name: str
    rate: RateText
    valid_from: datetime
    valid_until: datetime | None


class AgreementIn(Strict):
    """Price that one agent pays, whatever the level says."""

    agent_id: Id
    variant_id: Id
    price: MoneyIn
    min_quantity: Quantity = 1
    valid_from: MomentIn | None = None
    valid_until: MomentIn | None = None
    note: Note200 = ""


class AgreementOut(Schema):
    """An agreed price."""

    id: int
    agent_id: int
    agent_code: str
    variant_id: int
    sku: str
    price: MoneyText
    min_quantity: int
    valid_from: datetime
    valid_until: datetime | None
    note: str


class LotIn(Strict):
    """At least so many pieces, and from there on in steps; null means every level without a lot of its own."""

    level_id: Id | None
    variant_id: Id
    minimum: Quantity
    step: Quantity = 1


class LotOut(Schema):
    """A minimum lot."""

    id: int
    level_id: int | None
    variant_id: int
    sku: str
    minimum: int
    step: int


class RangeIn(Strict):
    """The suggested retail price (建议零售价), from and to; null means every level without one of its own.

    It is watched and never enforced.
    """

    level_id: Id | None
    variant_id: Id
    lowest: MoneyIn
    highest: MoneyIn
    valid_from: MomentIn | None = None


class RangeOut(Schema):
    """A suggested retail price."""

    id: int
    level_id: int | None
    variant_id: int
    sku: str
    lowest: MoneyText
    highest: MoneyText
    valid_from: datetime


def discount_row(row: CategoryDiscount) -> dict[str, object]:
    return {
        "id": row.pk,
        "level_id": row.level_id,
        "level_name": row.level.name,
        "category_id": row.category_id,
        "category_name": row.category.name if row.category else "",
        "rate": row.rate,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }


def agreement_row(row: AgentPrice) -> dict[str, object]:
    return {
        "id": row.pk,
        "agent_id": row.agent_id,
        "agent_code": row.agent.code,
        "variant_id": row.variant_id,
        "sku": row.variant.sku,
        "price": row.price,
        "min_quantity": row.min_quantity,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "note": row.note,
    }


def lot_row(row: MinimumLot) -> dict[str, object]:
    return {
        "id": row.pk,
        "level_id": row.level_id,
        "variant_id": row.variant_id,
        "sku": row.variant.sku,
        "minimum": row.minimum,
        "step": row.step,
    }


def range_row(row: SuggestedRetailRange) -> dict[str, object]:
    return {
        "id": row.pk,
        "level_id": row.level_id,
        "variant_id": row.variant_id,
        "sku": row.variant.sku,
        "lowest": row.lowest,
        "highest": row.highest,
        "valid_from": row.valid_from,
    }
