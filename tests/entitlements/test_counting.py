"""Counting: what is taken, refused, given back, and set right."""

import logging
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.models import NumberSeries
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements import tasks
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.selectors import Use
from shared_apps.entitlements.services import quotas
from shared_apps.entitlements.services.quotas import Drift, QuotaExceeded
from shared_apps.tenants.models import Brand

from .conftest import Allow

pytestmark = pytest.mark.django_db

# 23:59:59 on the last of October and 00:00:00 on the first of November in Shanghai, and the first of December.
LAST_MOMENT = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
FIRST_MOMENT = datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 4, tzinfo=UTC)


def limit(name: str, most: int | None, used: int = 0, period: str = "") -> None:
    Quota.objects.filter(name=name).update(limit=most, used=used, period=period)


def used(name: str) -> int:
    return Quota.objects.get(name=name).used


def test_a_new_brand_counts_what_it_was_born_with() -> None:
    assert entitlements.get_counts(now=DECEMBER) == {
        "agents": Use("agents", None, 0),
        "orders": Use("orders", None, 0),
        "skus": Use("skus", None, 0),
        "staff": Use("staff", None, 1),
        "warehouses": Use("warehouses", None, 1),
    }
    assert quotas.recount(limits={}, now=DECEMBER) == []


def test_the_last_one_fits_and_the_next_is_refused_with_what_is_known() -> None:
    limit("skus", 2, 1)
    assert quotas.take("skus") == Use("skus", 2, 2)
    with pytest.raises(QuotaExceeded) as refusal:
        quotas.take("skus")
    assert (refusal.value.status, refusal.value.code) == (402, "quota_exceeded")
    assert refusal.value.extra == {"quota": "skus", "limit": 2, "used": 2, "upgrade_url": "/console/billing/plans/"}
    assert used("skus") == 2


def test_many_fit_together_or_not_at_all() -> None:
    limit("skus", 10, 4)
    with pytest.raises(QuotaExceeded):
        quotas.take("skus", 7)
    assert used("skus") == 4
    assert quotas.take("skus", 6).used == 10


def test_without_a_limit_everything_fits_and_is_counted() -> None:
    limit("agents", None, 10**9)
    assert quotas.take("agents", 1_000).used == 10**9 + 1_000


def test_taking_is_one_statement_and_looks_at_one_row() -> None:
    limit("skus", 100)
    with CaptureQueriesContext(connection) as captured:
        quotas.take("skus", 3)
    assert len(captured) == 1


def test_above_the_limit_nothing_is_added_and_giving_back_makes_room_in_the_end() -> None:
    limit("agents", 2, 4)
    for _attempt in range(3):
        with pytest.raises(QuotaExceeded):
            quotas.take("agents")
        quotas.give_back("agents")
    assert quotas.take("agents") == Use("agents", 2, 2)


def test_nothing_is_given_back_below_zero() -> None:
    quotas.give_back("agents", 5)
    assert used("agents") == 0


def test_what_is_rolled_back_is_given_back() -> None:
    with transaction.atomic():
        quotas.take("skus", 5)
        transaction.set_rollback(True)
    assert used("skus") == 0


def test_the_database_knows_no_negative_count() -> None:
    with pytest.raises(IntegrityError, match="entitlements_quota_used_not_negative"), transaction.atomic():
        Quota.objects.filter(name="skus").update(used=-1)


@pytest.mark.parametrize(("name", "count"), [("sku", 1), ("skus", 0), ("api_calls", 1)])
def test_a_wrong_word_is_a_fault_and_no_refusal(name: str, count: int) -> None:
    with pytest.raises(ValueError, match="there is no counting"):
        quotas.take(name, count)


def test_a_schema_without_the_row_is_a_fault() -> None:
    Quota.objects.filter(name="skus").delete()
    with pytest.raises(LookupError):
        quotas.take("skus")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_counted_outside_a_transaction(live_brand: Brand) -> None:
    with pytest.raises(RuntimeError):
        quotas.take("skus")
    with pytest.raises(RuntimeError):
        quotas.give_back("skus")
    with pytest.raises(RuntimeError):
        quotas.take_with_number("orders", kind="SO", day=date(2026, 11, 1), now=DECEMBER)


