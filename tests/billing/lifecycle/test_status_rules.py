"""Test that the billing status follows from facts, day by day."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from shared_apps.billing.rules.cover import Facts, MirrorFacts, PeriodFacts, end_of_cover
from shared_apps.billing.rules.status import archive_notice_name, compute_billing_status

from .conftest import BASIC, DAY, NOW, PREMIUM, facts, mirror, period


def state(known: Facts, days: float = 0) -> str:
    found = compute_billing_status(known, NOW + days * DAY)
    return f"{found.state}/{found.because}" if found.because else str(found.state)


def states(known: Facts, *days: float) -> list[str]:
    return [state(known, day) for day in days]


TRIAL_ONLY = facts(0)


def test_a_trial_ends_is_read_is_suspended() -> None:
    assert states(TRIAL_ONLY, -0.001, 0, 59.9, 60, 400) == [
        "trialing",
        "trial_expired",
        "trial_expired",
        "suspended/unpaid",
        "suspended/unpaid",
    ]


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired", "paused", "canceled"])
def test_a_first_payment_that_never_came_neither_gives_nor_takes(status: str) -> None:
    known = facts(5, mirror(status, is_ever_paid=False, is_period_paid=False))
    assert states(known, 0, 5, 70) == ["trialing", "trial_expired", "suspended/unpaid"]


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_what_stripe_calls_alive_covers_however_old_the_mirror(status: str) -> None:
    known = facts(-40, mirror(status, until=1))
    assert states(known, 0, 1, 500) == ["active"] * 3
    assert compute_billing_status(known, NOW).until is None


def test_stripes_clock_may_be_ahead_of_ours() -> None:
    assert state(facts(-40, mirror(since=0.01))) == "active"


@pytest.mark.parametrize("status", ["past_due", "unpaid", "canceled"])
def test_a_failed_payment_gives_a_week_then_a_month_of_reading(status: str) -> None:
    known = facts(-40, mirror(status, past_due_since=NOW))
    assert states(known, 0, 6.9, 7, 36.9, 37) == [
        "past_due",
        "past_due",
        "read_only",
        "read_only",
        "suspended/unpaid",
    ]
    found = compute_billing_status(known, NOW)
    assert (found.until, found.next_state, found.plan) == (NOW + 7 * DAY, "read_only", BASIC)


PAUSED = [
    ({"pause_reason": "pause_requested"}, "read_only", 0.0),
    ({"pause_reason": "system"}, "read_only", 0.0),
    ({"pause_reason": "final_payment_failure", "past_due_since": NOW - 5 * DAY}, "past_due", -5.0),
    ({"pause_reason": "first_payment_failure", "past_due_since": NOW - 20 * DAY}, "read_only", -20.0),
]


@pytest.mark.parametrize(("paused", "state_now", "lost"), PAUSED)
def test_a_pause_ends_what_was_paid_from_then_on(paused: Any, state_now: str, lost: float) -> None:
    known = facts(-400, mirror("paused", since=-200, until=0, **paused))
    found = compute_billing_status(known, NOW)
    assert (found.state, found.plan, found.cover_ends_at) == (state_now, BASIC, NOW + lost * DAY)


RETURNED = [
    ("active", None, "past_due"),
    ("canceled", -3.0, "past_due"),
    ("canceled", None, "past_due"),
]


@pytest.mark.parametrize(("status", "ended", "state_now"), RETURNED)
def test_money_that_went_back_pays_nothing(status: str, ended: float | None, state_now: str) -> None:
    ended_at = None if ended is None else NOW + ended * DAY
    back = mirror(status, until=300, is_period_paid=False, returned_at=NOW - DAY, ended_at=ended_at or NOW - DAY)
    assert state(facts(-40, back)) == state_now
    assert compute_billing_status(facts(-40, back), NOW).cover_ends_at == NOW - DAY


FREE: Any = {"trial_ends_at": NOW + 9 * DAY, "is_ever_paid": False, "is_period_paid": False}
CHOSEN = [
    (facts(9, mirror("trialing", until=9, **FREE)), "trialing", None),
    (facts(-40, period(-5, 9, PREMIUM), mirror("trialing", until=9, **FREE)), "active", PREMIUM),
    (facts(-40, mirror("trialing", until=9, **FREE)), "active", BASIC),
]


@pytest.mark.parametrize(("known", "state_now", "plan"), CHOSEN)
def test_what_is_chosen_in_free_time_begins_when_that_is_over(known: Facts, state_now: str, plan: Any) -> None:
    found = compute_billing_status(known, NOW)
    assert (found.state, found.plan, found.until, found.first_payment_at) == (state_now, plan, None, NOW + 9 * DAY)


def test_who_cancelled_reads_at_once_after_the_end() -> None:
    running = facts(-40, mirror(until=3, cancels_at_period_end=True))
    assert (state(running), compute_billing_status(running, NOW).next_state) == ("active", "read_only")
    over = facts(-40, mirror("canceled", until=3, cancels_at_period_end=True, ended_at=NOW + 3 * DAY))
    assert states(over, 2.9, 3, 32.9, 33) == ["active", "read_only", "read_only", "suspended/unpaid"]


def test_what_was_paid_is_used_up_though_stripe_ended_it_early() -> None:
    early = mirror("canceled", until=10, ended_at=NOW)
    assert states(facts(-40, early), 0, 9.9, 10, 17, 47) == [
        "active",
        "active",
        "past_due",
        "read_only",
        "suspended/unpaid",
    ]
    unpaid = replace(early, is_period_paid=False)
    assert states(facts(-40, unpaid), -1, 0, 7, 37) == ["active", "past_due", "read_only", "suspended/unpaid"]


def test_a_term_covers_from_moment_to_moment() -> None:
    known = facts(-40, period(-5, 20))
    assert states(known, 0, 19.9, 20, 27, 57) == ["active", "active", "past_due", "read_only", "suspended/unpaid"]


def test_who_pays_during_the_trial_is_active_at_once_and_loses_no_day() -> None:
    known = facts(5, period(5, 370))
    assert states(known, 0, 5, 369.9, 370) == ["active", "active", "active", "past_due"]
    assert compute_billing_status(known, NOW).plan == BASIC


def test_a_term_that_is_to_come_does_not_cover_a_gap() -> None:
    assert states(facts(-1, period(3, 30)), 0, 3) == ["trial_expired", "active"]


def test_what_was_taken_back_ends_then() -> None:
    assert states(facts(-40, period(-5, 20, revoked=2)), 0, 2, 9) == ["active", "past_due", "read_only"]
    assert state(facts(-40, period(-5, 20, revoked=-6))) == "trial_expired"  # it never ran


COVERS: list[tuple[MirrorFacts | PeriodFacts, ...]] = [
    (mirror("past_due", past_due_since=NOW - 60 * DAY), period(-1, 5)),
    (mirror("canceled", until=-50), period(-1, 5)),
    (mirror("active", until=5), period(-400, -30)),
    (mirror("active", until=5), mirror("canceled", since=-300, until=-200)),
]


@pytest.mark.parametrize("covers", COVERS)
def test_one_living_cover_is_enough(covers: Any) -> None:
    assert state(facts(-300, *covers)) == "active"


def test_the_largest_plan_counts() -> None:
    assert compute_billing_status(facts(-40, mirror(), period(-1, 5, PREMIUM)), NOW).plan == PREMIUM
    assert compute_billing_status(facts(-40, mirror(plan=PREMIUM), period(-1, 5)), NOW).plan == PREMIUM


def test_the_ladder_begins_when_the_last_cover_ended() -> None:
    known = facts(-400, mirror("past_due", since=-100, past_due_since=NOW - 90 * DAY), period(-80, -1))
    assert (state(known), compute_billing_status(known, NOW).since) == ("past_due", NOW - DAY)


def test_terms_without_a_gap_make_one_time() -> None:
    known = facts(-40, period(-5, 20), period(20, 50))
    assert compute_billing_status(known, NOW).until == NOW + 50 * DAY
    assert end_of_cover(known, NOW) == NOW + 50 * DAY
    assert end_of_cover(facts(-40, mirror(until=9)), NOW) == NOW + 9 * DAY
    assert end_of_cover(facts(-40), NOW) is None


# --- what people decide ----------------------------------------------------------------------------------------------


def test_no_payment_lifts_what_support_decided() -> None:
    assert state(facts(5, mirror(), is_suspended_by_staff=True)) == "suspended/staff"


def test_a_closed_account_works_until_then_and_is_suspended_whatever_is_paid() -> None:
    known = facts(-40, mirror(), closing_at=NOW + 14 * DAY)
    assert states(known, 0, 13.9, 14) == ["active", "active", "suspended/closing"]
    assert compute_billing_status(known, NOW).until == NOW + 14 * DAY


def test_what_is_archived_stays_so() -> None:
    assert state(facts(5, mirror(), is_archived=True)) == "archived"


# --- the way into the archive ----------------------------------------------------------------------------------------


def told(anchor: datetime, **sent: datetime) -> dict[str, datetime]:
    return {archive_notice_name(anchor, int(days[1:])): moment for days, moment in sent.items()}


def test_nobody_is_archived_who_was_not_told_three_times() -> None:
    far = compute_billing_status(facts(0), NOW + 150 * DAY)
    assert (far.archive_at, far.next_archive_notice, far.is_archive_due) == (NOW + 180 * DAY, (NOW, 30), False)
    late = compute_billing_status(facts(0), NOW + 500 * DAY)  # the job did not run for a year
    assert (late.archive_at, late.is_archive_due) == (NOW + 530 * DAY, False)
    notices = told(NOW, d30=NOW + 150 * DAY, d7=NOW + 173 * DAY)
    almost = facts(0, archive_notices=notices)
    assert compute_billing_status(almost, NOW + 200 * DAY).is_archive_due is False
    all_told = facts(0, archive_notices={**notices, **told(NOW, d1=NOW + 179 * DAY)})
    assert compute_billing_status(all_told, NOW + 179.9 * DAY).is_archive_due is False
    assert compute_billing_status(all_told, NOW + 180 * DAY).is_archive_due is True


def test_a_late_notice_moves_the_day() -> None:
    known = facts(0, archive_notices=told(NOW, d30=NOW + 170 * DAY))
    assert compute_billing_status(known, NOW + 180 * DAY).archive_at == NOW + 200 * DAY


def test_who_pays_is_on_no_way_into_the_archive() -> None:
    notices = told(NOW, d30=NOW, d7=NOW, d1=NOW)
    assert (
        compute_billing_status(facts(0, period(190, 300), archive_notices=notices), NOW + 200 * DAY).is_archive_due
        is False
    )
    assert (
        compute_billing_status(
            facts(0, is_suspended_by_staff=True, archive_notices=notices), NOW + 999 * DAY
        ).archive_at
        is None
    )


def test_a_closed_account_is_archived_a_month_after_its_end() -> None:
    known = facts(-40, mirror(), closing_at=NOW)
    assert compute_billing_status(known, NOW).archive_at == NOW + 30 * DAY
    assert compute_billing_status(known, NOW).next_archive_notice == (NOW, 30)


def test_who_was_brought_back_is_told_anew() -> None:
    notices = told(NOW, d30=NOW + 150 * DAY, d7=NOW + 173 * DAY, d1=NOW + 179 * DAY)
    known = facts(0, restored_at=NOW + 300 * DAY, archive_notices=notices)
    found = compute_billing_status(known, NOW + 300 * DAY)
    assert (found.archive_at, found.next_archive_notice) == (NOW + 330 * DAY, (NOW + 300 * DAY, 30))
