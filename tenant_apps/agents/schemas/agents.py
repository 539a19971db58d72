"""API schemas of agents. ID numbers and bank cards never come back whole."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.core import clock
from kernel.http.schemas import DayIn, Note200, PageFilters, PhoneIn, QueryId, Strict, Text100
from kernel.privacy.masking import mask_bank_card, mask_id_number, mask_phone
from tenant_apps.agents.models import Agent
from tenant_apps.agents.states import AgentStatus

CodeIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
IdNumberIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=18)]
BankCardIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=23)]


class AgentFilters(PageFilters):
    """`state` is what holds today, `expired` among it; `search` looks in name, codes and phone."""

    state: AgentStatus | None = None
    level_id: QueryId | None = None
    sponsor_id: QueryId | None = None
    search: Note200 = ""


class AgentPatch(Strict):
    """Fields to change; those left out stay. Level, sponsor and state have operations of their own."""

    name: Text100 = Field(default_factory=str)
    phone: PhoneIn = Field(default_factory=str)
    code: CodeIn = Field(default_factory=str)
    valid_until: DayIn | None = None


class ReasonIn(Strict):
    """Reason for the audit log."""

    reason: Note200 = ""


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
    state: AgentStatus
    referral_code: str
    joined_at: datetime | None
    valid_until: date | None


class AgentOut(AgentRow):
    """One agent, the phone number whole, ID number and bank card masked."""

    id_number: str
    bank_card: str


def agent_row(agent: Agent, *, as_of: date) -> dict[str, Any]:
    return {
        "id": agent.pk,
        "code": agent.code,
        "name": agent.name,
        "phone": mask_phone(agent.phone),
        "level_id": agent.level_id,
        "level_name": agent.level.name,
        "sponsor_id": agent.sponsor_id,
        "sponsor_code": agent.sponsor.code if agent.sponsor else None,
        "state": agent.status(as_of),
        "referral_code": agent.referral_code,
        "joined_at": agent.joined_at,
        "valid_until": agent.valid_until,
    }


def agent_detail(agent: Agent) -> dict[str, Any]:
    return {
        **agent_row(agent, as_of=clock.business_date(clock.now())),
        "phone": agent.phone,
        "id_number": mask_id_number(agent.id_number),
        "bank_card": mask_bank_card(agent.bank_card),
    }