class TestMonths:
    def test_a_month_begins_at_midnight_of_the_brand(self) -> None:
        limit("orders", 2)
        quotas.take_monthly("orders", 2, now=LAST_MOMENT)
        with pytest.raises(QuotaExceeded):
            quotas.take_monthly("orders", now=LAST_MOMENT)
        assert quotas.take_monthly("orders", now=FIRST_MOMENT) == Use("orders", 2, 1)
        assert Quota.objects.get(name="orders").period == "2026-11"

    def test_who_comes_late_counts_in_the_new_month(self) -> None:
        limit("orders", 2)
        quotas.take_monthly("orders", 2, now=LAST_MOMENT)
        quotas.take_monthly("orders", now=FIRST_MOMENT)
        assert quotas.take_monthly("orders", now=LAST_MOMENT) == Use("orders", 2, 2)
        with pytest.raises(QuotaExceeded):
            quotas.take_monthly("orders", now=LAST_MOMENT)
        assert Quota.objects.get(name="orders").period == "2026-11"

    def test_a_month_nobody_has_ordered_in_yet_has_no_use(self) -> None:
        limit("orders", 2, 2, "2026-10")
        assert entitlements.get_counts(now=LAST_MOMENT)["orders"].used == 2
        assert entitlements.get_counts(now=FIRST_MOMENT)["orders"].used == 0

    def test_more_than_a_month_allows_is_refused_in_a_fresh_one_too(self) -> None:
        limit("orders", 2, 2, "2026-10")
        with pytest.raises(QuotaExceeded) as refusal:
            quotas.take_monthly("orders", 3, now=FIRST_MOMENT)
        assert refusal.value.extra["used"] == 0
        assert (used("orders"), Quota.objects.get(name="orders").period) == (2, "2026-10")

    def test_orders_are_taken_by_the_month(self) -> None:
        with pytest.raises(ValueError, match="by the month"):
            quotas.take("orders")

    def test_orders_are_not_given_back(self) -> None:
        with pytest.raises(ValueError, match="by the month"):
            quotas.give_back("orders")


class TestWithNumber:
    def test_place_and_number_come_in_one_statement(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            number = quotas.take_with_number("orders", kind="SO", day=date(2026, 10, 31), now=FIRST_MOMENT)
        assert (number, len(captured)) == ("SO20261031-000001", 1)
        assert entitlements.get_counts(now=FIRST_MOMENT)["orders"].used == 1

    def test_a_refusal_takes_no_number(self) -> None:
        limit("orders", 1)
        first = quotas.take_with_number("orders", kind="SO", day=date(2026, 11, 1), now=FIRST_MOMENT)
        with pytest.raises(QuotaExceeded):
            quotas.take_with_number("orders", kind="SO", day=date(2026, 11, 1), now=FIRST_MOMENT)
        limit("orders", None, 1, "2026-11")
        second = quotas.take_with_number("orders", kind="SO", day=date(2026, 11, 1), now=FIRST_MOMENT)
        assert (first, second) == ("SO20261101-000001", "SO20261101-000002")
        assert NumberSeries.objects.get(kind="SO").last == 2


class TestRecount:
    def test_a_drift_is_set_right_and_said(self, caplog: pytest.LogCaptureFixture) -> None:
        limit("staff", 3, 7)
        with caplog.at_level(logging.WARNING, logger="shared_apps.entitlements.services.quotas"):
            assert quotas.recount(limits={"staff": 3}, now=DECEMBER) == [Drift("staff", 7, 1)]
        assert "quota staff: 7 noted, 1 counted" in caplog.text
        assert (used("staff"), quotas.recount(limits={"staff": 3}, now=DECEMBER)) == (1, [])

    def test_a_month_that_turned_is_no_drift(self) -> None:
        limit("orders", 5, 4, "2026-10")
        assert quotas.recount(limits={"orders": 5}, now=FIRST_MOMENT) == []
        row = Quota.objects.get(name="orders")
        assert (row.used, row.period) == (0, "2026-11")

    def test_nothing_is_written_where_nothing_changes(self) -> None:
        limit("orders", 5, 0)
        with CaptureQueriesContext(connection) as captured:
            quotas.recount(limits={"orders": 5}, now=FIRST_MOMENT)
        assert not [query["sql"] for query in captured if "UPDATE" in query["sql"].split('"')[0]]

    def test_orders_that_came_late_stay_counted(self) -> None:
        limit("orders", 5, 4, "2026-11")
        assert quotas.recount(limits={"orders": 5}, now=FIRST_MOMENT) == []
        assert used("orders") == 4

    def test_the_nightly_task_brings_the_plan_s_limits_too(self, allow: Allow) -> None:
        allow("api", staff=9, agents=4)
        Quota.objects.update(limit=1)
        Quota.objects.filter(name="agents").update(used=3)
        tasks.recount_quotas(FIRST_MOMENT)
        assert Quota.objects.get(name="agents").used != 3
        limits = dict(Quota.objects.values_list("name", "limit"))
        assert limits == {"agents": 4, "orders": None, "skus": None, "staff": 9, "warehouses": None}

    def test_only_known_words_are_registered_and_once(self) -> None:
        with pytest.raises(ValueError, match="not counted"):
            quotas.counts("shoes")
        with pytest.raises(ValueError, match="counted twice"):
            quotas.counts("skus")(lambda now: 0)
