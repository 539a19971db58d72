"""Reminders a brand is owed at a moment. Each has a name that tells it from every other: it is sent once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared_apps.billing.rules.cover import Facts
from shared_apps.billing.rules.status import BillingStatus
from shared_apps.tenants.states import BrandState, SuspensionCause

TRIAL_DAYS: Final = (7, 3, 1)  # days before a trial's end
TERM_DAYS: Final = (30, 7, 1)  # before the end of what was paid by transfer or given
SUSPENSION_DAYS: Final = (7, 1)
FIRST_PAYMENT_DAYS: Final = (7, 1)  # before the first payment for a plan chosen in free time is taken
LATEST: Final = timedelta(days=7)  # what happened longer ago is not told any more, such as after a long standstill


class ReminderKind(StrEnum):
    """Subject of a reminder."""

    TRIAL_ENDS = "trial"
    TRIAL_ENDED = "trial_over"
    FIRST_PAYMENT = "first_payment"
    PERIOD_ENDS = "period"
    PAST_DUE = "past_due"
    READ_ONLY = "read_only"
    SUSPENSION = "suspend"
    ARCHIVE = "archive"
    CLOSING = "closing"


@dataclass(frozen=True)
class Owed:
    """A reminder to be sent: what about, when it happens or did, and how many days before (0: now)."""

    kind: ReminderKind
    moment: datetime
    days: int = 0

    @property
    def about(self) -> str:
        """Its name: the same for the same occasion, however often it is asked for."""
        return f"{self.kind}:{self.moment:%Y-%m-%d}:{self.days}"


def list_owed(facts: Facts, status: BillingStatus, now: datetime) -> list[Owed]:
    """List the reminders the brand should have had by now; of several days before, only the nearest."""
    if status.state is BrandState.ARCHIVED or status.because is SuspensionCause.STAFF:
        return []
    return list(_owed(facts, status, now))


def _owed(facts: Facts, status: BillingStatus, now: datetime) -> Iterator[Owed]:
    if facts.closing_at is not None:
        if now < facts.closing_at:
            yield Owed(ReminderKind.CLOSING, facts.closing_at)
    elif status.is_covered:
        yield from _before_the_end(facts, status, now)
    else:
        yield from _after_the_end(status, now)
    yield from _before_the_archive(status, now)


def _before_the_end(facts: Facts, status: BillingStatus, now: datetime) -> Iterator[Owed]:
    if status.first_payment_at is not None:
        yield from _nearest(ReminderKind.FIRST_PAYMENT, status.first_payment_at, FIRST_PAYMENT_DAYS, now)
    if status.until is None or status.next_state is None:
        return
    if status.next_state is BrandState.TRIAL_EXPIRED:
        yield from _nearest(ReminderKind.TRIAL_ENDS, status.until, TRIAL_DAYS, now)
    elif any(period.ends_at == status.until for period in facts.periods):  # what Stripe collects needs no reminder
        yield from _nearest(ReminderKind.PERIOD_ENDS, status.until, TERM_DAYS, now)


def _after_the_end(status: BillingStatus, now: datetime) -> Iterator[Owed]:
    happened = {
        BrandState.TRIAL_EXPIRED: ReminderKind.TRIAL_ENDED,
        BrandState.PAST_DUE: ReminderKind.PAST_DUE,
        BrandState.READ_ONLY: ReminderKind.READ_ONLY,
    }.get(status.state)
    if happened is not None and now < status.since + LATEST:
        yield Owed(happened, status.since)
    if status.next_state is BrandState.SUSPENDED and status.until is not None:
        yield from _nearest(ReminderKind.SUSPENSION, status.until, SUSPENSION_DAYS, now)


def _before_the_archive(status: BillingStatus, now: datetime) -> Iterator[Owed]:
    """Named by the loss of cover, which no delay of a notice moves."""
    if status.archive_at is None or status.next_archive_notice is None:
        return
    anchor, days = status.next_archive_notice
    if now >= status.archive_at - timedelta(days=days):
        yield Owed(ReminderKind.ARCHIVE, anchor, days)


def _nearest(kind: ReminderKind, moment: datetime, days_before: tuple[int, ...], now: datetime) -> Iterator[Owed]:
    reached = [days for days in days_before if moment - timedelta(days=days) <= now < moment]
    if reached:
        yield Owed(kind, moment, min(reached))


def is_still_true(about: str, facts: Facts, status: BillingStatus, now: datetime) -> bool:
    """Tell whether a reminder that is about to be sent still holds: nobody paid or got more days meanwhile."""
    if kind_of(about) is ReminderKind.ARCHIVE:
        return status.archive_at is not None
    occasion = about.rpartition(":")[0]
    return any(owed.about.rpartition(":")[0] == occasion for owed in list_owed(facts, status, now))


def kind_of(about: str) -> ReminderKind:
    """The kind in a reminder's name."""
    return ReminderKind(about.partition(":")[0])
