"""What the audit trail of a brand says, in the reader's words: no keys, no codes, moments in the brand's zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.billing.selectors import catalogue
from shared_apps.billing.states import ChangeKind, InboxState, Interval, SubscriptionStatus
from shared_apps.entitlements.states import FEATURE_NAMES, QUOTA_NAMES
from shared_apps.tenants.states import BrandState, SuspensionCause

# Names that are not here are shown as they are, in words: what is written tomorrow is not hidden today.
_NAMES: Final[Mapping[str, Text]] = {
    "access": _("Access"),
    "adviser": _("Adviser"),
    "amount": _("Amount"),
    "answer": _("Answer"),
    "archive": _("Archive"),
    "attempts": _("Attempts"),
    "because": _("Because"),
    "by": _("By"),
    "cancel_at_period_end": _("Ends with the period"),
    "claim": _("Claim"),
    "closing_at": _("Closes at"),
    "comment": _("Comment"),
    "cover_ends_at": _("Paid until"),
    "current_period_end": _("Period until"),
    "days": _("Days"),
    "domain": _("Domain"),
    "due_on": _("Due on"),
    "ends_at": _("Ends"),
    "event": _("Event"),
    "export": _("Export"),
    "features": _("Features"),
    "follow_up": _("Follow-up"),
    "from": _("From"),
    "happened": _("What happened"),
    "interval": _("Paid"),
    "limits": _("Limits"),
    "method": _("Method"),
    "move": _("Move"),
    "needs_second_person": _("Needs a second person"),
    "outcome": _("Outcome"),
    "owner": _("Owner"),
    "pending_plan_version_id": _("Next plan"),
    "plan": _("Plan"),
    "plan_version_id": _("Plan"),
    "reason": _("Reason"),
    "reference": _("The bank's reference"),
    "rows": _("Rows"),
    "session": _("Pay page at Stripe"),
    "sha256": _("Checksum"),
    "since": _("Since"),
    "slug": _("Subdomain"),
    "staff": _("Staff"),
    "starts_at": _("Begins"),
    "state": _("State"),
    "status": _("Subscription"),
    "stripe_customer_id": _("Customer at Stripe"),
    "subscription": _("Subscription at Stripe"),
    "term": _("Term"),
    "ticket": _("Ticket"),
    "to": _("To"),
    "transfer": _("Bank transfer"),
    "trial_ends_at": _("Trial until"),
    "until": _("Until"),
    "version": _("Version"),
    "who": _("Who"),
}
_CHOICES: Final[Mapping[str, tuple[type[TextChoices], ...]]] = {
    "because": (SuspensionCause,),
    "happened": (ChangeKind,),
    "interval": (Interval,),
    "state": (BrandState, InboxState),
    "status": (SubscriptionStatus,),
}
_REMINDERS: Final[Mapping[str, Text]] = {
    "trial": _("The trial ends on %(day)s"),
    "trial_over": _("The trial ended on %(day)s"),
    "term": _("The plan ends on %(day)s"),
    "past_due": _("A payment is overdue since %(day)s"),
    "read_only": _("Read-only since %(day)s"),
    "suspend": _("Suspended from %(day)s on"),
    "archive": _("Archived from %(day)s on"),
    "closing": _("The account closes on %(day)s"),
}


@dataclass(frozen=True)
class Words:
    """How one brand's facts are said. Made once for a page: plans and their versions are asked for once."""

    zone: ZoneInfo
    plans: Mapping[str, str]
    versions: Mapping[int, str]

    @classmethod
    def of(cls, brand: Any) -> Self:
        """For a brand's page: two statements."""
        return cls(ZoneInfo(brand.time_zone or clock.DEFAULT_ZONE), catalogue.plan_names(), catalogue.version_names())

    def moment(self, moment: datetime) -> str:
        """A moment on the brand's clock."""
        return date_format(moment.astimezone(self.zone), "SHORT_DATETIME_FORMAT")

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> SafeString:
        """What was and what is, name by name; where both are said and differ, the one before the other."""
        rows = [(_name(name), self._change(name, before, after)) for name in {**before, **after}]
        return format_html(
            '<dl class="bn-facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
        )

    def reminder(self, about: str) -> Text:
        """What a reminder was about, of its name such as `trial:2026-12-01:3`."""
        kind, _colon, rest = about.partition(":")
        day = _moment(self, rest.partition(":")[0])
        return str(_REMINDERS[kind]) % {"day": day} if day and kind in _REMINDERS else about

    def _change(self, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Text:
        sides = [self._say(name, side[name]) for side in (before, after) if name in side]
        return sides[0] if len(sides) == 1 or sides[0] == sides[1] else format_html("{} → {}", *sides)

    def _say(self, name: str, value: Any) -> Text:
        if value is None or value in ("", [], {}):
            return "–"
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, list):
            return " · ".join(str(self._say(name, item)) for item in value)
        if isinstance(value, Mapping):
            return " · ".join(f"{_name(inner)} {self._say(inner, found)}" for inner, found in value.items())
        return self._word(name, value)

    def _word(self, name: str, value: Any) -> Text:
        """One value: of a kind we have words for, a moment, or as it is."""
        known: Mapping[str, Callable[[Any], Text | None]] = {
            "features": lambda code: gettext("Everything") if code == "*" else FEATURE_NAMES.get(code),
            "plan": lambda code: self.plans.get(code),
            "plan_version_id": lambda pk: self.versions.get(pk),
            "pending_plan_version_id": lambda pk: self.versions.get(pk),
        }
        found = known[name](value) if name in known else None
        for choices in _CHOICES.get(name, ()):
            found = found or dict(choices.choices).get(value)
        return found or _moment(self, value) or str(value)


def _moment(words: Words, value: Any) -> str:
    """A moment or a day, if the text is one."""
    if not isinstance(value, str) or len(value) < 10 or value[4:5] != "-":
        return ""
    try:
        moment = parse_datetime(value)
        day = parse_date(value)
    except ValueError:
        return ""
    if moment is not None and moment.tzinfo is not None:
        return words.moment(moment)
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _name(name: str) -> Text:
    return _NAMES.get(name) or QUOTA_NAMES.get(name) or name.replace("_", " ")
