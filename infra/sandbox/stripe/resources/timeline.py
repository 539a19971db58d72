"""Let time pass: trials end, periods renew, invoices are tried again, sessions expire."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import partial

from sandbox.core.errors import Json
from sandbox.stripe.periods import DAY
from sandbox.stripe.resources.changing import period_of
from sandbox.stripe.resources.checkout import close_session
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.ending import end_subscription
from sandbox.stripe.resources.invoices import write_off
from sandbox.stripe.resources.invoicing import finalize
from sandbox.stripe.resources.phases import next_phase_moment
from sandbox.stripe.resources.renewing import (
    announce_renewal,
    end_trial,
    expire_incomplete,
    expire_pending,
    renew,
    void,
)
from sandbox.stripe.resources.scheduling import step_phase
from sandbox.stripe.resources.subscriptions import warn_of_trial_end
from sandbox.stripe.work import Work

MAX_STEPS = 200_000  # a mistake that makes something due for ever must not hang the process
KIND = "test_helpers.test_clock"
OWNED = ("subscription", "invoice", "subscription_schedule")
INCOMPLETE_SECONDS = 23 * 3600

# Moment, rank among what happens at the same moment, and what happens.
Due = tuple[int, int, Callable[[], object]]
# What happens to one customer's objects depends on nobody else's, so each has one place in the queue.
Group = Callable[[], Iterator[Due]]


def run_until(work: Work, clock: str | None, until: int) -> None:
    """Let everything on a clock (None: the account's own time) happen up to a moment, in its order."""
    groups = _groups(work, clock)
    queue: list[tuple[int, int, int]] = []
    for number, group in enumerate(groups):
        _enqueue(queue, number, group, until)
    for _ in range(MAX_STEPS):
        if not queue:
            break
        _, _, number = heapq.heappop(queue)
        moment, _, act = min(groups[number](), key=lambda due: due[:2])
        _set_clock(work, clock, max(moment, work.now(clock)))
        act()
        _enqueue(queue, number, groups[number], until)
    _set_clock(work, clock, until)


def _enqueue(queue: list[tuple[int, int, int]], number: int, group: Group, until: int) -> None:
    first = min(((moment, rank) for moment, rank, _ in group()), default=None)
    if first is not None and first[0] <= until:
        heapq.heappush(queue, (*first, number))


def _set_clock(work: Work, clock: str | None, moment: int) -> None:
    if clock is None:
        work.wall = moment
    else:
        work.get(KIND, clock)["frozen_time"] = moment


def _groups(work: Work, clock: str | None) -> list[Group]:
    owners = {row["customer"]: None for kind in OWNED for row in work.rows(kind, test_clock=clock)}
    sessions = work.rows("checkout.session", _clock=clock, status="open")
    groups: list[Group] = [partial(_of_customer, work, owner) for owner in owners]
    return [*groups, *[partial(_of_session, work, session) for session in sessions]]


def _of_session(work: Work, session: Json) -> Iterator[Due]:
    if session["status"] == "open":
        yield session["expires_at"], 6, partial(close_session, work, session)


def _of_customer(work: Work, customer: str) -> Iterator[Due]:
    for schedule in work.rows("subscription_schedule", customer=customer):
        if (moment := next_phase_moment(schedule)) is not None:
            yield moment, 0, partial(step_phase, work, schedule)
    for subscription in work.rows("subscription", customer=customer):
        yield from _of_subscription(work, subscription)
    for invoice in work.rows("invoice", customer=customer):
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"]:
            yield invoice["automatically_finalizes_at"], 4, partial(_finalize, work, invoice)
        elif invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], 5, partial(collect, work, invoice)


def _of_subscription(work: Work, row: Json) -> Iterator[Due]:
    status = row["status"]
    if status in ("canceled", "incomplete_expired"):
        return
    if row["cancel_at"]:
        yield row["cancel_at"], 1, partial(end_subscription, work, row, reason="cancellation_requested")
    if row["pending_update"]:
        yield row["pending_update"]["expires_at"], 3, partial(expire_pending, work, row)
    if status == "incomplete":
        yield row["created"] + INCOMPLETE_SECONDS, 3, partial(expire_incomplete, work, row)
        return
    if status == "paused":
        return
    yield from _of_trial(work, row) if status == "trialing" else _of_period(work, row)


def _of_trial(work: Work, row: Json) -> Iterator[Due]:
    yield row["trial_end"], 2, partial(end_trial, work, row)
    if row["_warned_for"] != row["trial_end"]:
        yield row["trial_end"] - 3 * DAY, 3, partial(warn_of_trial_end, work, row)


def _of_period(work: Work, row: Json) -> Iterator[Due]:
    end = period_of(row)[1]
    yield end, 2, partial(renew, work, row)
    if row["_upcoming_for"] != end and row["cancel_at"] != end:
        yield end - work.account.upcoming_days * DAY, 3, partial(announce_renewal, work, row)


def _finalize(work: Work, invoice: Json) -> None:
    paused = (work.find("subscription", invoice["_subscription"]) or {}).get("pause_collection")
    if paused and paused["behavior"] == "keep_as_draft":
        invoice |= {"automatically_finalizes_at": None, "auto_advance": False}
        return
    finalize(work, invoice)
    if paused and invoice["status"] == "open":
        if paused["behavior"] == "void":
            void(work, invoice)
        else:
            write_off(work, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")
    if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        collect(work, invoice)
