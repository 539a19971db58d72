"""Due work reaches its worker whatever is lost on the way, once at a time, and costs an idle brand nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries
from redis import RedisError

from kernel.core import clock, counters
from kernel.events import due, due_set, outbox, running, tasks
from kernel.events.due import Kind, due_work
from kernel.events.due_set import MESSAGE_LOST_AFTER, Entry
from kernel.events.queue import EVENTS, HOUSEKEEPING, LONG
from kernel.tenancy.actors import SYSTEM, Actor, acting_as, current_actor
from kernel.tenancy.context import current_schema, is_public, public_schema
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.usefixtures("empty_set")

Sent = list[tuple[str, list[str]]]


@pytest.fixture
def kinds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Kind]:
    """Kinds of the test's own; the apps' are away, and so is what a new brand has to do."""
    if "live_brand" in request.fixturenames:
        request.getfixturevalue("live_brand")
    counters.client().flushdb()
    monkeypatch.setattr(due, "kinds", {})
    return due.kinds


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The messages that were queued, as (kind, schemas): nobody works them off."""
    messages: Sent = []

    def send(kind: Kind, entries: list[Entry]) -> bool:
        messages.append((kind.name, [entry.schema for entry in entries]))
        return True

    monkeypatch.setattr(due, "send", send)
    return messages


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`later(timedelta(minutes=5))` lets time pass."""
    passed = timedelta()

    def move(by: timedelta) -> None:
        nonlocal passed
        passed += by
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)

    return move


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

    def away(*_: Any, **__: Any) -> None:
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
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    due_work("test.kind", queue=EVENTS)(lambda _now: None)
    with monkeypatch.context() as patched:
        patched.setattr("kernel.events.due.celery.send_task", refuse)
        due.note("test.kind")
    assert due_set.claim(now=clock.now().timestamp()) == [Entry("test.kind", live_brand.schema_name)]


# --- running -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_work_runs_inside_its_brand_as_the_system(brand: Brand, other_brand: Brand, kinds: dict[str, Kind]) -> None:
    seen: list[tuple[str, Actor]] = []
    due_work("test.kind", queue=HOUSEKEEPING, scope="everywhere")(
        lambda _now: seen.append((current_schema(), current_actor()))
    )
    schemas = [brand.schema_name, "t_nobody", "public", other_brand.schema_name]
    with public_schema(), acting_as(Actor(kind="user", id=7, label="Wang")):
        assert tasks.run_due("test.kind", schemas) == 4
        assert is_public()
    assert seen == [(schema, SYSTEM) for schema in schemas if schema != "t_nobody"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"provisioning_state": "failed"},
        {"provisioning_state": "requested"},
        {"state": "archived"},
    ],
)
def test_a_brand_that_is_not_there_is_not_entered(brand: Brand, kinds: dict[str, Kind], fields: dict[str, str]) -> None:
    seen: list[str] = []
    due_work("test.kind", queue=HOUSEKEEPING, every=timedelta(hours=1), writes=False)(
        lambda _now: seen.append(current_schema())
    )
    with public_schema():
        type(brand).objects.filter(pk=brand.pk).update(**fields)
        tasks.run_due("test.kind", [brand.schema_name])
    assert seen == []
    assert due_set.claim(now=(clock.now() + timedelta(days=2)).timestamp()) == []


@pytest.mark.django_db
def test_a_failure_is_tried_again_and_stops_nobody(
    brand: Brand, other_brand: Brand, kinds: dict[str, Kind], sent: Sent, later: Callable[[timedelta], None]
) -> None:
    done: list[str] = []

    @due_work("test.kind", queue=HOUSEKEEPING, every=timedelta(days=1))
    def fail_in_the_first(_now: datetime) -> None:
        if current_schema() == brand.schema_name:
            raise ValueError("on purpose")
        done.append(current_schema())

    tasks.run_due("test.kind", [brand.schema_name, other_brand.schema_name])
    assert done == [other_brand.schema_name]
    later(running.RETRY_AFTER)
    tasks.dispatch_due()
    assert ("test.kind", [brand.schema_name]) in sent


@pytest.mark.django_db
def test_work_says_when_it_is_due_again(
    brand: Brand, kinds: dict[str, Kind], sent: Sent, later: Callable[[timedelta], None]
) -> None:
    left = [timedelta(0), timedelta(hours=1), None]

    @due_work("test.kind", queue=HOUSEKEEPING)
    def work(now: datetime) -> datetime | None:
        pause = left.pop(0)
        return None if pause is None else now + pause

    tasks.run_due("test.kind", [brand.schema_name])
    assert sent == [("test.kind", [brand.schema_name])]  # at once, behind all others
    tasks.run_due("test.kind", [brand.schema_name])
    tasks.dispatch_due()
    assert len([name for name, _schemas in sent if name == "test.kind"]) == 1
    later(timedelta(hours=1))
    tasks.dispatch_due()
    assert [schemas for name, schemas in sent if name == "test.kind"] == [[brand.schema_name]] * 2
    tasks.run_due("test.kind", [brand.schema_name])
    assert left == []
    later(timedelta(hours=1))
    tasks.dispatch_due()
    assert len([name for name, _schemas in sent if name == "test.kind"]) == 2


@pytest.mark.django_db
def test_a_message_out_of_time_gives_the_rest_back(
    brand: Brand, other_brand: Brand, kinds: dict[str, Kind], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MESSAGE_SECONDS", 0.0)
    done: list[str] = []
    due_work("test.kind", queue=HOUSEKEEPING)(lambda _now: done.append(current_schema()))
    schemas = [brand.schema_name, other_brand.schema_name]
    entries = [Entry("test.kind", schema) for schema in schemas]
    due_set.add(dict.fromkeys(entries, clock.now().timestamp()))
    tasks.dispatch_due()
    assert tasks.run_due("test.kind", schemas) == 0
    sent.clear()
    tasks.dispatch_due()
    assert [sorted(schemas) for name, schemas in sent if name == "test.kind"] == [sorted(schemas)]


@pytest.mark.django_db
def test_a_worker_that_dies_in_the_middle_is_followed_by_another(
    brand: Brand, other_brand: Brand, kinds: dict[str, Kind], sent: Sent, later: Callable[[timedelta], None]
) -> None:
    done: list[str] = []
    dying = [True]

    @due_work("test.kind", queue=HOUSEKEEPING)
    def work(_now: datetime) -> None:
        if dying and current_schema() == brand.schema_name:
            dying.clear()
            raise SystemExit  # as a killed worker: nothing after this line runs
        done.append(current_schema())

    schemas = [brand.schema_name, other_brand.schema_name]
    due_set.add({Entry("test.kind", schema): clock.now().timestamp() for schema in schemas})
    tasks.dispatch_due()
    with pytest.raises(SystemExit):
        tasks.run_due("test.kind", schemas)
    sent.clear()
    later(max(due.LEASE[HOUSEKEEPING], timedelta(seconds=MESSAGE_LOST_AFTER)))
    tasks.dispatch_due()
    assert [sorted(schemas) for name, schemas in sent if name == "test.kind"] == [sorted(schemas)]
    tasks.run_due("test.kind", schemas)
    assert done == schemas


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_one_brand_s_events_makes_room_after_two_seconds(
    live_brand: Brand, listen: Any, thing: Any, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DELIVERIES_PER_RUN", 10)
    told = listen("test.h")
    with transaction.atomic():
        for number in range(25):
            outbox.publish(thing(number))
    runs = []
    while sent:
        kind, schemas = sent.pop()
        tasks.run_due(kind, schemas)
        runs.append(len(told))
    assert runs == [10, 20, 25]


@pytest.mark.django_db(transaction=True)
def test_a_retry_is_noted_for_its_time(
    live_brand: Brand, listen: Any, thing: Any, sent: Sent, later: Callable[[timedelta], None]
) -> None:
    fails = [True, True]

    def sometimes(_fact: Any) -> None:
        if fails:
            fails.pop()
            raise ValueError("on purpose")

    told = listen("test.h", sometimes)
    with transaction.atomic():
        outbox.publish(thing(1))
    for pause in (timedelta(seconds=2), timedelta(seconds=4), timedelta(0)):
        assert [name for name, _schemas in sent if name == "kernel.outbox"] == ["kernel.outbox"]
        sent.clear()
        tasks.run_due("kernel.outbox", [live_brand.schema_name])
        running.dispatch()
        assert not [name for name, _schemas in sent if name == "kernel.outbox"]
        later(pause)
        running.dispatch()
    assert [fact.thing_id for fact in told] == [1]
    assert outbox.next_due(clock.now()) is None


# --- the sweep ---------------------------------------------------------------------------------------------------


def _sweep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the messages of a sweep run in place."""
    monkeypatch.setattr(tasks.sweep_brands, "delay", lambda run, after_id: tasks.sweep_brands(run, after_id))


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_lost_everything_loses_no_event(
    live_brand: Brand, listen: Any, thing: Any, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sweep_all(monkeypatch)
    told = listen("test.h")
    with transaction.atomic():
        outbox.publish(thing(1))
    counters.client().flushdb()  # the message, and that it was sent
    sent.clear()
    with public_schema():
        tasks.dispatch_due()
        assert ("kernel.outbox", [live_brand.schema_name]) in sent
        tasks.run_due("kernel.outbox", [live_brand.schema_name])
        assert [fact.thing_id for fact in told] == [1]
        sent.clear()
        tasks.dispatch_due()  # a sweep was made: nothing is lost any more
    assert ("kernel.outbox", [live_brand.schema_name]) not in sent


@pytest.mark.django_db(transaction=True)
def test_what_a_crash_after_the_commit_lost_the_hourly_sweep_finds(
    live_brand: Brand, listen: Any, thing: Any, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sweep_all(monkeypatch)
    told = listen("test.h")
    with monkeypatch.context() as patched:
        patched.setattr(due, "note", lambda *_, **__: None)  # the process died between the commit and the note
        with transaction.atomic():
            outbox.publish(thing(1))
    with public_schema():
        tasks.start_sweep()
        running.dispatch()
        assert ("kernel.outbox", [live_brand.schema_name]) in sent
        tasks.run_due("kernel.outbox", [live_brand.schema_name])
    assert [fact.thing_id for fact in told] == [1]


@pytest.mark.django_db
def test_a_sweep_goes_through_all_brands_page_by_page_and_never_twice(
    brand: Brand, other_brand: Brand, kinds: dict[str, Kind], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    due_work("test.kind", queue=LONG, find=lambda _now: asked.append(current_schema()), scope="everywhere")(
        lambda _now: None
    )
    monkeypatch.setattr(running, "BRANDS_PER_SWEEP", 1)
    pages: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks.sweep_brands, "delay", lambda run, after_id: pages.append((run, after_id)))
    tasks.start_sweep()
    tasks.start_sweep()  # the hour is over and the first one still at work
    assert len(pages) == 1
    while pages:
        assert len(pages) == 1  # one message is under way
        tasks.sweep_brands(*pages.pop())
    assert asked[0] == "public"
    assert len(asked) == len(set(asked))
    assert {brand.schema_name, other_brand.schema_name} <= set(asked)
    tasks.sweep_brands("of another run", 0)
    assert len(asked) == len(set(asked))


@pytest.mark.django_db
def test_a_brand_that_fails_in_the_sweep_stops_nobody(brand: Brand, other_brand: Brand, kinds: dict[str, Kind]) -> None:
    moment = clock.now()

    def find(_now: datetime) -> datetime:
        if current_schema() == brand.schema_name:
            raise ValueError("on purpose")
        return moment

    due_work("test.kind", queue=LONG, find=find)(lambda _now: None)
    running.note_lost([brand.schema_name, other_brand.schema_name, "t_nobody"])
    assert due_set.claim(now=moment.timestamp()) == [Entry("test.kind", other_brand.schema_name)]


@pytest.mark.django_db
def test_a_new_brand_gets_its_turns(brand: Brand, kinds: dict[str, Kind]) -> None:
    due_work("test.kind", queue=LONG, every=time(17, 10))(lambda _now: None)
    running.note_lost([brand.schema_name])
    running.note_lost([brand.schema_name])
    within_the_hour = (clock.now() + timedelta(hours=1)).timestamp()
    assert due_set.claim(now=within_the_hour) == [Entry("test.kind", brand.schema_name)]


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
