"""Announcing something in the consoles of all brands or of a selection."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import FieldError, Invalid, NotFound
from kernel.tenancy.context import public_schema
from shared_apps.billing.selectors import catalogue
from shared_apps.support import rules
from shared_apps.support.models import Announcement
from shared_apps.support.selectors.announcements import forget_banners
from shared_apps.support.services import staff
from shared_apps.support.states import Audience, Severity
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState

MAX_TITLE_LENGTH: Final = 300
MAX_CHOSEN: Final = 500
_PERMISSION: Final = "support.announce"
_BLINK: Final = timedelta(seconds=1)


class AnnouncementNotFound(NotFound):
    code = "announcement_not_found"
    title = _("There is no such announcement")


class AnnouncementRefused(Invalid):
    code = "announcement_refused"
    title = _("Correct the fields below")


@dataclass(frozen=True)
class NewAnnouncement:
    """Text in both languages, audience, and half-open period.

    `selection` holds words of states, codes of plans or ids of brands, as `audience` says; nothing for all.
    """

    title_zh: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    link: str = ""
    severity: str = Severity.INFO
    audience: str = Audience.ALL
    selection: Sequence[str | int] = ()


@transaction.atomic
def create_announcement(*, spec: NewAnnouncement, now: datetime) -> Announcement:
    """Announce it; brands see it within 30 seconds of its start. Raises NotAllowed, AnnouncementRefused."""
    actor = staff.ensure_may(_PERMISSION)
    row = _filled(Announcement(created_by=actor.label[:200], created_at=now), spec, now)
    with public_schema():
        row.save(force_insert=True)
        _note("support.announced", row)
    return row


@transaction.atomic
def change_announcement(*, announcement_id: int, spec: NewAnnouncement, now: datetime) -> Announcement:
    """Say it differently, to others, or at another time.

    Raises NotAllowed, AnnouncementNotFound, AnnouncementRefused.
    """
    staff.ensure_may(_PERMISSION)
    with public_schema():
        row = _filled(_lock(announcement_id), spec, now)
        row.save()
        _note("support.announcement_changed", row)
    return row


@transaction.atomic
def end_announcement(*, announcement_id: int, now: datetime) -> Announcement:
    """Take it down now; one that has not begun never shows. Raises NotAllowed, AnnouncementNotFound."""
    staff.ensure_may(_PERMISSION)
    with public_schema():
        row = _lock(announcement_id)
        if row.ends_at > now:
            # It runs from a moment to a later one, also when it is taken down before it began.
            row.starts_at, row.ends_at = (row.starts_at, now) if row.starts_at < now else (now - _BLINK, now)
            row.save(update_fields=["starts_at", "ends_at"])
            _note("support.announcement_ended", row)
    return row


def _lock(announcement_id: int) -> Announcement:
    row = Announcement.objects.select_for_update(no_key=True).filter(pk=announcement_id).first()
    if row is None:
        raise AnnouncementNotFound
    return row


def _filled(row: Announcement, spec: NewAnnouncement, now: datetime) -> Announcement:
    """The row as the spec says, or everything that is wrong with it."""
    row.title_zh = rules.clean_line(spec.title_zh)
    row.title_en = rules.clean_line(spec.title_en)
    row.link = spec.link.strip()
    row.severity = spec.severity
    row.audience = spec.audience
    row.starts_at = spec.starts_at
    row.ends_at = spec.ends_at
    row.selection = [] if spec.audience == Audience.ALL else list(dict.fromkeys(spec.selection))
    errors = [
        FieldError(field, AnnouncementRefused.code, detail)
        for field, detail in [*_wrong_texts(row), *_wrong_times(row, now), *_wrong_audience(row)]
    ]
    if errors:
        raise AnnouncementRefused(errors=errors)
    return row


def _wrong_texts(row: Announcement) -> Iterator[tuple[str, str]]:
    for field in ("title_zh", "title_en"):
        if not 1 <= len(getattr(row, field)) <= MAX_TITLE_LENGTH:
            yield field, gettext("Say it in 1 to %(most)s characters.") % {"most": MAX_TITLE_LENGTH}
    if row.link and not rules.is_web_address(row.link):
        yield "link", gettext("A link begins with https:// and has at most 200 characters.")
    if row.severity not in Severity.values:
        yield "severity", gettext("There is no such severity.")


def _wrong_times(row: Announcement, now: datetime) -> Iterator[tuple[str, str]]:
    if row.ends_at <= row.starts_at:
        yield "ends_at", gettext("It ends before it begins.")
    elif row.ends_at <= now:
        yield "ends_at", gettext("It would already have ended.")


def _wrong_audience(row: Announcement) -> Iterator[tuple[str, str]]:
    if row.audience not in Audience.values:
        yield "audience", gettext("There is no such audience.")
        return
    if row.audience == Audience.ALL:
        return
    if not 1 <= len(row.selection) <= MAX_CHOSEN:
        yield "selection", gettext("Choose 1 to %(most)s.") % {"most": MAX_CHOSEN}
        return
    known: set[object] = set()
    if row.audience == Audience.STATES:
        known.update(BrandState.values)
    elif row.audience == Audience.PLANS:
        with public_schema():
            known.update(catalogue.plan_names())
    else:
        known.update(tenants.list_known_ids([chosen for chosen in row.selection if isinstance(chosen, int)]))
    unknown = [str(chosen) for chosen in row.selection if chosen not in known]
    if unknown:
        yield "selection", gettext("Unknown: %(words)s.") % {"words": ", ".join(unknown[:5])}


def _note(action: str, row: Announcement) -> None:
    transaction.on_commit(forget_banners)
    audit.record(
        action=action,
        subject=f"announcement:{row.pk}",
        after={
            "title": row.title_en,
            "audience": row.audience,
            "selection": row.selection,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
        },
    )
