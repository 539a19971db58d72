"""Test that writing work skips read-only brands while reads, housekeeping and promised work run."""

import logging
from typing import Any

import pytest
from celery import Celery

from config.celery import app as ours
from kernel.events import due, running
from kernel.events.queue import HOUSEKEEPING
from kernel.tenancy.context import enter_brand, public_schema
from kernel.tenancy.tasks import BrandTask, PublicTask
from shared_apps.tenants.models import Brand

from .conftest import DAY, NOW, put, settle, subscribe

pytestmark = pytest.mark.django_db
# Each runs in brands that only read, and says in its module why.
RUN_ANYWAY = {
    "accounts.forget_expired",
    "agents.index_unknown",
    "attribution.forget_old_posters",
    "customers.index_unknown",
    "entitlements.recount_quotas",
    "imports.forget_uploads",
    "insights.push_figures",
    "kernel.forget",
    "kernel.look_after",
    "kernel.outbox",
    "orders.index_unknown",
    "tenants.run_export",
}


@pytest.fixture
def tasks() -> tuple[Any, Any, list[str]]:
    app = Celery("lifecycle-test", broker="memory://", set_as_current=False)
    done: list[str] = []

    @app.task(shared=False, base=BrandTask, name="test.writes")
    def writes() -> str:
        done.append("writes")
        return "written"

    @app.task(shared=False, base=BrandTask, name="test.reads", writes=False)
    def reads() -> str:
        done.append("reads")
        return "read"

    return writes, reads, done


def stands(brand: Brand, state: str, **fields: Any) -> Brand:
    """The brand as a worker finds it: fresh from the database."""
    with public_schema():
        put(brand, state=state, trial=100, **fields)
        found: Brand = Brand.objects.get(pk=brand.pk)
    enter_brand(found)
    return found


@pytest.mark.parametrize("state", ["trialing", "active", "past_due"])
def test_who_may_write_has_everything_done(brand: Brand, tasks: Any, state: str) -> None:
    writes, reads, done = tasks
    stands(brand, state)
    assert (writes(), reads()) == ("written", "read")
    assert done == ["writes", "reads"]


READ_ONLY: list[tuple[str, dict[str, Any]]] = [
    ("trial_expired", {}),
    ("read_only", {}),
    ("suspended", {"suspended_from": "active", "suspended_because": "unpaid"}),
    ("archived", {}),
]


@pytest.mark.parametrize(("state", "fields"), READ_ONLY)
def test_who_may_not_write_has_nothing_written(
    brand: Brand, tasks: Any, state: str, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    writes, reads, done = tasks
    stands(brand, state, **fields)
    with caplog.at_level(logging.INFO, logger="kernel.tenancy.tasks"):
        assert (writes(), reads()) == (None, "read")
    assert done == ["reads"]
    assert "test.writes skipped: t_acme may not write now" in caplog.text


def test_a_trial_that_is_over_counts_from_its_moment(brand: Brand, tasks: Any) -> None:
    writes, _reads, done = tasks
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(state="trialing", trial_ends_at=NOW - 3_000 * DAY)
        found = Brand.objects.get(pk=brand.pk)
    enter_brand(found)
    assert writes() is None
    assert done == []


def test_due_work_that_writes_waits_for_the_payment(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(due, "kinds", dict(due.kinds))
    due.due_work("test.writes", queue=HOUSEKEEPING)(lambda _now: done.append("writes"))
    due.due_work("test.reads", queue=HOUSEKEEPING, writes=False)(lambda _now: done.append("reads"))
    with public_schema():
        put(brand, state="read_only", trial=-40)
        for kind in ("test.writes", "test.reads"):
            running.run(kind, [brand.schema_name])
        assert done == ["reads"]
        subscribe(brand)
        assert settle(brand) == "active"
        for kind in ("test.writes", "test.reads"):
            running.run(kind, [brand.schema_name])
    assert done == ["reads", "writes", "reads"]


def test_every_brands_task_writes_unless_it_says_why_not() -> None:
    ours.loader.import_default_modules()
    brands = {name: task for name, task in ours.tasks.items() if isinstance(task, BrandTask)}
    reading = {name for name, task in brands.items() if not task.writes and not name.startswith("test")}
    reading |= {name for name, kind in due.kinds.items() if not kind.writes}
    assert reading == RUN_ANYWAY
    assert all(isinstance(task, BrandTask | PublicTask) for name, task in ours.tasks.items() if "celery" not in name)
