"""Due work is noted after the commit that makes it, in turns, and costs nothing where nothing is due."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries
from redis import RedisError

from kernel.core import clock, counters
from kernel.events import due, due_set, outbox, tasks
from kernel.events.due import Kind, due_work
from kernel.events.due_set import Entry
from kernel.events.queue import EVENTS, HOUSEKEEPING, LONG
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand
from tests.factories.due_work import Sent

pytestmark = pytest.mark.usefixtures("empty_set")


# --- turns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [timedelta(hours=1), timedelta(hours=6), timedelta(days=1), time(17, 10)])
def test_turns_come_once_a_period_spread_over_brands(every: timedelta | time) -> None:
    kind = Kind("test.kind", lambda _now: None, HOUSEKEEPING, None, every, True, "brands")
    period = timedelta(days=1) if isinstance(every, time) else every
    now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    turns = set()
    for number in range(200):
        turn = kind.next_time(f"t_{number}", now)
        assert turn is not None
        assert now < turn <= now + period
        assert kind.next_time(f"t_{number}", turn) == turn + period
        turns.add(turn)
    assert len(turns) == due.SPREAD  # few enough that brands share messages


def test_a_time_of_day_is_kept_within_the_hour() -> None:
    kind = Kind("test.kind", lambda _now: None, HOUSEKEEPING, None, time(23, 30), True, "brands")
    now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    for number in range(50):
        turn = kind.next_time(f"t_{number}", now)
        assert turn is not None
        assert timedelta(hours=14) <= turn - now < timedelta(hours=15)


def test_kinds_are_registered_once_and_name_a_queue(kinds: dict[str, Kind]) -> None:
    due_work("test.kind", queue=LONG)(lambda _now: None)
    with pytest.raises(ValueError, match="two kinds"):
        due_work("test.kind", queue=LONG)(lambda _now: None)
    with pytest.raises(ValueError, match="no queue"):
        due_work("test.other", queue="celery")
    with pytest.raises(KeyError):
        due.note("test.nobody_registered")


# --- noting ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_work_is_noted_after_the_commit_and_once(live_brand: Brand, kinds: dict[str, Kind], sent: Sent) -> None:
    due_work("test.now", queue=EVENTS)(lambda _now: None)
    due_work("test.later", queue=HOUSEKEEPING)(lambda _now: None)
    at = clock.now() + timedelta(hours=1)
    with transaction.atomic():
        for _ in range(3):
            with transaction.atomic():
                due.note("test.now")
                due.note("test.later", at=at)
        assert sent == []
        assert due_set.claim(now=at.timestamp()) == []
    assert sent == [("test.now", [live_brand.schema_name])]
    assert Entry("test.later", live_brand.schema_name) in due_set.claim(now=at.timestamp())


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_noted(live_brand: Brand, kinds: dict[str, Kind], sent: Sent) -> None:
    due_work("test.kind", queue=EVENTS)(lambda _now: None)
    with transaction.atomic():
        due.note("test.kind")
        due.note("test.kind", at=clock.now())
        transaction.set_rollback(True)
    with transaction.atomic(), transaction.atomic():
        due.note("test.kind")
        transaction.set_rollback(True)
    assert sent == []
    assert due_set.claim(now=clock.now().timestamp()) == []


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_commits_is_one_message(live_brand: Brand, listen: Any, thing: Any, sent: Sent) -> None:
    listen("test.h")
    for number in range(50):
        with transaction.atomic():
            outbox.publish(thing(number))
    assert sent == [("kernel.outbox", [live_brand.schema_name])]


@pytest.mark.django_db(transaction=True)
def test_what_redis_did_not_hear_is_noted_with_the_next_call(
    live_brand: Brand, kinds: dict[str, Kind], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_work("test.kind", queue=EVENTS)(lambda _now: None)

    def away(*_: object, **__: object) -> None:
        raise RedisError

    with monkeypatch.context() as patched:
        patched.setattr(counters, "client", away)
        due.note("test.kind")
        due.note("test.kind", at=clock.now())
    assert sent == []
    other = Entry("test.kind", "t_other")
    due.remember({other: clock.now()})
    assert set(due_set.claim(now=clock.now().timestamp())) == {other, Entry("test.kind", live_brand.schema_name)}


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_costs_nothing(
    live_brand: Brand, kinds: dict[str, Kind], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    due_work("test.kind", queue=EVENTS)(lambda _now: None)
    with monkeypatch.context() as patched:
        patched.setattr("kernel.events.due.celery.send_task", refuse)
        due.note("test.kind")
    assert due_set.claim(now=clock.now().timestamp()) == [Entry("test.kind", live_brand.schema_name)]


# --- running -----------------------------------------------------------------------------------------------------


# --- the sweep ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_due_is_no_message_and_no_statement(
    brand: Brand, sent: Sent, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.sweep_brands, "delay", lambda *_: None)
    with public_schema():
        tasks.dispatch_due()
        with django_assert_num_queries(0):
            for _ in range(100):
                assert tasks.dispatch_due() == 0
    assert sent == []
