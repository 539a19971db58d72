"""A task runs for the brand it was sent from, or fails; it never runs in public by accident."""

import json
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Task
from celery.app.trace import build_tracer
from django.core.cache import cache
from django_tenants.utils import get_public_schema_name

from kernel.events import tasks
from kernel.tenancy import context as tenancy
from kernel.tenancy.actors import SYSTEM, Actor, acting_as, current_actor
from kernel.tenancy.context import current_schema, enter_brand, is_public, public_schema
from kernel.tenancy.origin import Origin, coming_from, current_origin
from kernel.tenancy.tasks import (
    ACTOR_HEADER,
    ORIGIN_HEADER,
    SCHEMA_HEADER,
    BrandTask,
    BrandTaskRefused,
    PublicTask,
)
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> Celery:
    """A Celery application whose broker is this process' memory."""
    app = Celery("kernel-test", broker="memory://", set_as_current=False)
    app.conf.task_default_queue = f"test-{id(app)}"
    return app


def _sent(app: Celery) -> list[dict[str, Any]]:
    """The headers and bodies of all queued messages."""
    found: list[dict[str, Any]] = []
    with app.connection_for_read() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return found
            message.ack()
            found.append({"headers": message.headers, "body": json.loads(message.body or "")})


def _work_off(app: Celery, message: dict[str, Any]) -> Any:
    """Run one message the way a worker does; returns celery's (result, info)."""
    task = app.tasks[message["headers"]["task"]]
    args, kwargs, embed = message["body"]
    request = {**message["headers"], "args": args, "kwargs": kwargs, "is_eager": False, **embed}
    return build_tracer(task.name, task, app=app)(message["headers"]["id"], args, kwargs, request)


def _report(app: Celery, base: type[Task[..., Any]]) -> tuple[Any, list[Any]]:
    seen: list[Any] = []

    @app.task(shared=False, base=base, name=f"test.report_{base.__name__}")
    def report(fail: bool = False) -> None:
        seen.append((current_schema(), current_origin().request_id, current_actor().label))
        if fail:
            raise ValueError("on purpose")

    return report, seen


def test_schemas(brand: Brand) -> None:
    assert current_schema() == brand.schema_name
    assert tenancy.current_brand() == brand
    with public_schema():
        assert is_public()
        assert current_schema() == get_public_schema_name()
        with tenancy.brand_schema(brand.schema_name):
            assert tenancy.current_brand() == brand
    assert current_schema() == brand.schema_name


def test_no_brand_reads_what_another_cached(brand: Brand, other_brand: Brand) -> None:
    cache.set("greeting", "hello")
    enter_brand(other_brand)
    assert cache.get("greeting") is None
    enter_brand(brand)
    assert cache.get("greeting") == "hello"
    assert tenancy.cache_key("k", "p", 1).startswith(f"{brand.schema_name}:")


def test_a_message_carries_brand_request_and_actor(app: Celery, brand: Brand) -> None:
    report, _ = _report(app, BrandTask)
    wang = Actor(kind="user", id=7, label="Wang", role="sales", permissions=frozenset({"orders.ship"}))
    with acting_as(wang), coming_from(Origin("req-1", "192.0.2.1")):
        report.delay()
    headers = _sent(app)[0]["headers"]
    assert headers[SCHEMA_HEADER] == brand.schema_name
    assert headers[ORIGIN_HEADER] == ["req-1", "192.0.2.1"]
    assert headers[ACTOR_HEADER] == ["user", 7, "Wang", "sales"]


def test_the_worker_enters_the_brand_and_leaves_it(app: Celery, brand: Brand, other_brand: Brand) -> None:
    report, seen = _report(app, BrandTask)
    with acting_as(Actor(kind="user", id=7, label="Wang")), coming_from(Origin("req-1")):
        report.delay()
    message = _sent(app)[0]
    with public_schema():
        _work_off(app, message)
        assert is_public()
    enter_brand(other_brand)
    _work_off(app, message)
    assert current_schema() == other_brand.schema_name
    assert current_actor() == SYSTEM
    assert seen == [(brand.schema_name, "req-1", "Wang")] * 2


def test_a_failing_task_leaves_the_brand_too(app: Celery, brand: Brand, public: None) -> None:
    report, seen = _report(app, BrandTask)
    report.apply_async(kwargs={"fail": True}, headers={SCHEMA_HEADER: brand.schema_name})
    _work_off(app, _sent(app)[0])
    assert len(seen) == 1
    assert is_public()


@pytest.mark.parametrize("schema", [None, "", "public", "t_nobody"])
def test_a_task_without_its_brand_fails_and_does_not_run(
    app: Celery, public: None, schema: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    report, seen = _report(app, BrandTask)
    report.apply_async(headers={SCHEMA_HEADER: schema})
    message = _sent(app)[0]
    if schema is None:
        message["headers"].pop(SCHEMA_HEADER)
    info = _work_off(app, message)[1]
    assert seen == []
    assert info is not None
    assert isinstance(info.retval, BrandTaskRefused)


def test_a_worker_that_stands_in_another_brand_does_not_stay_there(
    app: Celery, brand: Brand, other_brand: Brand
) -> None:
    report, seen = _report(app, BrandTask)
    report.delay()
    message = _sent(app)[0]
    message["headers"].pop(SCHEMA_HEADER)
    enter_brand(other_brand)
    _work_off(app, message)
    assert seen == []


def test_a_task_called_in_place_needs_a_brand_around_it(app: Celery, brand: Brand) -> None:
    report, seen = _report(app, BrandTask)
    report()
    report.apply(throw=True)
    assert [entry[0] for entry in seen] == [brand.schema_name] * 2
    with public_schema():
        with pytest.raises(BrandTaskRefused):
            report()
        with pytest.raises(BrandTaskRefused):
            report.apply(throw=True)


def test_a_platform_task_runs_in_public_from_anywhere(app: Celery, brand: Brand) -> None:
    report, seen = _report(app, PublicTask)
    report.delay()
    _work_off(app, _sent(app)[0])
    report.apply(throw=True)
    report()
    assert [entry[0] for entry in seen] == ["public"] * 3
    assert current_schema() == brand.schema_name


def test_links_and_retries_stay_with_the_brand(app: Celery, brand: Brand, public: None) -> None:
    schemas: list[str] = []

    @app.task(shared=False, base=BrandTask, name="test.first", bind=True, max_retries=3)
    def first(self: Any) -> None:
        schemas.append(current_schema())
        if self.request.retries == 0:
            raise self.retry(countdown=0)

    @app.task(shared=False, base=BrandTask, name="test.second")
    def second() -> None:
        schemas.append(current_schema())

    chain = first.si() | second.si()
    with tenancy.brand_schema(brand.schema_name):
        chain.apply_async()
    for _ in range(3):
        for message in _sent(app):
            _work_off(app, message)
    assert schemas == [brand.schema_name] * 3


def test_every_task_of_ours_says_whose_it_is() -> None:
    ours = [task for name, task in tasks.dispatch_due.app.tasks.items() if name.startswith("kernel.")]
    assert len(ours) >= 4
    assert [task.name for task in ours if not isinstance(task, BrandTask | PublicTask)] == []
