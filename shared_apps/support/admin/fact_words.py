"""Facts of a brand in the reader's words: names of plans, reminders as sentences, moments on the brand's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.history import Namer, write_changes, write_moment
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.billing.selectors import catalogue
from shared_apps.entitlements.states import EVERYTHING, FEATURE_NAMES
from shared_apps.tenants.selectors import BrandRecord

_REMINDERS: Final[Mapping[str, Text]] = {
    "trial": _("The trial ends on %(day)s"),
    "trial_over": _("The trial ended on %(day)s"),
    "first_payment": _("The first payment is taken on %(day)s"),
    "period": _("The plan ends on %(day)s"),
    "past_due": _("A payment is overdue since %(day)s"),
    "read_only": _("Read-only since %(day)s"),
    "suspend": _("Suspended from %(day)s on"),
    "archive": _("Archived from %(day)s on"),
    "closing": _("The account closes on %(day)s"),
}


@dataclass(frozen=True)
class Words:
    """Words for one brand's facts. Made once for a page: plans and their versions are asked for once."""

    zone: ZoneInfo
    plans: Mapping[str, str]
    versions: Mapping[int, str]

    @classmethod
    def of(cls, brand: BrandRecord) -> Self:
        """Return the words for a brand's page. Two statements."""
        return cls(ZoneInfo(brand.time_zone or clock.DEFAULT_ZONE), catalogue.plan_names(), catalogue.version_names())

    def moment(self, moment: datetime) -> str:
        """Return a moment on the brand's clock."""
        return date_format(moment.astimezone(self.zone), "SHORT_DATETIME_FORMAT")

    def changes(self, action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> SafeString | str:
        """Return the facts of a record, with plans, versions and features by their names."""
        namers: dict[str, Namer] = {
            "features": lambda code: gettext("Everything") if code == EVERYTHING else FEATURE_NAMES.get(code),
            "plan": self.plans.get,
            "plan_version_id": self.versions.get,
            "pending_plan_version_id": self.versions.get,
        }
        return write_changes(action, before, after, zone=self.zone, namers=namers)

    def reminder(self, about: str) -> Text:
        """Return what a reminder was about, from its name such as `trial:2026-12-01:3`."""
        kind, _colon, rest = about.partition(":")
        day = write_moment(rest.partition(":")[0], self.zone)
        return str(_REMINDERS[kind]) % {"day": day} if day and kind in _REMINDERS else about
