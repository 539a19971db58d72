"""Read announcements."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language

from kernel.tenancy.context import public_schema
from shared_apps.support.models import Announcement
from shared_apps.support.states import Audience
from shared_apps.tenants.selectors import BrandRecord

# For so long a process may go on with what it knows: an announcement is read on every page, and changed once a week.
LIFETIME_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Notice:
    """An announcement as a page shows it, in the reader's language."""

    id: int
    title: str
    link: str
    severity: str


_known: list[Announcement] = []
_known_until = 0.0
_lock = threading.Lock()


def list_announcements() -> QuerySet[Announcement]:
    """All of them, the latest first. To be read in public."""
    return Announcement.objects.order_by("-starts_at", "-id")


def list_banners(brand: BrandRecord, now: datetime) -> list[Notice]:
    """List the announcements to this brand at `now`. One query per process in 30 seconds, none in between."""
    chinese = (get_language() or "zh").startswith("zh")
    return [
        Notice(row.pk, row.title_zh if chinese else row.title_en, row.link, row.severity)
        for row in _unfinished(now)
        if row.starts_at <= now < row.ends_at and is_for(row, brand)
    ]


def is_for(announcement: Announcement, brand: BrandRecord) -> bool:
    """Tell whether the brand belongs to the announcement's audience."""
    if announcement.audience == Audience.ALL:
        return True
    own = {
        Audience.STATES: brand.state,
        Audience.PLANS: brand.entitlements.get("plan", ""),
        Audience.BRANDS: brand.pk,
    }
    return own[Audience(announcement.audience)] in announcement.selection


def _unfinished(now: datetime) -> list[Announcement]:
    global _known, _known_until
    moment = time.monotonic()
    with _lock:
        if moment < _known_until:
            return _known
    with public_schema():
        rows = list(list_announcements().filter(ends_at__gt=now))
    if not connection.in_atomic_block:  # what is read in a transaction may never have been
        with _lock:
            _known = rows
            _known_until = moment + LIFETIME_SECONDS
    return rows


def forget_banners() -> None:
    """Let this process ask the database again; services call it after a change."""
    global _known_until
    with _lock:
        _known_until = 0.0
