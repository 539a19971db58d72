"""Read applications, consents, and possible duplicates."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.agents.selectors.agents import Agent
from tenant_apps.agents.selectors.lookup import list_like
from tenant_apps.recruiting.models import Application, ApplicationProof, ConsentText, RecruitingPage
from tenant_apps.recruiting.states import ApplicationState

MAX_DUPLICATES: Final = 20


class ApplicationNotFound(NotFound):
    code = "application_not_found"
    title = _("There is no such application")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An agent or an application that may be the same person, and by what: phone, wechat_id, id_number."""

    kind: str
    id: int
    label: str
    name: str
    state: str
    by: tuple[str, ...]
    at: datetime | None


def get_recruiting_page() -> RecruitingPage:
    """Return the application page; the default until somebody changes it."""
    return RecruitingPage.objects.select_related("default_level").filter(id=1).first() or RecruitingPage(id=1)


def get_consent() -> ConsentText:
    """The text in force, the newest."""
    consent = ConsentText.objects.order_by("-version").first()
    if consent is None:
        raise LookupError("a brand is born with a first text")
    return consent


def list_consents() -> QuerySet[ConsentText]:
    """All texts, the one in force first."""
    return ConsentText.objects.order_by("-version")


def list_applications(*, state: str = "", search: str = "", referrer_id: int | None = None) -> QuerySet[Application]:
    """Newest first; `search` looks in number, name, phone and WeChat id."""
    applications = Application.objects.select_related("wanted_level", "referrer", "consent").defer(
        "id_number", "referrer__id_number", "referrer__bank_card"
    )
    if state:
        applications = applications.filter(state=state)
    if referrer_id:
        applications = applications.filter(referrer_id=referrer_id)
    if search:
        applications = applications.filter(
            Q(number=search.upper())
            | Q(name__icontains=search)
            | Q(phone__contains=search)
            | Q(wechat_id=search.lower())
        )
    return applications.order_by("-id")


def count_open() -> int:
    return Application.objects.filter(state=ApplicationState.APPLIED).count()


def get_next_open(*, after_id: int = 0) -> Application | None:
    """The application that has waited longest, of those after `after_id`: the review queue's next."""
    return Application.objects.filter(state=ApplicationState.APPLIED, id__gt=after_id).order_by("id").first()


def get_application(*, application_id: int) -> Application:
    """Raises ApplicationNotFound."""
    application = (
        Application.objects.select_related("wanted_level", "referrer", "consent", "agent")
        .prefetch_related("proofs")
        .filter(id=application_id)
        .first()
    )
    if application is None:
        raise ApplicationNotFound
    return application


def get_own_application(*, number: str, secret: str) -> Application:
    """The application behind an applicant's own link. Raises ApplicationNotFound for an unknown or a wrong one."""
    application = Application.objects.prefetch_related("proofs").filter(number=number).first()
    expected = application.access_digest if application else ""
    if application is None or not hmac.compare_digest(expected, access_digest(secret)):
        raise ApplicationNotFound
    return application


def access_digest(secret: str) -> str:
    """Return the digest of the secret in an applicant's link: it has 256 random bits, so there is nothing to guess."""
    return sha256(secret.encode()).hexdigest()


def get_waiting_until(*, phone: str, identity_digest: str) -> datetime | None:
    """Until when a person who was refused waits before applying again, by the page's rule."""
    days = get_recruiting_page().wait_days_after_rejection
    same = Q(phone=phone) | (Q(identity_digest=identity_digest) if identity_digest else Q())
    refused = Application.objects.filter(same, state=ApplicationState.REJECTED).order_by("-decided_at").first()
    if refused is None or refused.decided_at is None:
        return None
    return refused.decided_at + timedelta(days=days)


def list_duplicates(*, application: Application) -> list[Duplicate]:
    """Agents and other applications with the same phone, WeChat id or ID number. Two statements."""
    same = _same_person(application)
    agents = list_like(
        phone=application.phone,
        wechat_id=application.wechat_id,
        identity_digest=application.identity_digest,
        limit=MAX_DUPLICATES,
    )
    others = (
        Application.objects.filter(same).exclude(id=application.pk).defer("id_number").order_by("-id")[:MAX_DUPLICATES]
    )
    return [
        *(
            Duplicate("agent", one.pk, one.code, one.name, one.state, _by(application, one), one.joined_at)
            for one in agents
        ),
        *(
            Duplicate("application", one.pk, one.number, one.name, one.state, _by(application, one), one.applied_at)
            for one in others
        ),
    ]


def _same_person(application: Application) -> Q:
    same = Q(phone=application.phone)
    if application.wechat_id:
        same |= Q(wechat_id=application.wechat_id)
    if application.identity_digest:
        same |= Q(identity_digest=application.identity_digest)
    return same


def _by(application: Application, other: Agent | Application) -> tuple[str, ...]:
    fields = {"phone": "phone", "wechat_id": "wechat_id", "identity_digest": "id_number"}
    return tuple(
        word
        for field, word in fields.items()
        if getattr(application, field) and getattr(application, field) == getattr(other, field)
    )


def get_proof(*, application_id: int, proof_id: int) -> ApplicationProof:
    """An image of this application. Raises ApplicationNotFound."""
    proof = ApplicationProof.objects.filter(id=proof_id, application_id=application_id).first()
    if proof is None:
        raise ApplicationNotFound
    return proof
