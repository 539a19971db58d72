"""API schemas of price changes."""

from datetime import datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import MomentIn, MoneyText, Strict, Text100
from tenant_apps.pricing.models import PriceChange
from tenant_apps.pricing.schemas.level_prices import LevelPriceIn
from tenant_apps.pricing.selectors.changes import ChangePreview, TouchedPrice


class PriceChangeIn(Strict):
    """A change's name and the moment from which its prices hold."""

    name: Text100
    effective_at: MomentIn


class PlannedPricesIn(Strict):
    """Up to 500 prices of a draft at once."""

    prices: list[LevelPriceIn] = Field(min_length=1, max_length=500)


class PlannedCount(Schema):
    """Number of prices in the draft."""

    prices: int


class PriceChangeOut(Schema):
    """A change of prices."""

    id: int
    name: str
    state: str
    effective_at: datetime
    created_by: str
    created_at: datetime
    scheduled_at: datetime | None
    cancelled_at: datetime | None


class PriceChangeLevelOut(Schema):
    """Number of active agents of a level who pay other prices, and of variants."""

    level_id: int
    name: str
    agents: int
    variants: int


class PriceChangeLineOut(Schema):
    """Old and new price. `cost` and `is_below_cost` are null without the permission catalog.cost."""

    id: int
    level_id: int
    variant_id: int
    sku: str
    min_quantity: int
    old_price: MoneyText
    old_reason: str
    new_price: MoneyText
    percent: str | None
    agents: int
    cost: str | None
    is_below_cost: bool | None
    also_in: list[str]


class PriceChangePreviewOut(Schema):
    """Agents and prices a change touches. Orders placed before its moment keep their prices."""

    change: PriceChangeOut
    agents: int
    variants: int
    levels: list[PriceChangeLevelOut]
    prices: list[PriceChangeLineOut]


def change_row(change: PriceChange) -> dict[str, object]:
    return {"id": change.pk, **{name: getattr(change, name) for name in PriceChangeOut.model_fields if name != "id"}}


def preview_row(preview: ChangePreview, *, sees_costs: bool) -> dict[str, object]:
    return {
        "change": change_row(preview.change),
        "agents": preview.agents,
        "variants": preview.variants,
        "levels": [
            {name: getattr(level, name) for name in PriceChangeLevelOut.model_fields} for level in preview.levels
        ],
        "prices": [_touched(one, sees_costs) for one in preview.prices],
    }


def _touched(one: TouchedPrice, sees_costs: bool) -> dict[str, object]:
    return {
        "id": one.planned_id,
        "level_id": one.level_id,
        "variant_id": one.variant_id,
        "sku": one.sku,
        "min_quantity": one.min_quantity,
        "old_price": one.old.price,
        "old_reason": one.old.reason_text(),
        "new_price": one.new,
        "percent": _text(one.percent),
        "agents": one.agents,
        "cost": _text(one.cost) if sees_costs else None,
        "is_below_cost": one.is_below_cost if sees_costs else None,
        "also_in": one.also_in,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
