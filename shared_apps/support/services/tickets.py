"""Questions of brands: asked from the console or the API, answered by staff, with letters to both sides.

The letters go through the platform's outbox, in the transaction of what they tell: a mail server that is down delays
them and loses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock, numbering, throttling
from kernel.core.errors import Invalid, NotFound
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from kernel.tenancy.actors import Actor, current_actor
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.support import rules
from shared_apps.support.events import TicketMoved
from shared_apps.support.models import AdviserAssignment, Ticket, TicketMessage
from shared_apps.support.services import staff
from shared_apps.support.services.ticket_files import ensure_acceptable_files, keep_files
from shared_apps.support.states import TICKET_TRANSITIONS, AuthorKind, TicketState

MAX_SUBJECT_LENGTH: Final = 200
MAX_BODY_LENGTH: Final = 10_000
MESSAGES_AN_HOUR: Final = 60
ASK = "support.ask"
ANSWER = "support.answer"


class TicketNotFound(NotFound):
    code = "ticket_not_found"
    title = _("There is no such ticket")


@dataclass(frozen=True)
class NewQuestion:
    """A question, the page it was asked from, and the request it is about."""

    subject: str
    body: str
    page: str = ""
    request_id: str = ""
    files: "Sequence[File[Any]]" = ()


# --- the brand -------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_ticket(*, brand_id: int, question: NewQuestion, now: datetime) -> Ticket:
    """Ask support as the acting person or key of the current brand.

    Staff is told, and the asker gets a receipt. Raises NotAllowed, Invalid (subject, body), FileRefused,
    TooManyRequests.
    """
    actor = staff.ensure_may(ASK)
    subject = _clean("subject", rules.clean_line(question.subject), MAX_SUBJECT_LENGTH)
    body = _clean("body", rules.clean_text(question.body), MAX_BODY_LENGTH)
    checked = ensure_acceptable_files(question.files)
    _slow_down(brand_id)
    person = accounts.get_user(user_id=actor.id) if actor.kind == "user" and actor.id else None
    with public_schema():
        ticket = Ticket.objects.create(
            brand_id=brand_id,
            number=numbering.take_number(kind="TK", day=clock.business_date(now)),
            subject=subject,
            opened_by_id=actor.id or 0,
            opened_by=actor.label[:200],
            contact_email=(person.email if person else None) or "",
            language=person.language if person else "zh-hans",
            page=rules.page_asked_from(question.page),
            request_id=rules.clean_request_id(question.request_id),
            opened_at=now,
            updated_at=now,
        )
        message = _say(ticket, AuthorKind.BRAND, actor, body, now)
        keep_files(message=message, checked=checked)
        _tell_staff(ticket, message, "opened")
        _tell_brand(ticket, message, "opened")
        _note("support.ticket_opened", ticket)
    audit.record(action="support.ticket_opened", subject=f"ticket:{ticket.number}", after={"subject": subject})
    return ticket


@transaction.atomic
def ask_again(
    *, brand_id: int, number: str, body: str, files: "Sequence[File[Any]]" = (), now: datetime
) -> TicketMessage:
    """Add something to a ticket of the brand; it waits for support again, also when it was closed.

    Raises NotAllowed, TicketNotFound, Invalid (body), FileRefused, TooManyRequests.
    """
    actor = staff.ensure_may(ASK)
    cleaned = _clean("body", rules.clean_text(body), MAX_BODY_LENGTH)
    checked = ensure_acceptable_files(files)
    _slow_down(brand_id)
    with public_schema():
        ticket = _lock(number=number, brand_id=brand_id)
        message = _say(ticket, AuthorKind.BRAND, actor, cleaned, now)
        keep_files(message=message, checked=checked)
        _move(ticket, TicketState.OPEN, now)
        _tell_staff(ticket, message, "asked")
        _note("support.ticket_asked", ticket)
    return message


# --- the staff -------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer_ticket(
    *, number: str, body: str, files: "Sequence[File[Any]]" = (), is_internal: bool = False, now: datetime
) -> TicketMessage:
    """Answer a brand, or (`is_internal`) tell one another something the brand never sees.

    Whoever answers first is assigned. Raises NotAllowed, TicketNotFound, Invalid (body), FileRefused.
    """
    staff_id, name = staff.ensure_person(ANSWER)
    cleaned = _clean("body", rules.clean_text(body), MAX_BODY_LENGTH)
    checked = ensure_acceptable_files(files)
    with public_schema():
        ticket = _lock(number=number)
        message = _say(ticket, AuthorKind.STAFF, current_actor(), cleaned, now, is_internal=is_internal)
        keep_files(message=message, checked=checked)
        if not is_internal:
            if ticket.assigned_to_id is None:
                _assign(ticket, staff_id, name)
            _move(ticket, TicketState.ANSWERED, now)
            _tell_brand(ticket, message, "answered")
        _note("support.ticket_noted" if is_internal else "support.ticket_answered", ticket)
    return message


@transaction.atomic
def assign_ticket(*, number: str, staff_id: int | None) -> Ticket:
    """Make somebody who may answer responsible, or (None) nobody. Raises NotAllowed, TicketNotFound, StaffNotFound."""
    staff.ensure_may(ANSWER)
    with public_schema():
        ticket = _lock(number=number)
        _assign(ticket, staff_id, staff.name_of(staff_id, permission=ANSWER) if staff_id else "")
        _note("support.ticket_assigned", ticket)
    return ticket


# --- both ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def close_ticket(*, number: str, brand_id: int | None = None, now: datetime) -> Ticket:
    """Close it; the other side is told. `brand_id` is given when the brand does it. Again is harmless.

    Raises NotAllowed, TicketNotFound, TooManyRequests for a brand.
    """
    staff.ensure_may(ANSWER if brand_id is None else ASK)
    with public_schema():
        ticket = _lock(number=number, brand_id=brand_id)
        if ticket.state != TicketState.CLOSED:
            _slow_down_brand(brand_id)
            _move(ticket, TicketState.CLOSED, now)
            (_tell_brand if brand_id is None else _tell_staff)(ticket, None, "closed")
            _note("support.ticket_closed", ticket)
    return ticket


@transaction.atomic
def reopen_ticket(*, number: str, brand_id: int | None = None, now: datetime) -> Ticket:
    """Open a closed one again; the other side is told. One that is open stays.

    Raises NotAllowed, TicketNotFound, TooManyRequests for a brand.
    """
    staff.ensure_may(ANSWER if brand_id is None else ASK)
    with public_schema():
        ticket = _lock(number=number, brand_id=brand_id)
        if ticket.state == TicketState.CLOSED:
            _slow_down_brand(brand_id)
            _move(ticket, TicketState.OPEN, now)
            (_tell_brand if brand_id is None else _tell_staff)(ticket, None, "reopened")
            _note("support.ticket_reopened", ticket)
    return ticket


# --- parts (in public) -----------------------------------------------------------------------------------------------


def _clean(field: str, text: str, most: int) -> str:
    if not 1 <= len(text) <= most:
        raise Invalid(gettext("Say it in 1 to %(most)s characters.") % {"most": most}, field=field)
    return text


def _slow_down(brand_id: int) -> None:
    throttling.ensure_below_limit("support-ticket", str(brand_id), limit=MESSAGES_AN_HOUR, window_seconds=3_600)


def _slow_down_brand(brand_id: int | None) -> None:
    """Closing and opening write letters like a message does, and count like one; our own people are not counted."""
    if brand_id is not None:
        _slow_down(brand_id)


def _lock(*, number: str, brand_id: int | None = None) -> Ticket:
    found = Ticket.objects.select_for_update(no_key=True).filter(number=number)
    ticket = (found if brand_id is None else found.filter(brand_id=brand_id)).first()
    if ticket is None:
        raise TicketNotFound
    return ticket


def _say(
    ticket: Ticket, kind: AuthorKind, actor: Actor, body: str, now: datetime, *, is_internal: bool = False
) -> TicketMessage:
    return TicketMessage.objects.create(
        ticket=ticket,
        author_kind=kind,
        author_id=actor.id or 0,
        author=actor.label[:200],
        body=body,
        is_internal=is_internal,
        created_at=now,
    )


def _move(ticket: Ticket, wanted: TicketState, now: datetime) -> None:
    if ticket.state != wanted:
        ensure_allowed(TICKET_TRANSITIONS, now=TicketState(ticket.state), wanted=wanted)
    former = ticket.state
    ticket.state = wanted
    ticket.updated_at = now
    ticket.closed_at = now if wanted == TicketState.CLOSED else None
    compare_and_set(
        Ticket.objects.filter(pk=ticket.pk),
        expected=former,
        wanted=wanted,
        updated_at=now,
        closed_at=ticket.closed_at,
    )


def _assign(ticket: Ticket, staff_id: int | None, name: str) -> None:
    ticket.assigned_to_id = staff_id
    ticket.assigned_to = name[:200]
    ticket.save(update_fields=["assigned_to_id", "assigned_to"])


def _tell_brand(ticket: Ticket, message: TicketMessage | None, what: str) -> None:
    if ticket.contact_email:
        outbox.publish(TicketMoved(ticket.pk, message.pk if message else 0, what, 0))


def _tell_staff(ticket: Ticket, message: TicketMessage | None, what: str) -> None:
    """Whoever is responsible: the assigned person, else the brand's adviser, else everybody who answers."""
    adviser = AdviserAssignment.objects.filter(brand_id=ticket.brand_id).values_list("staff_id", flat=True).first()
    everybody = accounts.list_staff_who_may(ANSWER).filter(email__isnull=False).values_list("pk", flat=True)
    told = [staff_id for staff_id in (ticket.assigned_to_id, adviser) if staff_id in set(everybody)][:1]
    for staff_id in told or everybody:
        outbox.publish(TicketMoved(ticket.pk, message.pk if message else 0, what, staff_id))


def _note(action: str, ticket: Ticket) -> None:
    audit.record(action=action, subject=f"brand:{ticket.brand_id}", after={"ticket": ticket.number})
