"""A brand's cover: the facts, and the times its trial and its payments cover. No database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from shared_apps.billing.states import PauseReason, SubscriptionStatus

# --- facts -----------------------------------------------------------------------------------------------------------

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_COVERS: Final = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING})
_UNPAID: Final = frozenset({SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID})
_PAUSED_UNPAID: Final = frozenset({PauseReason.FIRST_PAYMENT_FAILURE, PauseReason.FINAL_PAYMENT_FAILURE})


@dataclass(frozen=True)
class PlanRef:
    """A version of a plan, by its id and by what it is called. A higher rank is the larger plan."""

    version_id: int
    code: str
    version: int
    rank: int


@dataclass(frozen=True)
class MirrorFacts:
    """Facts of the mirror of one Stripe subscription, an ended one too.

    `is_period_paid`: money came for the present period; `is_ever_paid`: for any. `returned_at`: when the last of the
    present period's money had gone back to its payer, by refund or by a lost dispute.
    """

    status: str
    plan: PlanRef
    started_at: datetime
    period_start: datetime
    period_end: datetime
    cancels_at_period_end: bool = False
    ended_at: datetime | None = None
    past_due_since: datetime | None = None
    id: int = 0
    is_period_paid: bool = True
    is_ever_paid: bool = True
    returned_at: datetime | None = None
    trial_ends_at: datetime | None = None
    pause_reason: str = ""


@dataclass(frozen=True)
class PeriodFacts:
    """A plan that runs without Stripe. One that was taken back ends then."""

    starts_at: datetime
    ends_at: datetime
    plan: PlanRef
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """Everything from which follows where a brand stands. `archive_notices`: name of the notice → when it was sent."""

    trial_ends_at: datetime
    subscriptions: tuple[MirrorFacts, ...] = ()
    periods: tuple[PeriodFacts, ...] = ()
    closing_at: datetime | None = None
    is_suspended_by_staff: bool = False
    is_archived: bool = False
    restored_at: datetime | None = None
    archive_notices: Mapping[str, datetime] = field(default_factory=dict)


# --- covers -----------------------------------------------------------------------------------------------------------


class Loss(Enum):
    """Way in which a cover ends, which decides what comes after."""

    TRIAL = "trial"  # it was never more than a trial
    UNPAID = "unpaid"  # a payment failed, or a period was not followed by another
    CANCELLED = "cancelled"  # the customer ended it


@dataclass(frozen=True)
class Cover:
    """A time for which the brand has a plan. What Stripe still collects has only an `expected_end`: its period's."""

    starts_at: datetime
    ends_at: datetime | None
    loss: Loss
    plan: PlanRef | None = None
    expected_end: datetime | None = None
    renews: bool = False
    is_free: bool = False  # chosen, and its first payment is to come: what the brand had goes on until then

    @property
    def size(self) -> tuple[int, int]:
        """Of several plans at once the largest counts, and of one plan the newest version; the trial comes last."""
        return (-1, 0) if self.plan is None else (self.plan.rank, self.plan.version_id)

    def is_live(self, now: datetime) -> bool:
        """Tell whether it covers this moment; an active one at Stripe does, whatever its clock says about the
        beginning.
        """
        return self.ends_at is None or self.starts_at <= now < self.ends_at


def list_covers(facts: Facts) -> list[Cover]:
    """The trial first, then all that was paid or given."""
    covers = [Cover(_ALWAYS, facts.trial_ends_at, Loss.TRIAL)]
    covers += [_cover_of_period(period, facts.trial_ends_at) for period in facts.periods]
    covers += [cover for subscription in facts.subscriptions if (cover := _cover_of_subscription(subscription))]
    return [cover for cover in covers if cover.ends_at is None or cover.ends_at > cover.starts_at]


