"""Consequences of cancelling and closing, said with their days before anybody clicks."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from shared_apps.billing.models import Subscription
from shared_apps.billing.rules import status as rules
from shared_apps.billing.views.facts import day


def after_cancelling(subscription: Subscription) -> list[str]:
    """The way down from the end of what was paid."""
    ends_at = subscription.current_period_end
    return [
        gettext("Until %(day)s everything works as before; it was paid for.") % {"day": day(ends_at)},
        gettext("From then on everything can be read and exported, but nothing changed."),
        gettext("From %(day)s on only the owner is let in, to billing and the export.")
        % {"day": day(ends_at + rules.READ_ONLY)},
        gettext("Until the period ends you can take this back."),
    ]


def after_closing(brand: Any, now: datetime) -> list[str]:
    """The steps of a closing that begins now, or began already."""
    closes_at = brand.closing_at or now + rules.COOLING_OFF
    return [
        gettext("Until %(day)s everything works as before, and you can take this back.") % {"day": day(closes_at)},
        gettext("A running plan is cancelled for the end of its period; what was paid is not paid back."),
        gettext("From %(day)s on only the owner is let in, to billing and the export.") % {"day": day(closes_at)},
        gettext("From %(day)s on the data is archived, and later deleted.")
        % {"day": day(closes_at + rules.ARCHIVE_CLOSED_AFTER)},
    ]
