"""API schemas of freight."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Id, MoneyIn, MoneyText, Strict
from tenant_apps.shipping.states import ChargeBy, Combining

Count = Annotated[int, Field(ge=1, le=10_000_000)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}(?:[0-9]{2}){0,2}$")]
GroupName = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class ChargeIn(Strict):
    """Prices. `first` and `step` are pieces or grams; nothing is charged from `free_amount` or `free_pieces` on."""

    first: Count
    first_price: MoneyIn
    step: Count
    step_price: MoneyIn
    free_amount: MoneyIn | None = None
    free_pieces: Count | None = None


class ZoneIn(Strict):
    """Regions with their prices; `charge` null where nothing is delivered. A district goes before its city."""

    regions: list[RegionCode] = Field(default_factory=list, max_length=400)
    groups: list[GroupName] = Field(default_factory=list, max_length=30)
    charge: ChargeIn | None


class FreightTemplateIn(Strict):
    """A whole template. `default` null serves the zones only; `is_default` is for goods that name no template."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    charge_by: ChargeBy = ChargeBy.PIECE
    zones: list[ZoneIn] = Field(default_factory=list, max_length=60)
    default: ChargeIn | None
    is_default: bool = False


class ChargeOut(Schema):
    """Prices of a zone."""

    first: int
    first_price: MoneyText
    step: int
    step_price: MoneyText
    free_amount: MoneyText | None
    free_pieces: int | None


class ZoneOut(Schema):
    """Regions with their prices; `charge` null where nothing is delivered."""

    regions: list[str]
    groups: list[str]
    charge: ChargeOut | None


class FreightTemplateOut(Schema):
    """A freight template."""

    id: int
    name: str
    charge_by: ChargeBy
    zones: list[ZoneOut]
    default: ChargeOut | None
    is_default: bool
    updated_at: datetime


class FreightTemplatesOut(Schema):
    """All templates (at most 200), the default one first."""

    items: list[FreightTemplateOut]


class RegionGroupIn(Strict):
    """A group of regions under a name."""

    name: GroupName
    regions: list[RegionCode] = Field(min_length=1, max_length=400)


class FreightSettingsIn(Strict):
    """Charging of several templates in one order, and all region groups."""

    combining: Combining
    groups: list[RegionGroupIn] = Field(max_length=30)


class RegionGroupOut(Schema):
    """A group of regions."""

    name: str
    regions: list[str]


class FreightSettingsOut(Schema):
    """The freight settings."""

    combining: Combining
    groups: list[RegionGroupOut]


class QuoteGoodsIn(Strict):
    """Goods of one article: pieces, grams of one piece, money after discounts. No template: the default one."""

    pieces: Annotated[int, Field(ge=1, le=1_000_000)]
    grams: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    money: MoneyIn
    template_id: Id | None = None


class FreightQuoteIn(Strict):
    """Goods to a district."""

    district_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    goods: list[QuoteGoodsIn] = Field(min_length=1, max_length=200)


class FreightQuoteOut(Schema):
    """The freight with its explanation; `amount` null where no template holds."""

    amount: MoneyText | None
    explanation: list[str]
