"""Everything that happened to a brand, from all places where it is noted, newest first, page by page.

Each source is asked for the next few rows before the mark; the pages are merged here. The number of statements is that
of the sources, however long the history is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.billing.selectors import history
from shared_apps.support.models import AccessGrant, BrandNote, FollowUp, TicketMessage

PAGE_SIZE: Final = 30


@dataclass(frozen=True)
class Happening:
    """One thing that happened. `kind` says where it is noted and `row` is what is noted there."""

    at: datetime
    kind: str
    row: Any = field(compare=False)

    @property
    def mark(self) -> str:
        """Cursor of the page after this entry."""
        return f"{self.at.isoformat()}~{self.kind}~{self.row.pk}"


@dataclass(frozen=True)
class TimelinePage:
    """A page, and the mark of the next one (empty at the end)."""

    happenings: list[Happening]
    next_mark: str


@dataclass(frozen=True)
class _Source:
    kind: str
    moment: str
    rows: Callable[[int], QuerySet[Any]]


# What has a row of its own in another source is told by that row.
_TOLD_ELSEWHERE: Final = (
    "billing.time_given",
    "billing.transfer_recorded",
    "support.access_granted",
    "support.emergency_requested",
    "support.follow_up_added",
    "support.note_added",
    "support.ticket_answered",
    "support.ticket_asked",
    "support.ticket_noted",
    "support.ticket_opened",
)


def _audit(brand_id: int) -> QuerySet[AuditRecord]:
    return AuditRecord.objects.filter(subject=f"brand:{brand_id}").exclude(action__in=_TOLD_ELSEWHERE)


def _messages(brand_id: int) -> QuerySet[TicketMessage]:
    return TicketMessage.objects.filter(ticket__brand_id=brand_id).select_related("ticket")


_SOURCES: Final = (
    _Source("audit", "occurred_at", _audit),
    _Source("change", "occurred_at", history.list_changes),
    _Source("followup", "created_at", lambda brand_id: FollowUp.objects.filter(brand_id=brand_id)),
    _Source("invoice", "issued_at", history.list_invoices),
    _Source("message", "created_at", _messages),
    _Source("note", "created_at", lambda brand_id: BrandNote.objects.filter(brand_id=brand_id)),
    _Source("payment", "recorded_at", history.list_transfers),
    _Source("reminder", "sent_at", history.list_reminders),
    _Source("period", "created_at", history.list_plan_periods),
    _Source("session", "created_at", lambda brand_id: AccessGrant.objects.filter(brand_id=brand_id)),
)


def get_timeline(*, brand_id: int, mark: str = "", size: int = PAGE_SIZE) -> TimelinePage:
    """The page after `mark`; an unreadable mark is the first page."""
    after = _read(mark)
    with public_schema():
        found = [one for source in _SOURCES for one in _next_of(source, brand_id, after, size + 1)]
    found.sort(key=lambda one: (one.at, one.kind, one.row.pk), reverse=True)
    page = found[:size]
    return TimelinePage(page, page[-1].mark if len(found) > size else "")


def _next_of(source: _Source, brand_id: int, after: tuple[datetime, str, int] | None, size: int) -> Iterator[Happening]:
    rows = source.rows(brand_id).order_by(f"-{source.moment}", "-pk")
    if after is not None:
        rows = rows.filter(_before(source, *after))
    for row in rows[:size]:
        yield Happening(at=getattr(row, source.moment), kind=source.kind, row=row)


def _before(source: _Source, at: datetime, kind: str, pk: int) -> Q:
    """Keep what comes after the mark in the order (moment, kind, id), all falling."""
    earlier = Q(**{f"{source.moment}__lt": at})
    same = Q(**{source.moment: at})
    if source.kind == kind:
        return earlier | (same & Q(pk__lt=pk))
    return earlier | same if source.kind < kind else earlier


def _read(mark: str) -> tuple[datetime, str, int] | None:
    moment, _tilde, rest = mark.partition("~")
    kind, _tilde, pk = rest.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        number = int(pk)
    except ValueError:
        return None
    is_whole = at.tzinfo is not None and 0 < number < 2**63
    return (at, kind, number) if is_whole else None
