"""Due work runs inside its brand, once at a time, and is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.events import due, due_set, outbox, running, tasks
from kernel.events.due import Kind, due_work
from kernel.events.due_set import MESSAGE_LOST_AFTER, Entry
from kernel.events.queue import HOUSEKEEPING
from kernel.tenancy.actors import SYSTEM, Actor, acting_as, current_actor
from kernel.tenancy.context import current_schema, is_public, public_schema
from shared_apps.tenants.models import Brand
from tests.factories.due_work import Sent

pytestmark = pytest.mark.usefixtures("empty_set")


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

    def sometimes(_fact: object) -> None:
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
