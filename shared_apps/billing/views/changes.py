"""A change of plan in words: what is due, when it begins, what will be over the limit then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext

from console.money import format_money
from shared_apps.billing.models import PlanVersion, Subscription
from shared_apps.billing.rules import plans as rules
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services.plan_changes import ChangePreview
from shared_apps.billing.states import Interval
from shared_apps.billing.views.facts import day
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements import states as plan_words


@dataclass(frozen=True)
class Line:
    """One line of what is due; a credit is what was paid and not used."""

    text: str
    amount: str
    is_credit: bool


@dataclass(frozen=True)
class Change:
    """Content of the preview page."""

    headline: str
    is_upgrade: bool
    lines: Sequence[Line]
    amount_due: str
    when: str
    over_limit: Sequence[str]
    lost_features: Sequence[str]
    confirm_words: str


def describe(preview: ChangePreview, *, brand: Any, interval: str, now: datetime) -> Change:
    """The preview in the reader's words."""
    present = subscriptions.get_current(brand.pk)
    version = preview.plan_version
    due = format_money(preview.amount_due, preview.currency, places=None)
    begins = day(preview.effective_at)
    paid = Interval(interval).label
    if preview.is_upgrade:
        confirm = gettext("Change now and pay %(amount)s") % {"amount": due}
    else:
        confirm = gettext("Change from %(day)s on") % {"day": begins}
    return Change(
        headline=gettext("%(plan)s, %(paid)s") % {"plan": version.plan.name, "paid": str(paid).lower()},
        is_upgrade=preview.is_upgrade,
        lines=_lines(preview, present),
        amount_due=due,
        when=gettext("The change is made on %(day)s, when the present period is over. Nothing is due before.")
        % {"day": begins},
        over_limit=[] if preview.is_upgrade else over_limit(version, now),
        lost_features=[] if preview.is_upgrade else lost_features(brand, version),
        confirm_words=confirm,
    )


def _lines(preview: ChangePreview, present: Subscription | None) -> list[Line]:
    """The usual two, a credit and the new plan, in the reader's language; anything else in the words Stripe has."""
    signs = sorted(line.amount < 0 for line in preview.lines)
    lines = []
    for line in preview.lines:
        is_credit = line.amount < 0
        text = line.description
        if present is not None and signs == [False, True]:
            plan = present.plan_version.plan if is_credit else preview.plan_version.plan
            words = (
                gettext("What was paid for %(plan)s and not used")
                if is_credit
                else gettext("%(plan)s to the period's end")
            )
            text = words % {"plan": plan.name}
        lines.append(Line(text, format_money(line.amount, preview.currency, places=None), is_credit))
    return lines


def over_limit(version: PlanVersion, now: datetime) -> list[str]:
    """Each quota of which the present brand uses more today than the version allows."""
    lines = []
    for use in entitlements.list_quotas(now=now):
        limit = version.limits.get(use.name)
        if limit is not None and use.used > limit:
            words = {
                "what": rules.QUOTAS[use.name],
                "used": number_format(use.used, use_l10n=True, force_grouping=True),
                "limit": number_format(limit, use_l10n=True, force_grouping=True),
            }
            lines.append(gettext("%(what)s: %(used)s used, %(limit)s allowed") % words)
    return lines


def lost_features(brand: Any, version: PlanVersion) -> list[str]:
    """Names of what the brand may do today and could not with the version."""
    held = brand.entitlements.get("features", ())
    everything = plan_words.EVERYTHING in held
    return [
        str(label)
        for name, label in rules.FEATURES.items()
        if (everything or name in held) and name not in version.features
    ]
