"""An event reaches every handler once, whatever fails in between."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from celery import current_app as celery
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel import clock, outbox, tasks
from kernel.actors import SYSTEM, Actor, acting_as, current_actor
from kernel.models import DeliveryState, NumberSeries, OutboxDelivery, OutboxMessage
from kernel.origin import Origin, coming_from, current_origin


@dataclass(frozen=True)
class ThingHappened:
    thing_id: int
    amount: Decimal = Decimal("0.00")
    at: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    day: date = date(2026, 11, 21)
    note: str | None = None
    numbers: tuple[int, ...] = ()


@pytest.fixture
def listen(fresh_registry: outbox.Registry, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Registers ThingHappened, and handlers by name; returns the list of what they were told."""
    monkeypatch.setattr(celery, "send_task", lambda *_, **__: None)
    outbox.event("test.thing_happened")(ThingHappened)

    def register(name: str, handler: Callable[[ThingHappened], None] | None = None) -> list[Any]:
        told: list[Any] = []

        def remember(fact: ThingHappened) -> None:
            if handler:
                handler(fact)
            told.append(fact)

        outbox.handles(ThingHappened, name=name)(remember)
        return told

    return register


def _fail(fact: ThingHappened) -> None:
    raise ValueError("a handler's trouble")


@pytest.mark.django_db
def test_each_handler_is_told_once_and_gets_what_was_published(listen: Any) -> None:
    first, second = listen("test.first"), listen("test.second")
    fact = ThingHappened(
        thing_id=2**60,
        amount=Decimal("12.30"),
        at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        note="喜 🎉",
        numbers=(1, 2),
    )
    outbox.publish(fact)

    assert outbox.deliver_pending() == 2
    assert outbox.deliver_pending() == 0
    assert first == second == [fact]
    assert str(first[0].amount) == "12.30"
    assert set(OutboxDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db
@pytest.mark.parametrize("handlers", [0, 1, 7])
def test_publishing_is_one_statement_however_many_listen(listen: Any, handlers: int) -> None:
    for number in range(handlers):
        listen(f"test.h{number}")
    with CaptureQueriesContext(connection) as queries:
        outbox.publish(ThingHappened(1))
    assert len(queries) == 1
    assert OutboxMessage.objects.count() == 1
    assert OutboxDelivery.objects.count() == handlers


@pytest.mark.django_db(transaction=True)
def test_publishing_needs_a_transaction(live_brand: Any, listen: Any) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.publish(ThingHappened(1))


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_happened(live_brand: Any, listen: Any) -> None:
    listen("test.h")
    with transaction.atomic():
        outbox.publish(ThingHappened(1))
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()
    assert outbox.deliver_pending() == 0


@pytest.mark.django_db
def test_a_failing_handler_is_undone_and_repeated_later_and_holds_up_nobody(
    listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_fail(fact: ThingHappened) -> None:
        NumberSeries.objects.create(kind="HALF", day=fact.day, last=1)
        raise ValueError("a handler's trouble\x00")

    listen("test.bad", write_and_fail)
    good = listen("test.good")
    for number in range(3):
        outbox.publish(ThingHappened(number))

    assert outbox.deliver_pending() == 6
    assert [fact.thing_id for fact in good] == [0, 1, 2]
    assert not NumberSeries.objects.filter(kind="HALF").exists()
    waiting = OutboxDelivery.objects.filter(handler="test.bad")
    assert {(item.state, item.attempts) for item in waiting} == {("pending", 1)}
    assert all("a handler's trouble" in item.last_error for item in waiting)
    assert all(item.due_at > clock.now() for item in waiting)
    assert outbox.deliver_pending() == 0  # not before its time

    later = clock.now() + timedelta(seconds=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert outbox.deliver_pending() == 3


@pytest.mark.django_db
def test_it_gives_up_after_twenty_attempts_and_shows_it(listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listen("test.bad", _fail)
    outbox.publish(ThingHappened(1))
    start = clock.now()
    for attempt in range(outbox.MAX_ATTEMPTS + 5):
        moment = start + attempt * (outbox.LONGEST_PAUSE + timedelta(seconds=1))
        monkeypatch.setattr(clock, "now", partial(lambda it: it, moment))
        assert outbox.deliver_pending() == (1 if attempt < outbox.MAX_ATTEMPTS else 0)
    dead = OutboxDelivery.objects.get()
    assert (dead.state, dead.attempts) == (DeliveryState.DEAD, 20)
    assert "ValueError" in dead.last_error

    outbox.retry_given_up()
    assert outbox.deliver_pending() == 1


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [outbox.pause_after(attempt) for attempt in range(1, 21)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=2), timedelta(hours=1))


@pytest.mark.django_db
def test_a_handler_that_is_gone_leaves_its_delivery_waiting(listen: Any, fresh_registry: outbox.Registry) -> None:
    listen("test.gone")
    outbox.publish(ThingHappened(1))
    del fresh_registry.handlers["test.gone"]
    assert outbox.deliver_pending() == 1
    assert OutboxDelivery.objects.get().state == DeliveryState.PENDING


@pytest.mark.django_db
def test_handlers_act_as_the_system_with_the_cause_s_request_id(listen: Any) -> None:
    seen: list[tuple[Actor, str]] = []
    listen("test.h", lambda fact: seen.append((current_actor(), current_origin().request_id)))
    somebody = Actor(kind="user", id=7, label="Wang")
    with acting_as(somebody), coming_from(Origin("req-1")):
        outbox.publish(ThingHappened(1))
    with acting_as(somebody):
        outbox.deliver_pending()
        assert current_actor() == somebody
    assert seen == [(SYSTEM, "req-1")]


@pytest.mark.django_db(transaction=True)
def test_on_commit_the_schema_is_woken_once(live_brand: Any, listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(celery, "send_task", lambda name, **options: sent.append((name, options["headers"])))
    listen("test.h")
    with transaction.atomic():
        for number in range(3):
            with transaction.atomic():
                outbox.publish(ThingHappened(number))
        assert sent == []
    assert sent == [("kernel.tasks.deliver_outbox", {"brand_schema": live_brand.schema_name})]


@pytest.mark.django_db(transaction=True)
def test_a_publication_survives_a_rolled_back_neighbour(
    live_brand: Any, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(celery, "send_task", lambda name, **_: sent.append(name))
    listen("test.h")
    with transaction.atomic():
        with transaction.atomic():
            outbox.publish(ThingHappened(1))
            transaction.set_rollback(True)
        outbox.publish(ThingHappened(2))
    assert len(sent) == 1
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_costs_nothing_and_the_sweeper_delivers(
    live_brand: Any, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(celery, "send_task", refuse)
    told = listen("test.h")
    with transaction.atomic():
        outbox.publish(ThingHappened(1))  # commits; the process dies before anything is delivered
    assert told == []

    woken: list[str] = []

    def deliver_now(task: Any, schema: str, *_: Any, **__: Any) -> None:
        woken.append(schema)
        if schema == live_brand.schema_name:
            task.apply(headers={"brand_schema": schema})

    monkeypatch.setattr("kernel.tenancy.send_to_brand", deliver_now)
    tasks.sweep_outboxes.apply(throw=True)
    assert live_brand.schema_name in woken
    assert [fact.thing_id for fact in told] == [1]


@pytest.mark.django_db(transaction=True)
def test_many_deliverers_at_once_run_each_delivery_once(
    live_brand: Any, listen: Any, in_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_in_the_database(fact: ThingHappened) -> None:
        NumberSeries.objects.create(kind=f"T{fact.thing_id}", day=fact.day, last=1)  # unique: twice would fail

    told = listen("test.count", count_in_the_database)
    with transaction.atomic():
        for number in range(40):
            outbox.publish(ThingHappened(number))

    done = in_threads(live_brand, 6, lambda _: outbox.deliver_pending(limit=100))
    assert sum(done) == 40
    assert sorted(fact.thing_id for fact in told) == list(range(40))
    assert NumberSeries.objects.count() == 40
    assert set(OutboxDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db
def test_old_deliveries_are_forgotten_and_unfinished_ones_kept(listen: Any) -> None:
    listen("test.good")
    listen("test.bad", lambda fact: _fail(fact) if fact.thing_id == 2 else None)
    for number in (1, 2):
        outbox.publish(ThingHappened(number))
    outbox.deliver_pending()
    now = clock.now()
    assert tasks.forget(now + timedelta(days=29)) == (0, 0)
    assert tasks.forget(now + timedelta(days=31)) == (1, 0)
    assert OutboxMessage.objects.get().payload["thing_id"] == 2


@pytest.mark.django_db
def test_lag_is_the_oldest_wait(listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outbox.lag_seconds() == 0
    listen("test.h")
    outbox.publish(ThingHappened(1))
    later = clock.now() + timedelta(seconds=90)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert 89 < outbox.lag_seconds() < 92


@pytest.mark.django_db
def test_an_older_event_without_a_newer_field_can_still_be_read(listen: Any, fresh_registry: outbox.Registry) -> None:
    assert fresh_registry.decode("test.thing_happened", {"thing_id": 5, "dropped_long_ago": 1}) == ThingHappened(5)


def test_events_are_frozen_dataclasses_of_plain_values(fresh_registry: outbox.Registry) -> None:
    @dataclass
    class Soft:
        thing_id: int

    @dataclass(frozen=True)
    class Heavy:
        things: dict[str, int]

    @dataclass(frozen=True)
    class Fine:
        thing_id: int

    with pytest.raises(TypeError, match="frozen"):
        outbox.event("test.soft")(Soft)
    with pytest.raises(TypeError, match=r"test\.heavy\.things"):
        outbox.event("test.heavy")(Heavy)
    with pytest.raises(TypeError, match="not an event"):
        outbox.handles(Fine, name="test.fine")(lambda _: None)
    outbox.event("test.fine")(Fine)
    with pytest.raises(ValueError, match="two events"):
        outbox.event("test.fine")(Fine)
    outbox.handles(Fine, name="test.h")(lambda _: None)
    with pytest.raises(ValueError, match="two handlers"):
        outbox.handles(Fine, name="test.h")(lambda _: None)
