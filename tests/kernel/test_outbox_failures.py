"""Handlers that fail, brokers that are down, processes that die: every delivery still has its effect once."""

from datetime import timedelta
from functools import partial
from threading import Barrier, Event, get_ident
from typing import Any

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.events import outbox, tasks
from kernel.events.registry import Registry
from kernel.models import DeliveryState, NumberSeries, OutboxDelivery, OutboxMessage
from shared_apps.tenants.models import Brand


def _fail(fact: Any) -> None:
    raise ValueError("a handler's trouble")


@pytest.mark.django_db
def test_a_failing_handler_is_undone_and_repeated_later_and_holds_up_nobody(
    listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_fail(fact: Any) -> None:
        NumberSeries.objects.create(kind="HALF", day=fact.day, last=1)
        raise ValueError("a handler's trouble\x00")

    listen("test.bad", write_and_fail)
    good = listen("test.good")
    for number in range(3):
        outbox.publish(thing(number))

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
def test_it_gives_up_after_twenty_attempts_and_shows_it(
    listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen("test.bad", _fail)
    outbox.publish(thing(1))
    start = clock.now()
    for attempt in range(outbox.MAX_ATTEMPTS + 5):
        moment = start + attempt * (outbox.MAX_PAUSE + timedelta(seconds=1))
        monkeypatch.setattr(clock, "now", partial(lambda it: it, moment))
        assert outbox.deliver_pending() == (1 if attempt < outbox.MAX_ATTEMPTS else 0)
    dead = OutboxDelivery.objects.get()
    assert (dead.state, dead.attempts) == (DeliveryState.DEAD, 20)
    assert "ValueError" in dead.last_error


def test_pauses_grow_up_to_six_hours() -> None:
    pauses = [outbox.pause_after(attempt) for attempt in range(1, 21)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=2), timedelta(hours=6))


@pytest.mark.django_db
def test_a_handler_that_is_gone_leaves_its_delivery_waiting(listen: Any, thing: Any, fresh_registry: Registry) -> None:
    listen("test.gone")
    outbox.publish(thing(1))
    del fresh_registry.handlers["test.gone"]
    assert outbox.deliver_pending() == 1
    assert OutboxDelivery.objects.get().state == DeliveryState.PENDING


@pytest.mark.django_db(transaction=True)
def test_many_deliverers_at_once_run_each_delivery_once(
    live_brand: Brand, listen: Any, thing: Any, in_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_in_the_database(fact: Any) -> None:
        NumberSeries.objects.create(kind=f"T{fact.thing_id}", day=fact.day, last=1)  # unique: twice would fail

    told = listen("test.count", count_in_the_database)
    with transaction.atomic():
        for number in range(40):
            outbox.publish(thing(number))

    done = in_threads(live_brand, 6, lambda _: outbox.deliver_pending(limit=100))
    assert sum(done) == 40
    assert sorted(fact.thing_id for fact in told) == list(range(40))
    assert NumberSeries.objects.count() == 40
    assert set(OutboxDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_in_a_handler_blocks_nobody(
    live_brand: Brand, listen: Any, thing: Any, in_threads: Any
) -> None:
    def die(fact: Any) -> None:
        if fact.thing_id == 0:
            NumberSeries.objects.create(kind="HALF", day=fact.day, last=1)
            raise SystemExit  # as a killed worker: nothing after this line runs

    told = listen("test.fatal", die)
    with transaction.atomic():
        for number in range(3):
            outbox.publish(thing(number))

    with pytest.raises(SystemExit):
        in_threads(live_brand, 1, lambda _: outbox.deliver_pending())
    assert outbox.deliver_pending() == 2
    assert [fact.thing_id for fact in told] == [1, 2]
    assert not NumberSeries.objects.exists()
    waiting = OutboxDelivery.objects.get(state="pending")
    assert waiting.attempts == 1
    assert timedelta(0) < waiting.due_at - clock.now() <= outbox.LEASE


@pytest.mark.django_db(transaction=True)
def test_two_that_run_the_same_delivery_after_a_lease_have_one_effect(
    live_brand: Brand, listen: Any, thing: Any, in_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(0))
    first_is_inside = Event()
    both = Barrier(2)

    def slow(fact: Any) -> None:
        first_is_inside.set()
        both.wait(timeout=20)
        NumberSeries.objects.create(kind=f"T{get_ident() % 10**9}", day=fact.day, last=1)

    listen("test.slow", slow)
    with transaction.atomic():
        outbox.publish(thing(1))

    def work(number: int) -> int:
        if number == 1:
            first_is_inside.wait(timeout=20)
        return outbox.deliver_pending(limit=1)

    assert in_threads(live_brand, 2, work) == [1, 1]
    assert NumberSeries.objects.count() == 1
    delivery = OutboxDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)


@pytest.mark.django_db
def test_a_delivery_whose_process_always_died_is_given_up(listen: Any, thing: Any) -> None:
    told = listen("test.h")
    outbox.publish(thing(1))
    OutboxDelivery.objects.update(attempts=outbox.MAX_ATTEMPTS)
    outbox.deliver_pending()
    dead = OutboxDelivery.objects.get()
    assert (dead.state, told) == ("dead", [])
    assert "died" in dead.last_error


@pytest.mark.django_db
def test_old_deliveries_are_forgotten_and_unfinished_ones_kept(listen: Any, thing: Any) -> None:
    listen("test.good")
    listen("test.bad", lambda fact: _fail(fact) if fact.thing_id == 2 else None)
    for number in (1, 2):
        outbox.publish(thing(number))
    outbox.deliver_pending()
    now = clock.now()
    assert tasks.forget(now + timedelta(days=29)) == (0, 0)
    assert tasks.forget(now + timedelta(days=31)) == (1, 0)
    assert OutboxMessage.objects.get().payload["thing_id"] == 2


@pytest.mark.django_db
def test_lag_is_the_oldest_wait(listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outbox.lag_seconds() == 0
    listen("test.h")
    outbox.publish(thing(1))
    later = clock.now() + timedelta(seconds=90)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert 89 < outbox.lag_seconds() < 92