def _cover_of_period(period: PeriodFacts, trial_ends_at: datetime) -> Cover:
    ends_at = period.ends_at if period.revoked_at is None else min(period.ends_at, period.revoked_at)
    # Who pays during the trial has the plan at once, and loses no day: the period is counted from the trial's end.
    starts_at = _ALWAYS if period.starts_at <= trial_ends_at and ends_at > period.starts_at else period.starts_at
    return Cover(starts_at, ends_at, Loss.UNPAID, period.plan)


def _cover_of_subscription(mirror: MirrorFacts) -> Cover | None:
    """None for one for which nothing was ever paid and that is over: it gives nothing, and takes nothing away."""
    status = mirror.status
    loss = Loss.CANCELLED if mirror.cancels_at_period_end and mirror.past_due_since is None else Loss.UNPAID
    ends_at: datetime | None
    renews = status in _COVERS and not mirror.cancels_at_period_end
    is_free = status == SubscriptionStatus.TRIALING
    if status in _COVERS:
        # As long as Stripe says so, and nobody got the money back; the mirror is compared with it every night.
        ends_at = mirror.returned_at
        renews = renews and ends_at is None
    elif status in _UNPAID:
        ends_at = mirror.past_due_since or mirror.period_start
        loss = Loss.UNPAID
    elif status == SubscriptionStatus.PAUSED and mirror.is_ever_paid:
        # Stripe ends the period with the pause. Without a payment it was unpaid before that.
        ends_at = min(mirror.past_due_since or mirror.period_end, mirror.period_end)
        loss = Loss.UNPAID if mirror.pause_reason in _PAUSED_UNPAID else Loss.CANCELLED
    elif status == SubscriptionStatus.CANCELED and mirror.is_ever_paid:
        ends_at = _end_of_cancelled(mirror)
    else:
        return None
    return Cover(mirror.started_at, ends_at, loss, mirror.plan, mirror.period_end, renews, is_free)


def _end_of_cancelled(mirror: MirrorFacts) -> datetime:
    """Return the end of what was paid for: with the period, with the payment that failed, when the money went back, or
    at once if nothing was paid.
    """
    if mirror.past_due_since is not None:
        return mirror.past_due_since
    if mirror.ended_at is not None and (mirror.returned_at is not None or not mirror.is_period_paid):
        return min(mirror.period_end, max(mirror.ended_at, mirror.returned_at or mirror.ended_at))
    return mirror.period_end


def last_of_chain(covers: list[Cover], live: list[Cover]) -> Cover:
    """The cover with which it ends if nobody does anything: those that follow without a gap count."""
    last = max(live, key=end_of)
    while following := [cover for cover in covers if cover.starts_at <= end_of(last) < end_of(cover)]:
        last = max(following, key=end_of)
    return last


def end_of(cover: Cover) -> datetime:
    """Return the end as things stand: a renewed subscription ends with the period that is paid."""
    return cover.ends_at or cover.expected_end or datetime.max.replace(tzinfo=UTC)


def first_payment_at(facts: Facts, now: datetime) -> datetime | None:
    """Return when the first payment for a plan chosen in free time is taken; None where none is to come."""
    moments = [
        mirror.trial_ends_at or mirror.period_end
        for mirror in facts.subscriptions
        if mirror.status == SubscriptionStatus.TRIALING and not mirror.cancels_at_period_end
    ]
    return min((moment for moment in moments if moment > now), default=None)


def is_renewed(facts: Facts, now: datetime) -> bool:
    """Tell whether Stripe goes on collecting for this brand by itself."""
    return any(cover.renews and cover.is_live(now) for cover in list_covers(facts))


def end_of_cover(facts: Facts, now: datetime) -> datetime | None:
    """Return the end of everything paid, given or on trial without a gap from `now` on; None: nothing covers now.

    A subscription that Stripe renews counts until the period's end: until then it is paid.
    """
    covers = list_covers(facts)
    live = [cover for cover in covers if cover.is_live(now)]
    return end_of(last_of_chain(covers, live)) if live else None
