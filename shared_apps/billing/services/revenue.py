"""Record changes of what a brand pays: one row per change, from which churn and MRR are counted.

The rows of a subscription add up: the sum of (after − before) is the MRR it has now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.core.money import ZERO
from shared_apps.billing.models import PlanVersion, Subscription, SubscriptionChange
from shared_apps.billing.selectors.subscriptions import PAYING, monthly_revenue, price_of
from shared_apps.billing.states import ChangeKind, Interval, SubscriptionStatus

_OVERDUE = frozenset({SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID})
_STOPPED = _OVERDUE | {SubscriptionStatus.PAUSED}
_NOT_BEGUN = frozenset(
    {SubscriptionStatus.INCOMPLETE, SubscriptionStatus.INCOMPLETE_EXPIRED, SubscriptionStatus.TRIALING}
)
_OVER = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})
# A subscription that is so in its first paid period, after free days, was never paid.
_UNPAID_FIRST = _STOPPED | {SubscriptionStatus.CANCELED}


@dataclass(frozen=True)
class SubscriptionSnapshot:
    """A subscription's facts that count for its revenue."""

    version: PlanVersion
    interval: str
    status: str
    period_start: datetime
    ends_with_period: bool

    @property
    def mrr(self) -> Decimal:
        """Per month."""
        return monthly_revenue(version=self.version, interval=self.interval, status=self.status)


def snapshot_of(row: Subscription) -> SubscriptionSnapshot:
    """The present status of a mirrored subscription."""
    return SubscriptionSnapshot(
        row.plan_version, row.interval, row.status, row.current_period_start, row.cancel_at_period_end
    )


def is_larger(version: PlanVersion, interval: str, than: PlanVersion, than_interval: str) -> bool:
    """Tell whether it is an upgrade: a higher plan; the same by the year instead of the month; or a higher price."""
    if version.plan.rank != than.plan.rank:
        return version.plan.rank > than.plan.rank
    if interval != than_interval:
        return interval == Interval.YEAR
    return price_of(version, interval) > price_of(than, than_interval)


Happening = tuple[ChangeKind, datetime, Decimal]


def record_changes(*, row: Subscription, before: SubscriptionSnapshot | None, now: datetime) -> list[ChangeKind]:
    """Write what happened between two statuses of a subscription, each thing once; returns what it was."""
    after = snapshot_of(row)
    noted: list[ChangeKind] = []
    known = SubscriptionChange.objects.filter(
        brand_id=row.brand_id, source__startswith=f"{row.stripe_subscription_id}:"
    )
    if before is not None and not known.exists():
        if after.status in _OVER:
            return []  # it never began
        before = None  # nothing was paid so far: whatever it was before, for the revenue it has not begun
    mrr = before.mrr if before else ZERO
    for kind, moment, left in _happenings(row, before, after, now):
        SubscriptionChange.objects.create(
            brand_id=row.brand_id,
            occurred_at=moment,
            kind=kind,
            # Counted, so that two writers, were there ever two, would meet at the constraint.
            source=f"{row.stripe_subscription_id}:{known.count() + 1}",
            plan_version=after.version,
            mrr_before=mrr,
            mrr_after=left,
        )
        mrr = left
        noted.append(kind)
    return noted


def _happenings(
    row: Subscription, before: SubscriptionSnapshot | None, after: SubscriptionSnapshot, now: datetime
) -> Iterator[Happening]:
    """In the order in which they count. What Stripe dates is dated as Stripe does, the rest when we learn of it."""
    if before is None:
        yield from _beginning(row, after, now)
        return
    if before.status in _OVER:
        return
    yield from _moving(before, after, now)
    if after.status in _OVER:
        yield ChangeKind.ENDED, row.ended_at or now, ZERO
        return
    yield from _paying(row, before.status, after, now)
    if after.ends_with_period != before.ends_with_period:
        kind = ChangeKind.CANCEL_SCHEDULED if after.ends_with_period else ChangeKind.CANCEL_UNDONE
        yield kind, now, after.mrr


def _beginning(row: Subscription, after: SubscriptionSnapshot, now: datetime) -> Iterator[Happening]:
    """Begin with the first money: not with what is free, nor with a first payment that does not come."""
    starts_at = max(row.started_at, row.trial_ends_at or row.started_at)
    never_paid = row.trial_ends_at is not None and after.period_start <= starts_at and after.status in _UNPAID_FIRST
    if after.status in _NOT_BEGUN or never_paid:
        return
    over = after.status in _OVER
    full = monthly_revenue(version=after.version, interval=after.interval, status=SubscriptionStatus.ACTIVE)
    yield ChangeKind.STARTED, starts_at, full
    if over:  # begun and ended while nobody listened
        yield ChangeKind.ENDED, row.ended_at or now, ZERO
    else:
        yield from _paying(row, SubscriptionStatus.ACTIVE, after, now)
        if after.ends_with_period:
            yield ChangeKind.CANCEL_SCHEDULED, now, after.mrr


def _moving(before: SubscriptionSnapshot, after: SubscriptionSnapshot, now: datetime) -> Iterator[Happening]:
    priced = monthly_revenue(version=after.version, interval=after.interval, status=before.status)
    if (before.version.pk, before.interval) != (after.version.pk, after.interval):
        up = is_larger(after.version, after.interval, before.version, before.interval)
        yield ChangeKind.UPGRADED if up else ChangeKind.DOWNGRADED, now, priced
    elif after.period_start > before.period_start and after.status in PAYING - _OVERDUE:
        yield ChangeKind.RENEWED, after.period_start, priced


def _paying(row: Subscription, was: str, after: SubscriptionSnapshot, now: datetime) -> Iterator[Happening]:
    """Between paying, being overdue, and having been paused."""
    if after.status in _STOPPED and after.status != was:
        yield ChangeKind.FELL_DUE, row.past_due_since or now, after.mrr
    elif was in _STOPPED and after.status not in _STOPPED:
        yield ChangeKind.RECOVERED, now, after.mrr
