"""Applications, registrations and departures over the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import DayIn, Id, Note200, PageFilters, PhoneIn, QueryId, Strict, Text100, Text200
from kernel.privacy.masking import mask_bank_card, mask_id_number, mask_phone
from tenant_apps.agents.selectors import agents
from tenant_apps.agents.states import AgentStatus
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors.applications import Duplicate
from tenant_apps.recruiting.services.applications import REFERRER, Approved
from tenant_apps.recruiting.states import ApplicationSource, ApplicationState, RejectionReason

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Note500 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Introduction = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
ConsentWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class RecruitingPageIn(Strict):
    """Fields to change; those left out stay."""

    is_open: bool = True
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    introduction: Introduction = ""
    default_level_id: Id | None = None
    asks_id_number: bool = False
    asks_proof: bool = False
    wait_days_after_rejection: Annotated[int, Field(strict=True, ge=0, le=365)] = 30


class RecruitingPageOut(Schema):
    """The application page, and the version of the text in force."""

    is_open: bool
    title: str
    introduction: str
    default_level_id: int | None
    asks_id_number: bool
    asks_proof: bool
    wait_days_after_rejection: int


class ConsentIn(Strict):
    """The next version, in both languages."""

    text_zh: ConsentWords
    text_en: ConsentWords


class ConsentOut(Schema):
    """A version of the text applicants agree to."""

    version: int
    text_zh: str
    text_en: str
    published_at: datetime
    published_by: str


class ConsentsOut(Schema):
    """The one in force first."""

    items: list[ConsentOut]


class ApplicationFilters(PageFilters):
    """`search` looks in number, name, phone and WeChat id."""

    state: ApplicationState | None = None
    referrer_id: QueryId | None = None
    search: Note200 = ""


class ApplicationRow(Schema):
    """An application in a list; the phone number is masked."""

    id: int
    number: str
    name: str
    phone: str
    region: str
    channel: str
    state: ApplicationState
    wanted_level_id: int | None
    referrer_id: int | None
    referrer_code: str | None
    applied_at: datetime
    decided_at: datetime | None


class DuplicateOut(Schema):
    """An agent or another application that may be the same person, and by what."""

    kind: str
    id: int
    label: str
    name: str
    state: str
    by: list[str]
    at: datetime | None


class ProofOut(Schema):
    """An image sent along; its content is at `/agent-applications/{id}/proofs/{proof}`."""

    id: int
    name: str
    size_bytes: int


class ApplicationOut(ApplicationRow):
    """One application, the phone number whole, the ID number masked, with whom it may duplicate."""

    wechat_id: str
    id_number: str
    region_code: str
    experience: str
    source: ApplicationSource
    consent_version: int | None
    consented_at: datetime | None
    sensitive_consent_at: datetime | None
    rejection: str
    decision_note: str
    decided_by: str
    agent_id: int | None
    proofs: list[ProofOut]
    duplicates: list[DuplicateOut]


class ApprovalIn(Strict):
    """No level: the wanted one, else the page's. Sponsor left out: the referrer; null: none. `email` gets the link."""

    level_id: Id | None = None
    sponsor_id: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)] | None = REFERRER
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] = ""
    note: Note500 = ""


class ApprovedOut(Schema):
    """The new agent, and the text to send to them; empty where the link goes by mail. It is shown this once."""

    application_id: int
    agent_id: int
    agent_code: str
    message: str


class RejectionIn(Strict):
    """A standard reason; `other` needs a note. The applicant sees both."""

    reason: RejectionReason
    note: Note500 = ""


def application_row(application: Application) -> dict[str, Any]:
    referrer = application.referrer
    return {
        "id": application.pk,
        "number": application.number,
        "name": application.name,
        "phone": mask_phone(application.phone),
        "region": application.region,
        "channel": application.channel,
        "state": application.state,
        "wanted_level_id": application.wanted_level_id,
        "referrer_id": application.referrer_id,
        "referrer_code": referrer.code if referrer else None,
        "applied_at": application.applied_at,
        "decided_at": application.decided_at,
    }


def application_detail(application: Application, duplicates: list[Duplicate]) -> dict[str, Any]:
    proofs = [
        {"id": proof.pk, "name": proof.name, "size_bytes": proof.size_bytes} for proof in application.proofs.all()
    ]
    return {
        **application_row(application),
        "phone": application.phone,
        "wechat_id": application.wechat_id,
        "id_number": mask_id_number(application.id_number),
        "region_code": application.region_code,
        "experience": application.experience,
        "source": application.source,
        "consent_version": application.consent.version if application.consent else None,
        "consented_at": application.consented_at,
        "sensitive_consent_at": application.sensitive_consent_at,
        "rejection": application.rejection,
        "decision_note": application.decision_note,
        "decided_by": application.decided_by,
        "agent_id": application.agent_id,
        "proofs": proofs,
        "duplicates": duplicates,
    }


def approved(done: Approved) -> dict[str, Any]:
    return {
        "application_id": done.application.pk,
        "agent_id": done.agent_id,
        "agent_code": done.agent_code,
        "message": done.message,
    }


class TerminationIn(Strict):
    """Successor of team and customers (null: the agent has no team, customers become free), and the reason."""

    successor_id: Id | None
    reason: Text200


class TerminationOut(Schema):
    """Number of agents of the direct team and of customers handed over."""

    agent_id: int
    team: int
    customers: int


class AnonymiseIn(Strict):
    """Reason: it cannot be undone."""

    reason: Text200


class AgentIn(Strict):
    """A new agent. No `code`: one is made up. No `valid_until`: the contract is as long as the level says.

    With `email` the invitation goes there by mail; without, it is in the answer's `message`.
    """

    name: Text100
    phone: PhoneIn
    level_id: Id
    sponsor_id: Id | None = None
    code: Code = Field(default_factory=str)
    valid_until: DayIn | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] = ""


class PersonOut(Schema):
    """An agent, the phone number whole, ID number and bank card masked."""

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
    joined_at: datetime
    valid_until: date | None
    id_number: str
    bank_card: str


class RegisteredAgentOut(PersonOut):
    """The new agent and the invitation to send; empty where it goes by mail. It is shown this once."""

    message: str


def person_detail(agent_id: int, *, as_of: date) -> dict[str, Any]:
    agent = agents.get_agent(agent_id=agent_id)
    names = ("code", "name", "phone", "level_id", "sponsor_id", "referral_code", "joined_at", "valid_until")
    return {
        "id": agent.pk,
        **{name: getattr(agent, name) for name in names},
        "level_name": agent.level.name,
        "sponsor_code": agent.sponsor.code if agent.sponsor else None,
        "state": agent.status(as_of),
        "id_number": mask_id_number(agent.id_number),
        "bank_card": mask_bank_card(agent.bank_card),
    }
