"""Where a brand stands, from facts alone: no database, no clock.

A brand is covered while its trial, a term (a bank transfer, or time that support gave) or a Stripe subscription covers
it. What the trial or a payment covers is written to; nothing else decides that. Once the last cover is lost the brand
goes down a ladder, whose rungs depend on how the cover was lost; every day is counted from the moment of the loss, so
that a job that did not run changes nothing but when it is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from shared_apps.tenants.states import WRITABLE, BrandState, SuspensionCause

# --- how many days, all in one place ---------------------------------------------------------------------------------

PAST_DUE: Final = timedelta(days=7)  # after a payment failed or a term ended: everything still works
READ_ONLY: Final = timedelta(days=30)  # then everything can be read, and nothing changed; then suspended
TRIAL_EXPIRED: Final = timedelta(days=60)  # after a trial: read, and choose a plan; then suspended
ARCHIVE_AFTER: Final = timedelta(days=180)  # after the loss of cover, suspended all the while
COOLING_OFF: Final = timedelta(days=14)  # a closed account can be taken back for so long
ARCHIVE_CLOSED_AFTER: Final = timedelta(days=30)  # after the cooling-off: time to export
ARCHIVE_RESTORED_AFTER: Final = timedelta(days=30)  # who was brought back unpaid is not archived again the next day
ARCHIVE_NOTICES: Final = (30, 7, 1)  # days before: nobody is archived who was not told so three times

# --- facts -----------------------------------------------------------------------------------------------------------

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
# Stripe's words (API reference, "subscription.status") by what they mean here; the others mean nothing was ever paid.
_COVERS: Final = frozenset({"active", "trialing"})
_UNPAID: Final = frozenset({"past_due", "unpaid"})
_ENDED: Final = "canceled"


@dataclass(frozen=True)
class MirrorFacts:
    """What matters of the mirror of one Stripe subscription, an ended one too."""

    status: str
    plan_version_id: int
    rank: int
    started_at: datetime
    period_start: datetime
    period_end: datetime
    cancels_at_period_end: bool = False
    ended_at: datetime | None = None
    past_due_since: datetime | None = None
    is_period_paid: bool = True


@dataclass(frozen=True)
class TermFacts:
    """A plan that runs without Stripe. One that was taken back ends then."""

    starts_at: datetime
    ends_at: datetime
    plan_version_id: int
    rank: int
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """Everything from which follows where a brand stands. `archive_notices`: name of the notice → when it was sent."""

    trial_ends_at: datetime
    subscriptions: tuple[MirrorFacts, ...] = ()
    terms: tuple[TermFacts, ...] = ()
    closing_at: datetime | None = None
    is_suspended_by_staff: bool = False
    is_archived: bool = False
    restored_at: datetime | None = None
    archive_notices: Mapping[str, datetime] = field(default_factory=dict)


# --- the answer ------------------------------------------------------------------------------------------------------


class Loss(Enum):
    """How a cover ends, which decides what comes after."""

    TRIAL = "trial"  # it was never more than a trial
    UNPAID = "unpaid"  # a payment failed, or a term was not followed by another
    CANCELLED = "cancelled"  # the customer ended it


@dataclass(frozen=True)
class Standing:
    """Where a brand stands at a moment, since when, and what comes next if nobody does anything.

    `plan_version_id` is None on a trial, which includes everything. `until` and `next_state` are None where it can go
    on for ever. `cover_ends_at`: when the payment or the trial that covers it ends, or ended.
    """

    state: BrandState
    since: datetime
    because: SuspensionCause = SuspensionCause.NONE
    plan_version_id: int | None = None
    until: datetime | None = None
    next_state: BrandState | None = None
    cover_ends_at: datetime | None = None
    loss: Loss | None = None
    archive_at: datetime | None = None
    next_archive_notice: tuple[datetime, int] | None = None  # what it is counted from, and the days before
    is_archive_due: bool = False

    @property
    def is_covered(self) -> bool:
        """Whether a trial or a payment covers this moment."""
        return self.loss is None

    @property
    def may_write(self) -> bool:
        """Whether anything may be changed."""
        return self.state in WRITABLE


@dataclass(frozen=True)
class _Cover:
    """A time for which the brand has a plan. `expected_end` of what Stripe renews is None unless it was cancelled."""

    starts_at: datetime
    ends_at: datetime | None
    loss: Loss
    plan_version_id: int | None = None
    rank: int = -1
    expected_end: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


_LADDERS: Final[Mapping[Loss, tuple[tuple[BrandState, timedelta], ...]]] = MappingProxyType(
    {
        Loss.TRIAL: ((BrandState.TRIAL_EXPIRED, TRIAL_EXPIRED),),
        Loss.UNPAID: ((BrandState.PAST_DUE, PAST_DUE), (BrandState.READ_ONLY, READ_ONLY)),
        Loss.CANCELLED: ((BrandState.READ_ONLY, READ_ONLY),),
    }
)


def find_standing(facts: Facts, now: datetime) -> Standing:
    """Where a brand with these facts stands at `now`."""
    usual = _usual(facts, now)
    if facts.is_archived:
        return replace(usual, state=BrandState.ARCHIVED, because=SuspensionCause.NONE, until=None, next_state=None)
    if facts.is_suspended_by_staff:  # no payment lifts what a person decided
        return replace(
            usual, state=BrandState.SUSPENDED, because=SuspensionCause.STAFF, until=None, next_state=None
        )  # fmt: skip
    if facts.closing_at is None:
        found = usual
    elif facts.closing_at <= now:
        found = replace(
            usual, state=BrandState.SUSPENDED, because=SuspensionCause.CLOSING, since=facts.closing_at,
            until=None, next_state=None,
        )  # fmt: skip
    elif usual.until is None or facts.closing_at < usual.until:
        found = replace(usual, until=facts.closing_at, next_state=BrandState.SUSPENDED)
    else:
        found = usual
    return _with_archive(found, facts, now)


# --- cover -----------------------------------------------------------------------------------------------------------


def _usual(facts: Facts, now: datetime) -> Standing:
    """By trial and payments alone."""
    covers = list_covers(facts)
    live = [cover for cover in covers if cover.is_live(now)]
    if not live:
        return _after(_last_lost(covers, now), now)
    best = max(live, key=lambda cover: (cover.rank, cover.plan_version_id or 0))
    last = _last_of_chain(covers, live)
    until = last.ends_at or last.expected_end
    return Standing(
        state=BrandState.TRIALING if best.loss is Loss.TRIAL else BrandState.ACTIVE,
        since=best.starts_at,
        plan_version_id=best.plan_version_id,
        until=until,
        next_state=None if until is None else _LADDERS[last.loss][0][0],
        cover_ends_at=until,
    )


def list_covers(facts: Facts) -> list[_Cover]:
    """The trial first, then all that was paid or given."""
    covers = [_Cover(_ALWAYS, facts.trial_ends_at, Loss.TRIAL)]
    covers += [_cover_of_term(term, facts.trial_ends_at) for term in facts.terms]
    covers += [cover for subscription in facts.subscriptions if (cover := _cover_of_subscription(subscription))]
    return [cover for cover in covers if cover.ends_at is None or cover.ends_at > cover.starts_at]


def _cover_of_term(term: TermFacts, trial_ends_at: datetime) -> _Cover:
    ends_at = term.ends_at if term.revoked_at is None else min(term.ends_at, term.revoked_at)
    # Who pays during the trial has the plan at once, and loses no day: the term is counted from the trial's end.
    starts_at = _ALWAYS if term.starts_at <= trial_ends_at and ends_at > term.starts_at else term.starts_at
    return _Cover(starts_at, ends_at, Loss.UNPAID, term.plan_version_id, term.rank)


def _cover_of_subscription(mirror: MirrorFacts) -> _Cover | None:
    """None for one whose first payment never came: it gives nothing, and takes nothing away."""
    status = mirror.status
    loss = Loss.CANCELLED if mirror.cancels_at_period_end and mirror.past_due_since is None else Loss.UNPAID
    expected_end = mirror.period_end if mirror.cancels_at_period_end else None
    ends_at: datetime | None
    if status in _COVERS:
        ends_at = None  # as long as Stripe says so; the mirror is compared with it every night
    elif status in _UNPAID:
        ends_at, loss = mirror.past_due_since or mirror.period_start, Loss.UNPAID
    elif status == _ENDED:
        ends_at = _end_of_cancelled(mirror)
    else:
        return None
    return _Cover(mirror.started_at, ends_at, loss, mirror.plan_version_id, mirror.rank, expected_end)


def _end_of_cancelled(mirror: MirrorFacts) -> datetime:
    """When what was paid for is over: with the period, with the payment that failed, or at once if nothing was paid."""
    if mirror.past_due_since is not None:
        return mirror.past_due_since
    if mirror.is_period_paid or mirror.ended_at is None:
        return mirror.period_end
    return min(mirror.period_end, mirror.ended_at)


def _last_of_chain(covers: list[_Cover], live: list[_Cover]) -> _Cover:
    """The cover with which it ends if nobody does anything: those that follow without a gap count."""
    last = max(live, key=_end)
    while following := [cover for cover in covers if cover.starts_at <= _end(last) < _end(cover)]:
        last = max(following, key=_end)
    return last


def _end(cover: _Cover) -> datetime:
    return cover.ends_at or cover.expected_end or datetime.max.replace(tzinfo=UTC)


# --- after cover -----------------------------------------------------------------------------------------------------


def _last_lost(covers: list[_Cover], now: datetime) -> _Cover:
    """The cover that was lost last. Where several end together, what was paid decides, not the trial."""
    lost = [cover for cover in covers if cover.ends_at is not None and cover.ends_at <= now]
    return max(lost, key=lambda cover: (cover.ends_at, cover.rank))


def _after(lost: _Cover, now: datetime) -> Standing:
    """How far down the ladder a brand is whose last cover is lost. The plan stays what it was."""
    moment = lost.ends_at or now
    rungs = [*_LADDERS[lost.loss], (BrandState.SUSPENDED, None)]
    since = moment
    for place, (state, lasts) in enumerate(rungs):
        until = None if lasts is None else since + lasts
        if until is None or now < until:
            return Standing(
                state=state,
                since=since,
                because=SuspensionCause.UNPAID if state is BrandState.SUSPENDED else SuspensionCause.NONE,
                plan_version_id=lost.plan_version_id,
                until=until,
                next_state=None if until is None else rungs[place + 1][0],
                cover_ends_at=moment,
                loss=lost.loss,
            )
        since = until
    raise AssertionError("a ladder ends in a state without end")


# --- archive ---------------------------------------------------------------------------------------------------------


def archive_notice_name(anchor: datetime, days: int) -> str:
    """One of the three notices before the archive; `anchor` is the moment from which the way there is counted."""
    return f"archive:{anchor:%Y-%m-%d}:{days}"


def _with_archive(found: Standing, facts: Facts, now: datetime) -> Standing:
    """When a suspended brand is archived: never before each notice is as old as it promised."""
    if found.because is SuspensionCause.CLOSING and facts.closing_at is not None:
        anchor, after = facts.closing_at, ARCHIVE_CLOSED_AFTER
    elif found.because is SuspensionCause.UNPAID and found.cover_ends_at is not None:
        anchor, after = found.cover_ends_at, ARCHIVE_AFTER
    else:
        return found
    moment = anchor + after
    if facts.restored_at is not None and facts.restored_at > anchor:
        anchor, moment = facts.restored_at, max(moment, facts.restored_at + ARCHIVE_RESTORED_AFTER)
    for days in ARCHIVE_NOTICES:
        sent_at = facts.archive_notices.get(archive_notice_name(anchor, days))
        if sent_at is None:  # it goes out `days` before, or as soon as the job comes round to it
            moment = max(moment, now + timedelta(days=days))
            return replace(found, archive_at=moment, next_archive_notice=(anchor, days))
        moment = max(moment, sent_at + timedelta(days=days))
    return replace(found, archive_at=moment, is_archive_due=moment <= now)
