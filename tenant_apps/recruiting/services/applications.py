"""Applications to become an agent: sent, completed, withdrawn, approved, rejected."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError, Gone, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.numbering import take_number
from kernel.database.rows import write_changes
from kernel.privacy import masking
from kernel.tenancy.actors import current_actor
from kernel.tenancy.origin import current_origin
from tenant_apps.agents.selectors.agents import get_recruiter
from tenant_apps.agents.selectors.lookup import has_agent
from tenant_apps.agents.services import enrolment, levels, logins
from tenant_apps.agents.services.people import read_person
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import proofs
from tenant_apps.recruiting.services.proofs import Upload
from tenant_apps.recruiting.states import ApplicationState, RejectionReason

SERIES: Final = "AP"
MAX_EXPERIENCE_LENGTH: Final = 2_000
MAX_CHANNEL_LENGTH: Final = 60
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
    """An application as it is sent. `consent_version` is the text shown; an ID number needs `sensitive_consent`."""

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
    """Terms of an approval. No level: the wanted one, else the page's. `email` gets the invitation by mail.

    No code: one is made up. No `valid_until`: the term is as long as the level says.
    """

    level_id: int | None = None
    sponsor_id: int | None = REFERRER
    email: str = ""
    note: str = ""
    code: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """The new agent, and the invitation to send by hand; "" where it goes by mail."""

    application: Application
    agent_id: int
    agent_code: str
    agent_name: str
    message: str = field(repr=False)


@transaction.atomic
def submit_application(
    *, new: NewApplication, uploads: Sequence[Upload] = (), now: datetime
) -> tuple[Application, str]:
    """Write down an application; return it with the secret of the applicant's own link, which is kept nowhere.

    Raises RecruitingClosed, InvalidApplication, ConsentOutdated, AgentAlready, ApplicationOpen, TooEarlyAgain,
    UnknownLevel, and what `kernel.files.images` refuses.
    """
    page = reads.get_recruiting_page()
    if not page.is_open:
        raise RecruitingClosed
    consent = reads.get_consent()
    if new.consent_version != consent.version:
        raise ConsentOutdated(field="consent")
    application = _read(new, now=now)
    if page.asks_id_number and not application.id_number:
        raise InvalidApplication(_("This brand asks for the ID number."), field="id_number")
    if page.asks_proof and not uploads:
        raise InvalidApplication(_("This brand asks for proof images."), field="proofs")
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
    record("applied", application, after={"consent": consent.version, "phone": masking.mask_phone(application.phone)})
    return application, secret


@transaction.atomic
def complete_application(*, number: str, secret: str, experience: str, uploads: Sequence[Upload] = ()) -> Application:
    """Let the applicant add proofs and say more, as long as nobody has decided.

    Raises ApplicationNotFound, AlreadyDecided, InvalidApplication, and what `kernel.files.images` refuses.
    """
    reads.get_own_application(number=number, secret=secret)
    application = _lock_open(number=number)
    if len(experience) > MAX_EXPERIENCE_LENGTH:
        raise InvalidApplication(_("This text is too long."), field="experience")
    pictures = proofs.read_all(uploads, already=application.proofs.count())
    write_changes(application, {"experience": experience.strip()})
    proofs.keep(application, pictures)
    record("completed", application, after={"proofs": len(pictures)})
    return application


@transaction.atomic
def withdraw_application(*, number: str, secret: str, now: datetime) -> Application:
    """Take the application back, by the applicant's own link. Raises ApplicationNotFound, AlreadyDecided."""
    reads.get_own_application(number=number, secret=secret)
    application = _lock_open(number=number)
    write_changes(application, {"state": ApplicationState.WITHDRAWN, "decided_at": now})
    record("withdrawn", application)
    return application


@transaction.atomic
def approve_application(
    *, application_id: int, now: datetime, origin: str, decision: Decision | None = None
) -> Approved:
    """Make the applicant an agent: with level, sponsor, login, term and history, all or nothing.

    `origin` is the brand's address, for the link that sets the password. Of two reviewers at once one wins.
    Raises ApplicationNotFound, AlreadyDecided, UnknownLevel, RegionTaken, AgentAlready, UnknownSponsor,
    SponsorNotActive, SponsorMayNotRecruit, PhoneTaken, EmailTaken, QuotaExceeded.
    """
    application = _lock_open(application_id=application_id)
    if has_agent(phone=application.phone):
        raise AgentAlready(field="phone")
    return onboard_applicant(application, decision or Decision(), origin=origin, now=now)


@transaction.atomic
def reject_application(*, application_id: int, reason: str, now: datetime, note: str = "") -> Application:
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
    record("rejected", application, after={"reason": reason})
    return application


