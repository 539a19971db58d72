"""Brands are put where the facts say they stand, by events and by the clock; twice is once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.models import AuditRecord
from shared_apps.billing.models import Reminder, Subscription
from shared_apps.billing.rules.status import compute_billing_status
from shared_apps.billing.selectors import plans
from shared_apps.billing.selectors.status import get_billing_status, get_facts
from shared_apps.billing.services import entitle, lifecycle, reminders
from shared_apps.billing.tasks.lifecycle import sync_all_billing_statuses
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle as places

from .conftest import DAY, NOW, deliver, give_period, put, settle, stored, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]


def test_a_payment_reopens_at_once_with_its_plan(brand: Brand) -> None:
    put(brand, state="suspended", suspended_from="trial_expired", suspended_because="unpaid")
    subscribe(brand, since=0, plan_version=plans.get_version("standard"))
    assert settle(brand) == "active"
    found = stored(brand)
    assert (found.suspended_from, found.suspended_because, found.state_since) == ("", "", NOW)
    assert (found.entitlements["plan"], found.entitlements["version"]) == ("standard", 1)
    record = AuditRecord.objects.get(action="tenants.state_changed")
    assert record.subject == f"brand:{brand.pk}"
    assert record.after is not None
    assert (record.after["state"], record.after["plan"]["code"]) == ("active", "standard")


def test_a_change_that_was_noticed_late_is_dated_when_it_happened(brand: Brand) -> None:
    put(brand, trial=-3)
    assert settle(brand) == "trial_expired"
    assert stored(brand).state_since == NOW - 3 * DAY
    assert settle(brand, NOW + 90 * DAY) == "suspended"
    assert stored(brand).state_since == NOW + 57 * DAY


def test_settling_twice_is_settling_once(brand: Brand) -> None:
    put(brand, trial=-3)
    settle(brand)
    before = (stored(brand).state_since, AuditRecord.objects.count(), Reminder.objects.count())
    with CaptureQueriesContext(connection) as queries:
        settle(brand, NOW + DAY / 24)
    assert (stored(brand).state_since, AuditRecord.objects.count(), Reminder.objects.count()) == before
    assert not [query for query in queries if query["sql"].lstrip().startswith(("UPDATE", "INSERT"))]


def test_the_plan_changes_only_when_it_changes(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int | None] = []

    def note(*, brand_id: int, plan_version_id: int | None, on_trial: bool, now: datetime) -> bool:
        calls.append(plan_version_id)
        return entitle_brand(brand_id=brand_id, plan_version_id=plan_version_id, on_trial=on_trial, now=now)

    entitle_brand = entitle.entitle_brand
    monkeypatch.setattr(entitle, "entitle_brand", note)
    put(brand)
    subscribe(brand)
    basic = plans.get_version("basic").pk
    for days in (0, 1, 2):
        settle(brand, NOW + days * DAY)
    assert calls == [basic]
    give_period(brand, 0, 30, "premium")
    settle(brand, NOW + DAY)
    settle(brand, NOW + 30 * DAY)
    assert calls == [basic, plans.get_version("premium").pk, basic]


@pytest.mark.parametrize("way", ["card", "transfer"])
@pytest.mark.parametrize("plan", ["basic", "standard", "premium"])
def test_a_plan_chosen_on_trial_takes_nothing_away_before_the_trial_ends(brand: Brand, plan: str, way: str) -> None:
    """Everything until the last moment of the trial, then exactly the plan; settled by the clock alone."""
    put(brand, trial=5)
    if way == "card":
        version = plans.get_version(plan)
        subscribe(brand, "trialing", since=0, lasts=5, plan_version=version)
    else:
        give_period(brand, 5, 35, plan)
    settle(brand)
    assert stored(brand).entitlements["features"] == ["*"]
    assert stored(brand).entitlements["limits"] == {}
    if way == "card":
        Subscription.objects.filter(brand_id=brand.pk).update(
            status="active", current_period_start=NOW + 5 * DAY, current_period_end=NOW + 35 * DAY
        )
        settle(brand)  # as the mirror does when the first payment is taken
    end = NOW + 5 * DAY
    assert lifecycle.find_unsettled([stored(brand)], end - DAY / 86_400) == []
    assert lifecycle.find_unsettled([stored(brand)], end) == [brand.pk]
    settle(brand, end)
    found = stored(brand).entitlements
    bought = plans.get_version(plan)
    assert (found["plan"], found["features"], found["limits"]) == (plan, sorted(bought.features), bought.limits)
    assert lifecycle.find_unsettled([stored(brand)], end + DAY / 24) == []


def test_a_plan_that_was_lost_stays_the_plan(brand: Brand) -> None:
    put(brand)
    give_period(brand, -30, -1)
    assert settle(brand) == "past_due"
    assert settle(brand, NOW + 10 * DAY) == "read_only"
    assert stored(brand).entitlements["plan"] == "basic"


def test_an_archived_brand_is_left_alone(brand: Brand) -> None:
    put(brand, state="archived")
    subscribe(brand)
    assert settle(brand) == "archived"
    assert AuditRecord.objects.filter(action="tenants.state_changed").count() == 0


def test_an_unknown_brand_is_not_found() -> None:
    with pytest.raises(places.BrandNotFound):
        lifecycle.sync_billing_status(brand_id=2**40, now=NOW)


def test_what_support_does_reaches_billing_by_an_event(brand: Brand) -> None:
    put(brand)
    subscribe(brand)
    settle(brand)
    places.suspend_brand(brand_id=brand.pk, reason="x", now=NOW)
    deliver()
    assert (stored(brand).state, stored(brand).suspended_because) == ("suspended", "staff")
    Brand.objects.filter(pk=brand.pk).update(suspended_from="read_only")  # where it stood; it has paid since
    places.resume_brand(brand_id=brand.pk, reason="x", now=NOW)
    assert stored(brand).state == "read_only"
    deliver()
    assert stored(brand).state == "active"


# --- the job ---------------------------------------------------------------------------------------------------------


def test_the_job_finds_what_time_has_changed(brand: Brand, other_brand: Brand) -> None:
    put(brand, trial=-1)
    put(other_brand, trial=8)
    found = lifecycle.sync_all_billing_statuses(now=NOW)
    assert (found.settled, found.failed) == (1, 0)
    assert (stored(brand).state, stored(other_brand).state) == ("trial_expired", "trialing")
    assert lifecycle.sync_all_billing_statuses(now=NOW).settled == 0


def test_the_task_runs_in_public_wherever_it_is_called(brand: Brand) -> None:
    Brand.objects.filter(pk=brand.pk).update(trial_ends_at=datetime.fromisoformat("2020-01-01T00:00Z"))
    assert sync_all_billing_statuses.apply().get() >= 1
    assert stored(brand).state == "suspended"


def test_one_that_cannot_be_settled_holds_up_nobody(
    brand: Brand, other_brand: Brand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(brand, trial=-1)
    put(other_brand, trial=-1)
    note = reminders.record_reminders

    def fail(**given: Any) -> int:
        if given["brand_id"] == min(brand.pk, other_brand.pk):
            raise RuntimeError("broken")
        return note(**given)

    monkeypatch.setattr(reminders, "record_reminders", fail)
    found = lifecycle.sync_all_billing_statuses(now=NOW)
    assert (found.settled, found.failed) == (1, 1)
    assert "could not be settled" in caplog.text
    monkeypatch.undo()
    assert lifecycle.sync_all_billing_statuses(now=NOW).settled == 1


def test_the_number_of_statements_depends_on_nothing(brand: Brand, count_statements: Callable[..., int]) -> None:
    put(brand)
    settle(brand)
    few = count_statements(lambda: settle(brand))
    for days in range(1, 6):
        subscribe(brand, "canceled", since=-100 - days, lasts=1)
        give_period(brand, -100 - days, -99 - days)
    settle(brand)
    assert count_statements(lambda: settle(brand)) == few <= 9


@pytest.fixture
def count_statements() -> Callable[..., int]:
    def count(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            act()
        return len(queries)

    return count


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_what_pages_show(brand: Brand) -> None:
    put(brand, trial=2.5)
    shown = get_billing_status(stored(brand), NOW)
    assert (shown.state, shown.plan, shown.days_left, shown.tone) == ("trialing", None, 3, "warning")
    assert shown.next_step_url == "/console/billing/plans/"
    subscribe(brand, "past_due", past_due_since=NOW)
    put(brand, trial=-40)
    shown = get_billing_status(stored(brand), NOW)
    assert (shown.state, shown.days_left, shown.next_step_url) == ("past_due", 7, "/console/billing/")
    assert shown.plan is not None
    assert shown.plan.plan.code == "basic"
    assert shown.may_write
    put(brand, state="suspended", suspended_from="active", suspended_because="staff")
    assert get_billing_status(stored(brand), NOW).next_step_url == "/console/support/"
    put(brand, trial=5, closing_at=NOW + 3 * DAY)
    assert str(get_billing_status(stored(brand), NOW).headline) != ""


def test_many_are_shown_by_four_statements(
    brand: Brand, other_brand: Brand, count_statements: Callable[..., int]
) -> None:
    put(brand, trial=2)
    put(other_brand, state="suspended", suspended_from="active", suspended_because="staff")
    both = [stored(brand), stored(other_brand)]
    assert count_statements(lambda: get_facts(both)) == 4
    states = {str(compute_billing_status(known, NOW).state) for known in get_facts(both).values()}
    assert states == {"trialing", "suspended"}
