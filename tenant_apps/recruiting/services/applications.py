"""Applying to become an agent, completing and withdrawing it, and the staff's decision."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError, Gone, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.numbering import take_number
from kernel.privacy import masking
from kernel.tenancy.actors import current_actor
from kernel.tenancy.origin import current_origin
from tenant_apps.agents import rules
from tenant_apps.agents.models import Agent
from tenant_apps.agents.rules import people
from tenant_apps.agents.services import levels, logins
from tenant_apps.agents.services.writing import save_changes
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import onboarding, proofs
from tenant_apps.recruiting.services.proofs import Upload
from tenant_apps.recruiting.states import ApplicationState, RejectionReason

SERIES: Final = "AP"
MAX_EXPERIENCE_LENGTH: Final = 2_000
REFERRER: Final = 0  # in the place of a sponsor's id: whoever referred the applicant


class RecruitingClosed(Gone):
    code = "recruiting_closed"
    title = _("This brand takes no applications now")


class InvalidApplication(Invalid):
    code = "invalid_application"
    title = _("The application breaks a rule")


class ConsentOutdated(Conflict):
    code = "consent_outdated"
    title = _("The text to agree to has changed: please read it again")


class AgentAlready(Conflict):
    code = "agent_already"
    title = _("There is an agent with this phone number already")


class ApplicationOpen(Conflict):
    code = "application_open"
    title = _("An application with this phone number is being reviewed already")


class TooEarlyAgain(Conflict):
    code = "too_early_again"
    title = _("After a rejection one may apply again only after a while")


class AlreadyDecided(Conflict):
    code = "already_decided"
    title = _("Somebody has decided on this application already")


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What somebody sends. `consent_version` is the text that was shown; an ID number needs `sensitive_consent`."""

    name: str
    phone: str
    consent_version: int
    wechat_id: str = ""
    id_number: str = ""
    sensitive_consent: bool = False
    region_code: str = ""
    channel: str = ""
    experience: str = ""
    wanted_level_id: int | None = None
    referral_code: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """How an application is approved. No level: the wanted one, else the page's. `email` gets the link by mail."""

    level_id: int | None = None
    sponsor_id: int | None = REFERRER
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """The new agent, and what to send to them: a text with the link that sets the password, "" when mail was sent."""

    application: Application
    agent: Agent
    message: str = field(repr=False)


@transaction.atomic
def apply(*, wish: NewApplication, uploads: Sequence[Upload] = (), now: datetime) -> tuple[Application, str]:
    """Write down an application; returns it with the secret of the applicant's own link, which is kept nowhere.

    Raises RecruitingClosed, InvalidApplication, ConsentOutdated, AgentAlready, ApplicationOpen, TooEarlyAgain,
    UnknownLevel, and what `kernel.files.images` refuses.
    """
    page = reads.get_recruiting_page()
    if not page.is_open:
        raise RecruitingClosed
    consent = reads.get_consent()
    if wish.consent_version != consent.version:
        raise ConsentOutdated(field="consent")
    application = _read(wish, now=now)
    _ensure_complete(application, asks_id_number=page.asks_id_number, asks_proof=page.asks_proof, proofs=len(uploads))
    _ensure_may_apply(application, now=now)
    pictures = proofs.read_all(uploads)
    secret = secrets.token_urlsafe(32)
    application.consent = consent
    application.consented_at = now
    application.applied_at = now
    application.access_digest = reads.access_digest(secret)
    application.ip_address = current_origin().ip_address
    application.number = take_number(kind=SERIES, day=clock.business_date(now))
    with refine_integrity_error({"recruiting_application_one_open_per_phone": lambda: ApplicationOpen(field="phone")}):
        application.save(force_insert=True)
    proofs.keep(application, pictures)
    _record("applied", application, after={"consent": consent.version, "phone": masking.mask_phone(application.phone)})
    return application, secret


