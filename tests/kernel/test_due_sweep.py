"""The hourly sweep finds what a crash lost, page by page over all brands."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction

from kernel.core import clock, counters
from kernel.events import due, due_set, outbox, running, tasks
from kernel.events.due import Kind, due_work
from kernel.events.due_set import Entry
from kernel.events.queue import LONG
from kernel.tenancy.context import current_schema, public_schema
from shared_apps.tenants.models import Brand
from tests.factories.due_work import Sent

pytestmark = pytest.mark.usefixtures("empty_set")


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
