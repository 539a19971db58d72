"""Compute a brand's billing status from facts. Pure: no database, no clock.

A brand is covered while its trial, a plan period (a transfer, or given time) or a Stripe subscription covers
it. A covered brand may write; nothing else decides that. Once the last cover is lost the brand goes down a ladder,
whose rungs depend on how the cover was lost; every day is counted from the moment of the loss, so that a job that did
not run changes nothing but when it is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from shared_apps.billing.rules.cover import (
    Cover,
    Facts,
    Loss,
    PlanRef,
    end_of,
    first_payment_at,
    last_of_chain,
    list_covers,
)
from shared_apps.tenants.states import WRITABLE, BrandState, SuspensionCause

# --- how many days, all in one place ---------------------------------------------------------------------------------

PAST_DUE: Final = timedelta(days=7)  # after a payment failed or a period ended: everything still works
READ_ONLY: Final = timedelta(days=30)  # then everything can be read, and nothing changed; then suspended
TRIAL_EXPIRED: Final = timedelta(days=60)  # after a trial: read, and choose a plan; then suspended
ARCHIVE_AFTER: Final = timedelta(days=180)  # after the loss of cover, suspended all the while
COOLING_OFF: Final = timedelta(days=14)  # a closed account can be taken back for so long
ARCHIVE_CLOSED_AFTER: Final = timedelta(days=30)  # after the cooling-off: time to export
ARCHIVE_RESTORED_AFTER: Final = timedelta(days=30)  # who was brought back unpaid is not archived again the next day
ARCHIVE_NOTICES: Final = (30, 7, 1)  # days before: nobody is archived who was not told so three times

# --- the answer -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BillingStatus:
    """A brand's status at a moment, since when, and what comes next if nobody does anything.

    `plan` is None on a trial, which includes everything. `until` and `next_state` are None where it can go on for ever.
    `cover_ends_at`: the end of the payment or the trial that covers it, past or to come.
    """

    state: BrandState
    since: datetime
    because: SuspensionCause = SuspensionCause.NONE
    plan: PlanRef | None = None
    until: datetime | None = None
    next_state: BrandState | None = None
    cover_ends_at: datetime | None = None
    loss: Loss | None = None
    archive_at: datetime | None = None
    next_archive_notice: tuple[datetime, int] | None = None  # what it is counted from, and the days before
    is_archive_due: bool = False
    first_payment_at: datetime | None = None  # of a plan that was chosen and is still free

    @property
    def plan_version_id(self) -> int | None:
        """The plan's version, None on a trial."""
        return None if self.plan is None else self.plan.version_id

    @property
    def is_covered(self) -> bool:
        return self.loss is None

    @property
    def is_shut(self) -> bool:
        """Tell whether support keeps its people out, whatever is paid."""
        return self.state is BrandState.ARCHIVED or self.because is SuspensionCause.STAFF

    @property
    def may_write(self) -> bool:
        return self.state in WRITABLE


_LADDERS: Final[Mapping[Loss, tuple[tuple[BrandState, timedelta], ...]]] = MappingProxyType(
    {
        Loss.TRIAL: ((BrandState.TRIAL_EXPIRED, TRIAL_EXPIRED),),
        Loss.UNPAID: ((BrandState.PAST_DUE, PAST_DUE), (BrandState.READ_ONLY, READ_ONLY)),
        Loss.CANCELLED: ((BrandState.READ_ONLY, READ_ONLY),),
    }
)


def compute_billing_status(facts: Facts, now: datetime) -> BillingStatus:
    """Compute the status of a brand with these facts at `now`."""
    usual = _usual(facts, now)
    if facts.is_archived:
        return replace(usual, state=BrandState.ARCHIVED, because=SuspensionCause.NONE, until=None, next_state=None)
    if facts.is_suspended_by_staff:  # no payment lifts what a person decided
        return replace(usual, state=BrandState.SUSPENDED, because=SuspensionCause.STAFF, until=None, next_state=None)
    if facts.closing_at is None:
        found = usual
    elif facts.closing_at <= now:
        found = replace(
            usual,
            state=BrandState.SUSPENDED,
            because=SuspensionCause.CLOSING,
            since=facts.closing_at,
            until=None,
            next_state=None,
        )
    elif usual.until is None or facts.closing_at < usual.until:
        found = replace(usual, until=facts.closing_at, next_state=BrandState.SUSPENDED)
    else:
        found = usual
    return _with_archive(found, facts, now)


# --- cover -----------------------------------------------------------------------------------------------------------


def _usual(facts: Facts, now: datetime) -> BillingStatus:
    """By trial and payments alone."""
    covers = list_covers(facts)
    live = [cover for cover in covers if cover.is_live(now)]
    if not live:
        return _after(_last_lost(covers, now), now)
    # What is chosen in free time begins when that is over: until then the brand has what it had.
    begun = [cover for cover in live if not cover.is_free] or live
    best = max(begun, key=lambda cover: cover.size)
    last = last_of_chain(covers, live)
    until = None if any(cover.renews for cover in live) else end_of(last)
    return BillingStatus(
        state=BrandState.TRIALING if best.loss is Loss.TRIAL else BrandState.ACTIVE,
        since=best.starts_at,
        plan=best.plan,
        until=until,
        next_state=None if until is None else _LADDERS[last.loss][0][0],
        cover_ends_at=until,
        first_payment_at=first_payment_at(facts, now),
    )


# --- after cover -----------------------------------------------------------------------------------------------------


def _last_lost(covers: list[Cover], now: datetime) -> Cover:
    """The cover that was lost last. Where several end together, what was paid decides, not the trial."""
    lost = [cover for cover in covers if cover.ends_at is not None and cover.ends_at <= now]
    return max(lost, key=lambda cover: (cover.ends_at, cover.size))


def _after(lost: Cover, now: datetime) -> BillingStatus:
    """Return the rung of a brand whose last cover is lost. The plan stays what it was."""
    moment = lost.ends_at or now
    rungs = [*_LADDERS[lost.loss], (BrandState.SUSPENDED, None)]
    since = moment
    for place, (state, lasts) in enumerate(rungs):
        until = None if lasts is None else since + lasts
        if until is None or now < until:
            return BillingStatus(
                state=state,
                since=since,
                because=SuspensionCause.UNPAID if state is BrandState.SUSPENDED else SuspensionCause.NONE,
                plan=lost.plan,
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


def _with_archive(found: BillingStatus, facts: Facts, now: datetime) -> BillingStatus:
    """Set the archive date of a suspended brand: never before each notice is as old as it promised."""
    if found.because is SuspensionCause.CLOSING and facts.closing_at is not None:
        anchor = facts.closing_at
        after = ARCHIVE_CLOSED_AFTER
    elif found.because is SuspensionCause.UNPAID and found.cover_ends_at is not None:
        anchor = found.cover_ends_at
        after = ARCHIVE_AFTER
    else:
        return found
    moment = anchor + after
    if facts.restored_at is not None and facts.restored_at > anchor:
        anchor = facts.restored_at
        moment = max(moment, facts.restored_at + ARCHIVE_RESTORED_AFTER)
    for days in ARCHIVE_NOTICES:
        sent_at = facts.archive_notices.get(archive_notice_name(anchor, days))
        if sent_at is None:  # it goes out `days` before, or as soon as the job comes round to it
            moment = max(moment, now + timedelta(days=days))
            return replace(found, archive_at=moment, next_archive_notice=(anchor, days))
        moment = max(moment, sent_at + timedelta(days=days))
    return replace(found, archive_at=moment, is_archive_due=moment <= now)
