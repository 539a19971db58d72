"""Levels and an agent's place on them, over the wire."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, model_validator

from kernel.core.money import ZERO
from kernel.http.schemas import DayIn, Id, MoneyIn, MoneyText, Strict, Text60, Text200
from tenant_apps.agents.models import LevelChange
from tenant_apps.agents.schemas.agents import CodeIn
from tenant_apps.agents.services.compliance import refuse_pyramid_terms
from tenant_apps.agents.states import ChangeCause

Rank = Annotated[int, Field(strict=True, ge=1, le=32_767)]
Months = Annotated[int, Field(strict=True, ge=1, le=120)]


class NoPyramid(Strict):
    """Input in which nobody asks for heads or entrance fees: such a field is refused with the law's name."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_pyramid_terms(cls, values: object) -> object:
        refuse_pyramid_terms(values, known=cls.model_fields)
        return values


class LevelIn(NoPyramid):
    """A new level; rank 1 is the highest. Money in the brand's currency."""

    code: CodeIn
    name: Text60
    rank: Rank
    may_recruit: bool = True
    has_early_access: bool = False
    sees_team: bool = True
    deposit: MoneyIn = ZERO
    contract_months: Months | None = None
    first_order_minimum: MoneyIn = ZERO
    is_exclusive_in_region: bool = False


class LevelPatch(NoPyramid):
    """Fields to change; those left out stay."""

    code: CodeIn = Field(default_factory=str)
    name: Text60 = Field(default_factory=str)
    rank: Rank = Field(default_factory=int)
    may_recruit: bool = True
    has_early_access: bool = False
    sees_team: bool = True
    deposit: MoneyIn = ZERO
    contract_months: Months | None = None
    first_order_minimum: MoneyIn = ZERO
    is_exclusive_in_region: bool = False


class LevelOut(Schema):
    """A level and its rights."""

    id: int
    code: str
    name: str
    rank: int
    may_recruit: bool
    has_early_access: bool
    sees_team: bool
    deposit: MoneyText
    contract_months: int | None
    first_order_minimum: MoneyText
    is_exclusive_in_region: bool


LEVEL_FIELDS = tuple(LevelOut.model_fields)


class LevelChoiceIn(NoPyramid):
    """The new level, why, and the last day on which no rule moves the agent."""

    level_id: Id
    reason: Text200
    locked_until: DayIn | None = None


class LevelChangeOut(Schema):
    """A change of level; `figures` is what the rule saw."""

    id: int
    from_level_id: int | None
    from_level_name: str | None
    to_level_id: int
    to_level_name: str
    cause: ChangeCause
    reason: str
    figures: dict[str, str]
    changed_by: str
    changed_at: datetime


def change_row(change: LevelChange) -> dict[str, Any]:
    names = ("from_level_id", "to_level_id", "cause", "reason", "figures", "changed_by", "changed_at")
    return {
        "id": change.pk,
        **{name: getattr(change, name) for name in names},
        "from_level_name": change.from_level.name if change.from_level else None,
        "to_level_name": change.to_level.name,
    }