def onboard_applicant(application: Application, decision: Decision, *, origin: str, now: datetime) -> Approved:
    """Enrol the applicant by the decision, create the login, and note both on the application. See approve_application.

    An application of the page and one the staff write differ in nothing from here on.
    """
    level_id = decision.level_id or application.wanted_level_id or reads.get_recruiting_page().default_level_id
    if level_id is None:
        raise levels.UnknownLevel(_("Choose a level for the new agent."), field="level_id")
    agent = enrolment.enrol_agent(
        name=application.name,
        phone=application.phone,
        level_id=level_id,
        sponsor_id=_sponsor_id(application, decision, now),
        now=now,
        code=decision.code,
        valid_until=decision.valid_until,
        wechat_id=application.wechat_id,
        region_code=application.region_code,
        region=application.region,
        channel=application.channel,
        id_number=application.id_number,
        sensitive_consent_at=application.sensitive_consent_at,
    )
    message = logins.create_login(agent_id=agent.pk, email=decision.email, origin=origin, now=now)
    _decide(application, ApplicationState.APPROVED, decision.note, now, agent_id=agent.pk)
    record("approved", application, after={"agent_id": agent.pk, "level_id": level_id})
    return Approved(application, agent.pk, agent.code, agent.name, message)


def _sponsor_id(application: Application, decision: Decision, now: datetime) -> int | None:
    """Return the sponsor decided on; by default whoever referred the applicant, while they may still recruit."""
    if decision.sponsor_id != REFERRER:
        return decision.sponsor_id
    if application.referrer is None:
        return None
    referrer = get_recruiter(code=application.referrer.code, as_of=clock.business_date(now))
    return referrer.pk if referrer else None


def _lock_open(*, application_id: int | None = None, number: str = "") -> Application:
    """Lock the application nobody has decided on. Raises ApplicationNotFound, AlreadyDecided."""
    which = {"number": number} if application_id is None else {"id": application_id}
    application = Application.objects.select_for_update(no_key=True).filter(**which).first()
    if application is None:
        raise reads.ApplicationNotFound
    if application.state != ApplicationState.APPLIED:
        raise AlreadyDecided
    return application


def _decide(
    application: Application, state: ApplicationState, note: str, now: datetime, *, agent_id: int | None = None
) -> None:
    application.state = state
    application.agent_id = agent_id
    application.decision_note = note.strip()[:500]
    application.decided_by = current_actor().label[:200]
    application.decided_at = now
    application.save()


def _read(new: NewApplication, *, now: datetime) -> Application:
    """Return the application as it is stored. Raises InvalidApplication naming every field that breaks a rule."""
    person, faults = read_person(
        name=new.name,
        phone=new.phone,
        id_number=new.id_number,
        wechat_id=new.wechat_id,
        region_code=new.region_code,
    )
    application = Application(**asdict(person), channel=new.channel.strip(), experience=new.experience.strip())
    if len(application.channel) > MAX_CHANNEL_LENGTH:
        faults["channel"] = _("This text is too long.")
    if len(application.experience) > MAX_EXPERIENCE_LENGTH:
        faults["experience"] = _("This text is too long.")
    if new.id_number and not new.sensitive_consent:
        faults["sensitive_consent"] = _("An ID number is sensitive and needs a consent of its own.")
    if new.referral_code:
        application.referrer = get_recruiter(code=new.referral_code, as_of=clock.business_date(now))
        if application.referrer is None:
            faults["referral_code"] = _("No recruiting agent has this code.")
    if faults:
        raise InvalidApplication(errors=[FieldError(name, "invalid", detail) for name, detail in faults.items()])
    if new.wanted_level_id:
        levels.ensure_level_exists(new.wanted_level_id)
    application.wanted_level_id = new.wanted_level_id
    application.sensitive_consent_at = now if application.id_number else None
    return application


def _ensure_may_apply(application: Application, *, now: datetime) -> None:
    """Raises AgentAlready, ApplicationOpen, TooEarlyAgain."""
    if has_agent(phone=application.phone):
        raise AgentAlready(field="phone")
    if Application.objects.filter(phone=application.phone, state=ApplicationState.APPLIED).exists():
        raise ApplicationOpen(field="phone")
    until = reads.get_waiting_until(phone=application.phone, identity_digest=application.identity_digest)
    if until is not None and until > now:
        day = clock.business_date(until)
        raise TooEarlyAgain(_("You can apply again from %(day)s on.") % {"day": day.isoformat()}, until=day.isoformat())


def record(act: str, application: Application, after: dict[str, object] | None = None) -> None:
    """Write the audit entry of an application."""
    audit.record(action=f"recruiting.{act}", subject=f"application:{application.pk}", after=after)
