"""The plans side by side: what they cost, what they allow, and what a brand could do with each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from django.utils.formats import number_format
from django.utils.translation import gettext

from console.money import format_money
from kernel.core.errors import Text
from kernel.core.money import round_money
from shared_apps.billing.models import PlanVersion, Subscription
from shared_apps.billing.rules import plans as rules
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.selectors.subscriptions import price_of
from shared_apps.billing.states import Interval, SubscriptionStatus

MONTHS_A_YEAR: Final = 12
CHANGEABLE: Final = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})
Action = Literal["checkout", "change", "none"]


@dataclass(frozen=True)
class Offer:
    """One plan as a card. `action` is what its button does; `action_words` stand on it (or instead of it)."""

    code: str
    name: str
    price: str
    per_month: str
    limit_lines: Sequence[str]
    is_current: bool = False
    is_larger: bool = False
    action: Action = "checkout"
    action_words: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the comparison; a cell is words, or whether something is included."""

    label: Text
    cells: Sequence[str | bool]


@dataclass(frozen=True)
class RowGroup:
    """A titled part of the comparison."""

    title: Text
    rows: Sequence[Row]


def interval_of(text: str | None) -> Interval:
    """The interval a page is asked for; yearly where it is not said, or said wrongly."""
    return Interval.MONTH if text == Interval.MONTH else Interval.YEAR


def public_offers(versions: Sequence[PlanVersion], interval: Interval) -> list[Offer]:
    """The cards for people who have no brand yet."""
    return [_offer(version, interval) for version in versions]


def brand_offers(
    versions: Sequence[PlanVersion], interval: Interval, subscription: Subscription | None, current: PlanVersion | None
) -> list[Offer]:
    """The cards for a brand: what it has, and the way to each other plan.

    `subscription` is the one that lives at Stripe, if any; `current` is the version the brand has by whatever means.
    """
    return [_offer_for(version, interval, subscription, current) for version in versions]


def _offer(version: PlanVersion, interval: Interval) -> Offer:
    per_month = ""
    if interval == Interval.YEAR:
        per_month = format_money(round_money(version.price_year / MONTHS_A_YEAR), version.currency, places=None)
    return Offer(
        code=version.plan.code,
        name=version.plan.name,
        price=format_money(price_of(version, interval), version.currency, places=None),
        per_month=per_month,
        limit_lines=[f"{rules.QUOTAS[name]}: {limit_words(version, name)}" for name in rules.QUOTAS],
    )


def _offer_for(
    version: PlanVersion, interval: Interval, subscription: Subscription | None, current: PlanVersion | None
) -> Offer:
    plain = _offer(version, interval)
    is_current = current is not None and version.plan_id == current.plan_id
    is_larger = current is None or version.plan.rank > current.plan.rank
    action, words = _way_to(version, interval, subscription)
    return Offer(
        code=plain.code,
        name=plain.name,
        price=plain.price,
        per_month=plain.per_month,
        limit_lines=plain.limit_lines,
        is_current=is_current,
        is_larger=is_larger,
        action=action,
        action_words=words,
    )


def _way_to(version: PlanVersion, interval: Interval, subscription: Subscription | None) -> tuple[Action, str]:
    """Return the step the service will allow, so that no button leads to a refusal."""
    if subscription is None:
        return "checkout", ""
    if statuses.is_dead(subscription):
        return "checkout", ""
    present = subscription.plan_version
    if (present.plan_id, subscription.interval) == (version.plan_id, interval):
        return "none", gettext("This is what you pay now")
    if subscription.pending_plan_version_id == version.pk and subscription.pending_interval == interval:
        return "none", gettext("From the next period on")
    if subscription.pending_plan_version_id is not None or subscription.cancel_at_period_end:
        return "none", gettext("Undo what is planned first")
    if subscription.status not in CHANGEABLE:
        return "none", gettext("Settle the open payment first")
    if present.plan_id == version.plan_id:
        return "change", gettext("Pay yearly") if interval == Interval.YEAR else gettext("Pay monthly")
    words = (
        gettext("Upgrade to %(plan)s") if version.plan.rank > present.plan.rank else gettext("Change down to %(plan)s")
    )
    return "change", words % {"plan": version.plan.name}


def saving(versions: Sequence[PlanVersion]) -> str:
    """Return the highest saving of paying yearly against twelve months; empty where there is none."""
    shares = [1 - version.price_year / (version.price_month * MONTHS_A_YEAR) for version in versions]
    percent = int(max(shares, default=Decimal(0)) * 100)
    return gettext("−%(percent)d %%") % {"percent": percent} if percent > 0 else ""


def limit_words(version: PlanVersion, name: str) -> str:
    limit = version.limits.get(name)
    if limit is None:
        return gettext("unlimited")
    return str(number_format(limit, use_l10n=True, force_grouping=True))


def comparison(versions: Sequence[PlanVersion]) -> list[RowGroup]:
    """Every limit and every feature, a column per plan."""
    limits = [Row(label, [limit_words(version, name) for version in versions]) for name, label in rules.QUOTAS.items()]
    features = [
        Row(label, [name in version.features for version in versions]) for name, label in rules.FEATURES.items()
    ]
    return [RowGroup(gettext("Limits"), limits), RowGroup(gettext("Features"), features)]
