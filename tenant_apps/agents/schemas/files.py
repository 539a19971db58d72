"""API schemas of an agent's file, terms and groups."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import (
    DayIn,
    Id,
    MoneyIn,
    MoneyText,
    Note200,
    PageFilters,
    QueryId,
    RateIn,
    RateText,
    Strict,
    Text100,
    Text200,
)
from tenant_apps.agents.models import Agent, AgentGroup, AgentTerm, SensitiveLook
from tenant_apps.agents.schemas.agents import BankCardIn, IdNumberIn
from tenant_apps.agents.states import DocumentKind, GroupKind, SensitiveField

Words60 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=366)]
Members = Annotated[list[Id], Field(min_length=1, max_length=1_000)]


class FilePatch(Strict):
    """Fields to change; those left out stay. `personal_discount` is a fraction: "0.05" is five per cent off."""

    wechat_id: Words60 = ""
    region_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=6)] = ""
    channel: Words60 = ""
    personal_discount: RateIn = Decimal(0)
    adviser_id: Id | None = None


class FileOut(Schema):
    """An agent's file; sensitive numbers are masked elsewhere."""

    agent_id: int
    wechat_id: str
    region_code: str
    region: str
    channel: str
    personal_discount: RateText
    adviser_id: int | None
    bank_name: str
    sensitive_consent_at: datetime | None
    anonymised_at: datetime | None
    has_login: bool


class SensitiveIn(Strict):
    """Numbers stored encrypted; those left out stay. `consented`: the agent agreed to it separately."""

    consented: bool = False
    id_number: IdNumberIn = ""
    bank_card: BankCardIn = ""
    bank_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class LookIn(Strict):
    """Number to reveal and the reason; both are kept."""

    field: SensitiveField
    reason: Text200


class LookOut(Schema):
    """The number in full."""

    value: str


class LookRow(Schema):
    """A view of a number in full: reader, number, reason."""

    id: int
    agent_id: int
    agent_code: str
    field: SensitiveField
    reason: str
    looked_by: str
    looked_at: datetime


class LookFilters(PageFilters):
    """Of one agent, or of all."""

    agent_id: QueryId | None = None


class NoteIn(Strict):
    """Text of the note."""

    text: NoteText


class NoteOut(Schema):
    """A note of the staff."""

    id: int
    text: str
    author: str
    created_at: datetime


class DocumentOut(Schema):
    """A document; its content is at `/agents/{agent}/documents/{id}`."""

    id: int
    kind: DocumentKind
    name: str
    content_type: str
    size_bytes: int
    added_by: str
    added_at: datetime


class DocumentsOut(Schema):
    """The newest first."""

    items: list[DocumentOut]


class TermIn(Strict):
    """The next term; without `starts_on` it follows the last one. `ends_on` null: without an end."""

    ends_on: DayIn | None
    starts_on: DayIn | None = None


class TermOut(Schema):
    """A contract term, both days included."""

    id: int
    agent_id: int
    level_id: int
    starts_on: date
    ends_on: date | None
    deposit: MoneyText
    deposit_paid_at: datetime | None
    deposit_returned_at: datetime | None


class TermsOut(Schema):
    """The latest first."""

    items: list[TermOut]


class GroupIn(Strict):
    """A group: `manual`, by `channel`, or by net sales of the last `days` from `sales_from` on, below `sales_below`."""

    name: Text100
    kind: GroupKind
    channel: Words60 = ""
    days: Days | None = None
    sales_from: MoneyIn | None = None
    sales_below: MoneyIn | None = None


class GroupPatch(Strict):
    """Fields to change; the kind stays."""

    name: Text100 = Field(default_factory=str)
    channel: Words60 = ""
    days: Days | None = None
    sales_from: MoneyIn | None = None
    sales_below: MoneyIn | None = None


class GroupOut(Schema):
    """A group of agents."""

    id: int
    name: str
    kind: GroupKind
    channel: str
    days: int | None
    sales_from: MoneyText | None
    sales_below: MoneyText | None


class MembersIn(Strict):
    """Up to 1,000 agents at once."""

    agent_ids: Members


class MembersOut(Schema):
    """Number of agents in the group now."""

    count: int


class EndingFilters(PageFilters):
    """Contracts that have ended or end within so many days."""

    within_days: Annotated[int, Field(ge=0, le=366)] = 30
    search: Note200 = ""


def file_of(agent: Agent) -> dict[str, Any]:
    same = ("wechat_id", "region_code", "region", "channel", "personal_discount", "adviser_id", "bank_name")
    stamps = ("sensitive_consent_at", "anonymised_at")
    told = {name: getattr(agent, name) for name in (*same, *stamps)}
    return {**told, "agent_id": agent.pk, "has_login": agent.user_id is not None}


def look_row(look: SensitiveLook) -> dict[str, Any]:
    names = ("field", "reason", "looked_by", "looked_at", "agent_id")
    return {"id": look.pk, "agent_code": look.agent.code, **{name: getattr(look, name) for name in names}}


def term_row(term: AgentTerm) -> dict[str, Any]:
    return {name: getattr(term, name) for name in TermOut.model_fields}


def group_row(group: AgentGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in GroupOut.model_fields}
