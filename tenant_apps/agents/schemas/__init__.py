"""What goes over the wire about agents. ID numbers and bank cards never come back whole."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel import clock
from kernel.http.schemas import DayIn, Id, Note200, PhoneIn, Strict, Text100
from kernel.masking import mask_bank_card, mask_id_number, mask_phone
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.states import Standing

CodeIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Text60 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
IdNumberIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=18)]
BankCardIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=23)]
Rank = Annotated[int, Field(strict=True, ge=1, le=32_767)]
QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PageFilters(Strict):
    """Which page of a list."""

    cursor: str | None = None
    limit: int = 50


class LevelIn(Strict):
    """A new level; rank 1 is the highest."""

    code: CodeIn
    name: Text60
    rank: Rank


class LevelPatch(Strict):
    """What changes; what is left out stays."""

    code: CodeIn = Field(default_factory=str)
    name: Text60 = Field(default_factory=str)
    rank: Rank = Field(default_factory=int)


class LevelOut(Schema):
    """A level."""

    id: int
    code: str
    name: str
    rank: int


class AgentFilters(PageFilters):
    """`state` is what holds today, `expired` among it; `search` looks in name, codes and phone."""

    state: Standing | None = None
    level_id: QueryId | None = None
    sponsor_id: QueryId | None = None
    search: Note200 = ""


class AgentIn(Strict):
    """An applicant. The code is made up where none is given; `valid_until` is the contract's last day."""

    name: Text100
    phone: PhoneIn
    level_id: Id
    sponsor_id: Id | None = None
    code: CodeIn = Field(default_factory=str)
    valid_until: DayIn | None = None
    id_number: IdNumberIn = ""
    bank_card: BankCardIn = ""


class AgentPatch(Strict):
    """What changes; what is left out stays. Level, sponsor and state have operations of their own."""

    name: Text100 = Field(default_factory=str)
    phone: PhoneIn = Field(default_factory=str)
    code: CodeIn = Field(default_factory=str)
    valid_until: DayIn | None = None
    id_number: IdNumberIn = Field(default_factory=str)
    bank_card: BankCardIn = Field(default_factory=str)


class ReasonIn(Strict):
    """Why; it stands in the audit log."""

    reason: Note200 = ""


class SponsorIn(Strict):
    """The new sponsor; null makes the agent a root."""

    sponsor_id: Id | None


class LevelChoiceIn(Strict):
    """The new level."""

    level_id: Id


class AgentRow(Schema):
    """An agent in a list. The phone number is masked; `state` is what holds today."""

    id: int
    code: str
    name: str
    phone: str
    level_id: int
    level_name: str
    sponsor_id: int | None
    sponsor_code: str | None
    state: Standing
    referral_code: str
    joined_at: datetime | None
    valid_until: date | None


class AgentOut(AgentRow):
    """One agent, the phone number whole, ID number and bank card masked."""

    id_number: str
    bank_card: str


class UplineMemberOut(Schema):
    """Somebody above the agent; tier 1 is the sponsor."""

    tier: int
    agent_id: int
    level_id: int
    code: str
    name: str


class AgentUplineOut(Schema):
    """The sponsor first."""

    items: list[UplineMemberOut]


class SponsorshipOut(Schema):
    """Who sponsored from when until when (half-open); `valid_to` null is the present."""

    sponsor_id: int | None
    sponsor_code: str | None
    valid_from: datetime
    valid_to: datetime | None


class SponsorHistoryOut(Schema):
    """The present first."""

    items: list[SponsorshipOut]


def agent_row(agent: Agent, *, as_of: date) -> dict[str, Any]:
    """The agent as `AgentRow`, ready to be rendered."""
    return {
        "id": agent.pk,
        "code": agent.code,
        "name": agent.name,
        "phone": mask_phone(agent.phone),
        "level_id": agent.level_id,
        "level_name": agent.level.name,
        "sponsor_id": agent.sponsor_id,
        "sponsor_code": agent.sponsor.code if agent.sponsor else None,
        "state": agent.standing(as_of),
        "referral_code": agent.referral_code,
        "joined_at": agent.joined_at,
        "valid_until": agent.valid_until,
    }


def agent_detail(agent: Agent) -> dict[str, Any]:
    """The agent as `AgentOut`."""
    return {
        **agent_row(agent, as_of=clock.business_date(clock.now())),
        "phone": agent.phone,
        "id_number": mask_id_number(agent.id_number),
        "bank_card": mask_bank_card(agent.bank_card),
    }


def sponsorship_row(row: SponsorHistory) -> dict[str, Any]:
    """The row as `SponsorshipOut`."""
    return {
        "sponsor_id": row.sponsor_id,
        "sponsor_code": row.sponsor.code if row.sponsor else None,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }
