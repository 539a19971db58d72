"""Reminders a brand is owed at a moment. Each has a name that tells it from every other: it is sent once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared_apps.billing.rules.cover import Facts
from shared_apps.billing.rules.standing import BillingStatus
from shared_apps.tenants.states import BrandState, SuspensionCause

TRIAL_DAYS: Final = (7, 3, 1)  # days before a trial's end
TERM_DAYS: Final = (30, 7, 1)  # before the end of what was paid by transfer or given
SUSPENSION_DAYS: Final = (7, 1)
LATEST: Final = timedelta(days=7)  # what happened longer ago is not told any more, such as after a long standstill


class ReminderKind(StrEnum):
    """Subject of a reminder."""

    TRIAL_ENDS = "trial"
    TRIAL_ENDED = "trial_over"
    TERM_ENDS = "term"
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


def list_owed(facts: Facts, standing: BillingStatus, now: datetime) -> list[Owed]:
    """List the reminders the brand should have had by now; of several days before, only the nearest."""
    if standing.state is BrandState.ARCHIVED or standing.because is SuspensionCause.STAFF:
        return []
    return list(_owed(facts, standing, now))


def _owed(facts: Facts, standing: BillingStatus, now: datetime) -> Iterator[Owed]:
    if facts.closing_at is not None:
        if now < facts.closing_at:
            yield Owed(ReminderKind.CLOSING, facts.closing_at)
    elif standing.is_covered:
        yield from _before_the_end(facts, standing, now)
    else:
        yield from _after_the_end(standing, now)
    yield from _before_the_archive(standing, now)


def _before_the_end(facts: Facts, standing: BillingStatus, now: datetime) -> Iterator[Owed]:
    if standing.until is None or standing.next_state is None:
        return
    if standing.next_state is BrandState.TRIAL_EXPIRED:
        yield from _nearest(ReminderKind.TRIAL_ENDS, standing.until, TRIAL_DAYS, now)
    elif any(term.ends_at == standing.until for term in facts.terms):  # what Stripe collects needs no reminder
        yield from _nearest(ReminderKind.TERM_ENDS, standing.until, TERM_DAYS, now)


def _after_the_end(standing: BillingStatus, now: datetime) -> Iterator[Owed]:
    happened = {
        BrandState.TRIAL_EXPIRED: ReminderKind.TRIAL_ENDED,
        BrandState.PAST_DUE: ReminderKind.PAST_DUE,
        BrandState.READ_ONLY: ReminderKind.READ_ONLY,
    }.get(standing.state)
    if happened is not None and now < standing.since + LATEST:
        yield Owed(happened, standing.since)
    if standing.next_state is BrandState.SUSPENDED and standing.until is not None:
        yield from _nearest(ReminderKind.SUSPENSION, standing.until, SUSPENSION_DAYS, now)


def _before_the_archive(standing: BillingStatus, now: datetime) -> Iterator[Owed]:
    """Named by the loss of cover, which no delay of a notice moves."""
    if standing.archive_at is None or standing.next_archive_notice is None:
        return
    anchor, days = standing.next_archive_notice
    if now >= standing.archive_at - timedelta(days=days):
        yield Owed(ReminderKind.ARCHIVE, anchor, days)


def _nearest(kind: ReminderKind, moment: datetime, days_before: tuple[int, ...], now: datetime) -> Iterator[Owed]:
    reached = [days for days in days_before if moment - timedelta(days=days) <= now < moment]
    if reached:
        yield Owed(kind, moment, min(reached))


def is_still_true(about: str, facts: Facts, standing: BillingStatus, now: datetime) -> bool:
    """Tell whether a reminder that is about to be sent still holds: nobody paid or got more days meanwhile."""
    if kind_of(about) is ReminderKind.ARCHIVE:
        return standing.archive_at is not None
    occasion = about.rpartition(":")[0]
    return any(owed.about.rpartition(":")[0] == occasion for owed in list_owed(facts, standing, now))


def kind_of(about: str) -> ReminderKind:
    """The kind in a reminder's name."""
    return ReminderKind(about.partition(":")[0])
