"""The panels of the brand's page that are about people: staff, adviser, notes, tickets, support sessions."""

from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.display import Tone
from console.panels import Fact, Panel, Row, facts, written
from kernel.core import clock
from shared_apps.accounts import selectors as people
from shared_apps.support.admin.pages import first, list_of, page_of
from shared_apps.support.selectors import care
from shared_apps.support.states import GrantKind, TicketState
from shared_apps.tenants.selectors import BrandRecord

_TICKET_TONES: Final[dict[str, Tone]] = {TicketState.OPEN: "warning", TicketState.ANSWERED: "success"}


def staff(brand: BrandRecord, figures: Any) -> Panel:
    """Show the brand's people, as the brand pushed them last; contacts are masked by the brand."""
    rows = []
    for person in figures.staff if figures is not None else []:
        last = parse_datetime(person["last_login"]) if person.get("last_login") else None
        rows.append(
            Row(
                title=person["name"],
                note=f"{person['contact']} · {people.role_name(person['role'])}",
                side=written(last) if last else _("never signed in"),
                label=_("Two-step") if person.get("two_step") else "",
                tone="success",
            )
        )
    return Panel(
        key="staff",
        title=_("Sign-ins of the brand's people"),
        icon="badge",
        acting=("resend_confirmation", "reset_login"),
        rows=rows,
        empty=_("The brand has not reported yet; it does so every hour."),
    )


def adviser(brand: BrandRecord) -> Panel:
    """The personal adviser and what is promised."""
    assigned = care.get_adviser(brand_id=brand.pk)
    today = clock.business_date(clock.now())
    rows = [
        Row(
            title=promise.text,
            note=promise.staff_name,
            side=written(promise.due_on),
            label=_("Overdue") if promise.due_on < today else "",
            tone="danger",
            link=page_of("support_followup", promise.pk),
        )
        for promise in first(care.list_open_follow_ups(brand_id=brand.pk))
    ]
    shown = [] if assigned is None else facts([(_("Adviser"), assigned.staff_name), (_("since"), assigned.assigned_at)])
    return Panel(
        key="adviser",
        title=_("Adviser and follow-ups"),
        icon="support_agent",
        acting=("assign_adviser", "remove_adviser", "follow_up"),
        facts=shown or [Fact(_("Adviser"), _("nobody"))],
        rows=rows,
        empty=_("No follow-ups are planned."),
        more=list_of("support_followup", brand),
    )


def notes(brand: BrandRecord) -> Panel:
    """Show staff's notes for one another."""
    rows = [
        Row(title=note.text, note=f"{note.author} · {written(note.created_at)}")
        for note in first(care.list_notes_of(brand_id=brand.pk))
    ]
    return Panel(
        key="notes",
        title=_("Notes"),
        icon="sticky_note_2",
        acting=("write_note",),
        rows=rows,
        empty=_("No notes."),
        more=list_of("support_brandnote", brand),
    )


def tickets(brand: BrandRecord) -> Panel:
    """Show the brand's tickets."""
    rows = [
        Row(
            title=ticket.subject,
            note=f"{ticket.number} · {ticket.opened_by}",
            side=written(ticket.updated_at),
            label=ticket.get_state_display(),
            tone=_TICKET_TONES.get(ticket.state, ""),
            link=reverse("support:ticket", args=[ticket.number]),
        )
        for ticket in first(care.list_tickets_of(brand_id=brand.pk))
    ]
    return Panel(
        key="tickets",
        title=_("Tickets"),
        icon="contact_support",
        rows=rows,
        empty=_("No tickets."),
        more=list_of("support_ticket", brand),
    )


def support_sessions(brand: BrandRecord, now: datetime) -> Panel:
    """Show present and past support sessions."""
    rows = []
    for grant in first(care.list_grants_of(brand_id=brand.pk)):
        runs = grant.revoked_at is None and grant.starts_at is not None and grant.starts_at <= now < grant.ends_at
        waits = grant.starts_at is None and grant.revoked_at is None
        rows.append(
            Row(
                title=grant.reason,
                note=f"{GrantKind(grant.kind).label} · {grant.requested_by}",
                side=written(grant.ends_at) if grant.ends_at else "",
                label=pgettext_lazy("access", "Open") if runs else _("Waits for approval") if waits else _("Over"),
                tone="success" if runs else "warning" if waits else "",
                link=reverse("support:session", args=[grant.pk]),
            )
        )
    return Panel(
        key="support_sessions",
        title=_("Support sessions"),
        icon="visibility",
        acting=("visit", "visit_in_emergency", "ask_emergency"),
        rows=rows,
        empty=_("No access was granted."),
        more=list_of("support_accessgrant", brand),
    )