@transaction.atomic
def complete(*, number: str, secret: str, experience: str, uploads: Sequence[Upload] = ()) -> Application:
    """Let the applicant add proofs and say more, as long as nobody has decided.

    Raises ApplicationNotFound, AlreadyDecided, InvalidApplication, and what `kernel.files.images` refuses.
    """
    reads.get_own_application(number=number, secret=secret)
    application = _lock_open(number=number)
    if len(experience) > MAX_EXPERIENCE_LENGTH:
        raise InvalidApplication(_("This text is too long."), field="experience")
    pictures = proofs.read_all(uploads, already=application.proofs.count())
    save_changes(application, {"experience": experience.strip()})
    proofs.keep(application, pictures)
    _record("completed", application, after={"proofs": len(pictures)})
    return application


@transaction.atomic
def withdraw(*, number: str, secret: str, now: datetime) -> Application:
    """Take the application back, by the applicant's own link. Raises ApplicationNotFound, AlreadyDecided."""
    reads.get_own_application(number=number, secret=secret)
    application = _lock_open(number=number)
    save_changes(application, {"state": ApplicationState.WITHDRAWN, "decided_at": now})
    _record("withdrawn", application)
    return application


@transaction.atomic
def approve(*, application_id: int, now: datetime, origin: str, decision: Decision | None = None) -> Approved:
    """Make the applicant an agent: with level, sponsor, login, term and history, all or nothing.

    `origin` is the brand's address, for the link that sets the password. Of two reviewers at once one wins.
    Raises ApplicationNotFound, AlreadyDecided, UnknownLevel, RegionTaken, AgentAlready, UnknownSponsor,
    SponsorNotActive, PhoneTaken, EmailTaken, QuotaExceeded.
    """
    decision = decision or Decision()
    application = _lock_open(application_id=application_id)
    if reads.is_agent_already(phone=application.phone):
        raise AgentAlready(field="phone")
    level_id = decision.level_id or application.wanted_level_id or reads.get_recruiting_page().default_level_id
    if level_id is None:
        raise levels.UnknownLevel(_("Choose a level for the new agent."), field="level_id")
    agent = onboarding.onboard_applicant(
        application, level_id=level_id, sponsor_id=_sponsor_id(application, decision, now), now=now
    )
    agent, message = logins.create_login(agent, email=decision.email, origin=origin, now=now)
    _decide(application, ApplicationState.APPROVED, decision.note, now, agent=agent)
    _record("application_approved", application, after={"agent_id": agent.pk, "level_id": level_id})
    return Approved(application, agent, message)


@transaction.atomic
def reject(*, application_id: int, reason: str, now: datetime, note: str = "") -> Application:
    """Refuse an application for a standard reason; `other` needs a note, which the applicant sees.

    Raises ApplicationNotFound, AlreadyDecided, InvalidApplication.
    """
    if reason not in RejectionReason.values:
        raise InvalidApplication(_("Choose one of the standard reasons."), field="reason")
    if reason == RejectionReason.OTHER and not note.strip():
        raise InvalidApplication(_("Say what the other reason is."), field="note")
    application = _lock_open(application_id=application_id)
    application.rejection = reason
    _decide(application, ApplicationState.REJECTED, note, now)
    _record("application_rejected", application, after={"reason": reason})
    return application


def _sponsor_id(application: Application, decision: Decision, now: datetime) -> int | None:
    """Whoever referred the applicant becomes the sponsor while they may still recruit."""
    if decision.sponsor_id != REFERRER:
        return decision.sponsor_id
    if application.referrer is None:
        return None
    today = clock.business_date(now)
    referrer = reads.get_referrer(code=application.referrer.code, as_of=today)
    return referrer.pk if referrer else None


