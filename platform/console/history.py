"""Write records of the audit log as people read them: no keys, no codes, moments on the given clock."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy

from console.timeline import Entry
from kernel.core import audit_words
from kernel.core.errors import Text
from kernel.models import AuditRecord
from kernel.tenancy.actors import SYSTEM

Namer = Callable[[Any], Text | None]


def entries_of(records: QuerySet[AuditRecord], *, zone: ZoneInfo) -> list[Entry]:
    """Return a line for each record, with its changes behind “Details”."""
    return [
        Entry(
            at=record.occurred_at,
            icon="history",
            title=audit_words.name_of_act(record.action),
            who=who_did(record),
            more=write_changes(record.action, record.before, record.after, zone=zone),
        )
        for record in records
    ]


def who_did(record: AuditRecord) -> Text:
    """Return the actor's name; acts of the platform itself are the system's."""
    return name_actor(record.actor_label)


def name_actor(label: str) -> Text:
    """Return what people read for a kept label of an actor: the platform's own is a word of the reader's language."""
    return pgettext_lazy("actor", "System") if label == SYSTEM.label else label


def write_changes(
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    zone: ZoneInfo,
    namers: Mapping[str, Namer] | None = None,
) -> SafeString | str:
    """Return what was and what is, fact by fact, as a list; a fact that changed shows both sides.

    `namers` name values of single facts that only the caller can look up, such as a plan's.
    """
    writer = _Writer(action, zone, namers or {})
    sides = [side for side in (before, after) if side]
    if not sides:
        return ""
    names = dict.fromkeys(name for side in sides for name in side)
    rows = [(audit_words.name_of_fact(name), writer.change(name, sides)) for name in names]
    return format_html('<dl class="bn-facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))


def write_moment(value: object, zone: ZoneInfo) -> str:
    """Return a moment or a day in the reader's way, if the text is one; otherwise nothing."""
    if not isinstance(value, str) or len(value) < 10 or value[4:5] != "-":
        return ""
    try:
        moment = parse_datetime(value)
        day = parse_date(value)
    except ValueError:
        return ""
    if moment is not None and moment.tzinfo is not None:
        return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


class _Writer:
    """Values of one record in words."""

    def __init__(self, action: str, zone: ZoneInfo, namers: Mapping[str, Namer]) -> None:
        self.action = action
        self.zone = zone
        self.namers = namers

    def change(self, name: str, sides: list[Mapping[str, Any]]) -> Text:
        said = [self.say(name, side[name]) for side in sides if name in side]
        return said[0] if len(said) == 1 or said[0] == said[1] else format_html("{} → {}", *said)

    def say(self, name: str, value: Any) -> Text:
        if value is None or value in ("", [], {}):
            return "–"
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, list):
            return " · ".join(str(self.say(name, item)) for item in value)
        if isinstance(value, Mapping):
            said = [f"{audit_words.name_of_fact(str(key))} {self.say(key, one)}" for key, one in value.items()]
            return " · ".join(said)
        named = self.namers[name](value) if name in self.namers else None
        named = named or audit_words.name_of_value(self.action, name, value)
        return named or write_moment(value, self.zone) or str(value)
