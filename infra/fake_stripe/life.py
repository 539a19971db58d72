"""What happens by itself as time passes: trials end, periods renew, invoices are tried again, sessions expire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fake_stripe.errors import Json
from fake_stripe.periods import DAY
from fake_stripe.resources.cancelling import end_subscription
from fake_stripe.resources.changing import period_of
from fake_stripe.resources.checkout import close_session
from fake_stripe.resources.collecting import collect
from fake_stripe.resources.invoicing import finalize
from fake_stripe.resources.renewing import announce_renewal, end_trial, expire_incomplete, expire_pending, renew
from fake_stripe.resources.schedules import next_phase_moment, step_phase
from fake_stripe.resources.subscriptions import warn_of_trial_end
from fake_stripe.work import Work

MOST_STEPS = 100_000  # a mistake that makes something due for ever must not hang the process
KIND = "test_helpers.test_clock"
INCOMPLETE_SECONDS = 23 * 3600


@dataclass(frozen=True, order=True)
class Due:
    """Something that happens at a moment; `rank` orders what happens at the same one."""

    moment: int
    rank: int
    number: int


def live_until(work: Work, clock: str | None, until: int) -> None:
    """Let everything on a clock (None: the account's own time) happen up to a moment, in its order."""
    for _ in range(MOST_STEPS):
        found = _first_due(work, clock, until)
        if found is None:
            break
        moment, act = found
        _set_clock(work, clock, max(moment, work.now(clock)))
        act()
    _set_clock(work, clock, until)


def _set_clock(work: Work, clock: str | None, moment: int) -> None:
    if clock is None:
        work.wall = moment
    else:
        work.get(KIND, clock)["frozen_time"] = moment


def _first_due(work: Work, clock: str | None, until: int) -> tuple[int, Callable[[], None]] | None:
    first: tuple[Due, Callable[[], None]] | None = None
    for number, (moment, rank, act) in enumerate(_everything(work, clock)):
        due = Due(moment, rank, number)
        if moment <= until and (first is None or due < first[0]):
            first = due, act
    return (first[0].moment, first[1]) if first else None


def _everything(work: Work, clock: str | None) -> Iterator[tuple[int, int, Callable[[], None]]]:
    for schedule in work.rows("subscription_schedule", test_clock=clock):
        if (moment := next_phase_moment(schedule)) is not None:
            yield moment, 0, lambda schedule=schedule: step_phase(work, schedule)  # type: ignore[misc]
    for subscription in work.rows("subscription", test_clock=clock):
        yield from _of_subscription(work, subscription)
    for invoice in work.rows("invoice", test_clock=clock):
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"]:
            yield invoice["automatically_finalizes_at"], 4, lambda invoice=invoice: _finalize(work, invoice)  # type: ignore[misc]
        elif invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], 5, lambda invoice=invoice: _collect(work, invoice)  # type: ignore[misc]
    for session in work.rows("checkout.session", _clock=clock, status="open"):
        yield session["expires_at"], 6, lambda session=session: _expire(work, session)  # type: ignore[misc]


def _of_subscription(work: Work, row: Json) -> Iterator[tuple[int, int, Callable[[], None]]]:
    status = row["status"]
    if status in ("canceled", "incomplete_expired"):
        return
    if row["cancel_at"]:
        yield row["cancel_at"], 1, lambda: end_subscription(work, row, reason="cancellation_requested")
    if row["pending_update"]:
        yield row["pending_update"]["expires_at"], 3, lambda: expire_pending(work, row)
    if status == "incomplete":
        yield row["created"] + INCOMPLETE_SECONDS, 3, lambda: expire_incomplete(work, row)
        return
    if status == "paused":
        return
    yield from _of_trial(work, row) if status == "trialing" else _of_period(work, row)


def _of_trial(work: Work, row: Json) -> Iterator[tuple[int, int, Callable[[], None]]]:
    yield row["trial_end"], 2, lambda: end_trial(work, row)
    if row["_warned_for"] != row["trial_end"]:
        yield row["trial_end"] - 3 * DAY, 3, lambda: warn_of_trial_end(work, row)


def _of_period(work: Work, row: Json) -> Iterator[tuple[int, int, Callable[[], None]]]:
    end = period_of(row)[1]
    yield end, 2, lambda: renew(work, row)
    if row["_upcoming_for"] != end and row["cancel_at"] != end:
        yield end - work.account.upcoming_days * DAY, 3, lambda: announce_renewal(work, row)


def _finalize(work: Work, invoice: Json) -> None:
    finalize(work, invoice)
    if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        collect(work, invoice)


def _collect(work: Work, invoice: Json) -> None:
    collect(work, invoice)


def _expire(work: Work, session: Json) -> None:
    close_session(work, session)