def _lock_open(*, application_id: int | None = None, number: str = "") -> Application:
    """The application nobody has decided on, locked until we have. Raises ApplicationNotFound, AlreadyDecided."""
    which = {"number": number} if application_id is None else {"id": application_id}
    application = Application.objects.select_for_update(no_key=True).filter(**which).first()
    if application is None:
        raise reads.ApplicationNotFound
    if application.state != ApplicationState.APPLIED:
        raise AlreadyDecided
    return application


def _decide(
    application: Application, state: ApplicationState, note: str, now: datetime, *, agent: Agent | None = None
) -> None:
    decision = {"state": state, "decided_by": current_actor().label[:200], "decided_at": now, "agent": agent}
    save_changes(application, {**decision, "decision_note": note.strip()[:500], "rejection": application.rejection})


def _read(wish: NewApplication, *, now: datetime) -> Application:
    """The application as it is stored. Raises InvalidApplication naming every field that breaks a rule."""
    prepared, broken = rules.prepare_fields({"name": wish.name, "phone": wish.phone, "id_number": wish.id_number})
    application = Application(
        name=prepared["name"].strip()[:100], phone=prepared["phone"], id_number=prepared["id_number"]
    )
    for name, read in (("wechat_id", _read_wechat), ("region_code", _read_region), ("channel", _read_texts)):
        try:
            read(application, wish)
        except ValueError:
            broken[name] = _WRONG[name]
    if wish.id_number and not wish.sensitive_consent:
        broken["sensitive_consent"] = _("An ID number is sensitive and needs a consent of its own.")
    if wish.referral_code:
        application.referrer = reads.get_referrer(code=wish.referral_code, as_of=clock.business_date(now))
        if application.referrer is None:
            broken["referral_code"] = _("Nobody recruits with this code.")
    if broken:
        raise InvalidApplication(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    if wish.wanted_level_id:
        levels.ensure_level_exists(wish.wanted_level_id)
    application.wanted_level_id = wish.wanted_level_id
    application.identity_digest = people.identity_digest(application.id_number)
    application.sensitive_consent_at = now if application.id_number else None
    return application


_WRONG = {
    "wechat_id": _("A WeChat id has 5 to 40 letters, digits, hyphens or underscores."),
    "region_code": _("There is no such region."),
    "channel": _("This text is too long."),
}


def _read_wechat(application: Application, wish: NewApplication) -> None:
    application.wechat_id = people.normalise_wechat(wish.wechat_id)


def _read_region(application: Application, wish: NewApplication) -> None:
    application.region_code, application.region = people.region_of(wish.region_code)


def _read_texts(application: Application, wish: NewApplication) -> None:
    application.channel = wish.channel.strip()
    application.experience = wish.experience.strip()
    if len(application.channel) > 60 or len(application.experience) > MAX_EXPERIENCE_LENGTH:
        raise ValueError("too long")


def _ensure_complete(application: Application, *, asks_id_number: bool, asks_proof: bool, proofs: int) -> None:
    if asks_id_number and not application.id_number:
        raise InvalidApplication(_("This brand asks for the ID number."), field="id_number")
    if asks_proof and not proofs:
        raise InvalidApplication(_("This brand asks for proof images."), field="proofs")


def _ensure_may_apply(application: Application, *, now: datetime) -> None:
    """Raises AgentAlready, ApplicationOpen, TooEarlyAgain."""
    if reads.is_agent_already(phone=application.phone):
        raise AgentAlready(field="phone")
    if Application.objects.filter(phone=application.phone, state=ApplicationState.APPLIED).exists():
        raise ApplicationOpen(field="phone")
    until = reads.get_waiting_until(phone=application.phone, identity_digest=application.identity_digest)
    if until is not None and until > now:
        day = clock.business_date(until)
        raise TooEarlyAgain(_("You can apply again from %(day)s on.") % {"day": day.isoformat()}, until=day.isoformat())


def _record(what: str, application: Application, after: dict[str, object] | None = None) -> None:
    audit.record(action=f"agents.{what}", subject=f"application:{application.pk}", after=after)
