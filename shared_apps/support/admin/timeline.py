"""Each thing that happened to a brand, in the words of the page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from console.history import who_did
from console.money import format_money
from console.panels import written
from console.timeline import Entry
from kernel.core.audit_words import name_of_act
from shared_apps.billing.selectors import catalogue
from shared_apps.support.admin.fact_words import Words
from shared_apps.support.admin.pages import page_of
from shared_apps.support.selectors.timeline import Happening
from shared_apps.support.states import AuthorKind, GrantKind

_WHY_CANCELLED: Final = "billing.cancel_reason"


def entry_of(happening: Happening, words: Words) -> Entry:
    """The line for it."""
    said_by_words = {"audit": _audit, "reminder": _reminder, "period": _period}
    if happening.kind in said_by_words:
        return said_by_words[happening.kind](happening.row, happening.at, words)
    return _WRITERS[happening.kind](happening.row, happening.at)


def _audit(row: Any, at: datetime, words: Words) -> Entry:
    before = dict(row.before or {})
    after = dict(row.after or {})
    reason = str(after.pop("reason", ""))
    return Entry(
        at,
        "history",
        name_of_act(row.action),
        who_did(row),
        catalogue.reasons_for_leaving().get(reason, reason) if row.action == _WHY_CANCELLED else reason,
        page_of("kernel_auditrecord", row.pk),
        words.changes(row.action, before, after),
    )


def _change(row: Any, at: datetime) -> Entry:
    moved = f"MRR {written(row.mrr_before)} → {written(row.mrr_after)}" if row.mrr_before != row.mrr_after else ""
    return Entry(at, "card_membership", row.get_kind_display(), str(row.plan_version), moved)


def _invoice(row: Any, at: datetime) -> Entry:
    detail = f"{format_money(row.total, row.currency)} · {row.get_status_display()}"
    link = page_of("billing_stripeinvoice", row.pk)
    return Entry(at, "receipt_long", format_html("{} {}", _("Invoice"), row), "", detail, link)


def _payment(row: Any, at: datetime) -> Entry:
    detail = f"{format_money(row.amount, row.currency)} · {row.get_state_display()}"
    link = page_of("billing_offlinepayment", row.pk)
    return Entry(at, "account_balance", _("Bank transfer recorded"), row.recorded_by, detail, link)


def _period(row: Any, at: datetime, words: Words) -> Entry:
    detail = f"{row.plan_version} · {words.moment(row.starts_at)} – {words.moment(row.ends_at)} {row.reason}"
    return Entry(
        at, "event_available", row.get_kind_display(), row.given_by, detail, page_of("billing_planperiod", row.pk)
    )


def _reminder(row: Any, at: datetime, words: Words) -> Entry:
    return Entry(at, "mail", _("Reminder sent"), "", words.reminder(row.about))


def _message(row: Any, at: datetime) -> Entry:
    side = _("Internal note") if row.is_internal else AuthorKind(row.author_kind).label
    title = format_html("{} {} · {}", _("Ticket"), row.ticket.number, side)
    return Entry(
        at, "contact_support", title, row.author, row.body[:200], reverse("support:ticket", args=[row.ticket.number])
    )


def _note(row: Any, at: datetime) -> Entry:
    return Entry(at, "sticky_note_2", _("Note"), row.author, row.text)


def _follow_up(row: Any, at: datetime) -> Entry:
    detail = format_html("{} · {} {}", row.text, written(row.due_on), row.outcome)
    return Entry(at, "task_alt", _("Follow-up"), row.staff_name, detail, page_of("support_followup", row.pk))


def _session(row: Any, at: datetime) -> Entry:
    title = GrantKind(row.kind).label
    link = reverse("support:session", args=[row.pk])
    return Entry(at, "visibility", title, row.requested_by, row.reason, link)


_WRITERS: Final[dict[str, Callable[[Any, datetime], Entry]]] = {
    "change": _change,
    "followup": _follow_up,
    "invoice": _invoice,
    "message": _message,
    "note": _note,
    "payment": _payment,
    "session": _session,
}
