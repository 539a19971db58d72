"""An event reaches every handler once, whatever fails in between."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.events import due, outbox, tasks
from kernel.events.registry import Registry
from kernel.models import OutboxDelivery, OutboxMessage
from kernel.tenancy.actors import SYSTEM, Actor, acting_as, current_actor
from kernel.tenancy.context import public_schema
from kernel.tenancy.origin import Origin, coming_from, current_origin
from shared_apps.tenants.models import Brand


@pytest.mark.django_db
def test_each_handler_is_told_once_and_gets_what_was_published(listen: Any, thing: Any) -> None:
    first = listen("test.first")
    second = listen("test.second")
    fact = thing(
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
def test_publishing_is_one_statement_however_many_listen(listen: Any, thing: Any, handlers: int) -> None:
    for number in range(handlers):
        listen(f"test.h{number}")
    with CaptureQueriesContext(connection) as queries:
        outbox.publish(thing(1))
    assert len(queries) == 1
    assert OutboxMessage.objects.count() == 1
    assert OutboxDelivery.objects.count() == handlers


@pytest.mark.django_db(transaction=True)
def test_publishing_needs_a_transaction(live_brand: Brand, listen: Any, thing: Any) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.publish(thing(1))


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_happened(live_brand: Brand, listen: Any, thing: Any) -> None:
    listen("test.h")
    with transaction.atomic():
        outbox.publish(thing(1))
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()
    assert outbox.deliver_pending() == 0


@pytest.mark.django_db
def test_handlers_act_as_the_system_with_the_cause_s_request_id(listen: Any, thing: Any) -> None:
    seen: list[tuple[Actor, str]] = []
    listen("test.h", lambda fact: seen.append((current_actor(), current_origin().request_id)))
    somebody = Actor(kind="user", id=7, label="Wang")
    with acting_as(somebody), coming_from(Origin("req-1")):
        outbox.publish(thing(1))
    with acting_as(somebody):
        outbox.deliver_pending()
        assert current_actor() == somebody
    assert seen == [(SYSTEM, "req-1")]


@pytest.mark.django_db(transaction=True)
def test_on_commit_the_schema_is_woken_once(
    live_brand: Brand, listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(due, "send", lambda kind, entries: sent.append((kind.name, [one.schema for one in entries])))
    listen("test.h")
    with transaction.atomic():
        for number in range(3):
            with transaction.atomic():
                outbox.publish(thing(number))
        assert sent == []
    assert sent == [("kernel.outbox", [live_brand.schema_name])]


@pytest.mark.django_db(transaction=True)
def test_a_publication_survives_a_rolled_back_neighbour(
    live_brand: Brand, listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(due, "send", lambda _kind, entries: sent.extend(one.schema for one in entries))
    listen("test.h")
    with transaction.atomic():
        with transaction.atomic():
            outbox.publish(thing(1))
            transaction.set_rollback(True)
        outbox.publish(thing(2))
    assert len(sent) == 1
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_platform_has_an_outbox_of_its_own(
    live_brand: Brand, listen: Any, thing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(due, "send", lambda _kind, entries: sent.extend(one.schema for one in entries))
    told = listen("test.h")
    with public_schema():
        with transaction.atomic():
            outbox.publish(thing(1))
        assert sent == ["public"]
        try:
            tasks.run_due("kernel.outbox", ["public"])
        finally:
            OutboxDelivery.objects.all().delete()
            OutboxMessage.objects.all().delete()
    assert [fact.thing_id for fact in told] == [1]


@pytest.mark.django_db
def test_an_older_event_without_a_newer_field_can_still_be_read(
    listen: Any, thing: Any, fresh_registry: Registry
) -> None:
    assert fresh_registry.decode("test.thing_happened", '{"thing_id": 5, "dropped_long_ago": 1}') == thing(5)


def test_events_are_frozen_dataclasses_of_plain_values(fresh_registry: Registry) -> None:
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
