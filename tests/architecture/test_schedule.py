"""Beat's timetable names tasks that exist, none of which asks every brand; every task names its queue."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.celery import app
from kernel.core import clock
from kernel.events import due, queue
from kernel.tenancy.context import public_schema
from kernel.tenancy.tasks import BrandTask, PublicTask
from shared_apps.tenants.models import Brand

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
# Whoever lists the brands' schemas may send each a message: only the sweep, page by page, and commands that people run.
MAY_LIST_BRANDS = {"platform/kernel/events/running.py", "platform/kernel/management/commands/reencrypt.py"}
LISTS = {"list_ready_brands", "list_ready_schemas"}


def _ours() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "test"))}


def _sources() -> Iterator[Path]:
    for folder in ("platform", "shared_apps", "tenant_apps"):
        yield from sorted((ROOT / folder).glob("**/*.py"))


def test_every_scheduled_task_exists_and_is_the_platform_s() -> None:
    scheduled = {entry["task"] for entry in SCHEDULE.values()}
    assert scheduled
    assert scheduled - set(_ours()) == set()
    assert [name for name in scheduled if not isinstance(app.tasks[name], PublicTask)] == []


def test_a_scheduled_message_is_worth_nothing_once_the_next_is_sent() -> None:
    for name, entry in SCHEDULE.items():
        period = entry["schedule"]
        seconds = period if isinstance(period, float) else 86_400  # a time of day
        assert entry["options"]["expires"] == seconds, name


def test_every_task_and_kind_names_its_queue() -> None:
    assert [known.name for known in settings.CELERY_TASK_QUEUES] == list(queue.QUEUES)
    assert {name: task.queue for name, task in _ours().items() if task.queue not in queue.QUEUES} == {}
    assert {name for name, kind in due.kinds.items() if kind.queue not in queue.QUEUES} == set()
    assert all(isinstance(task, BrandTask | PublicTask) for task in _ours().values())


def test_work_outlives_redis() -> None:
    """Require each kind to be periodic or found again in the rows, since notes are lost with Redis.

    Nothing is lost where the sweep itself calls it.
    """
    assert [name for name, kind in due.kinds.items() if not (kind.every or kind.find)] == ["kernel.look_after"]


def test_nobody_lists_all_brands_to_send_each_a_message() -> None:
    found = set()
    for path in _sources():
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        if names & LISTS:
            found.add(str(path.relative_to(ROOT)))
    assert found == MAY_LIST_BRANDS


def test_messages_are_sent_by_the_queue_alone() -> None:
    """`after_commit` is the one spelling: a task sent by hand is sent before the commit, or raises after it."""
    sending = {"send_task", "apply_async", "delay"}
    allowed = {"platform/kernel/events/queue.py", "platform/kernel/events/due.py", "platform/kernel/events/tasks.py"}
    found = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in sending:
                found.add(str(path.relative_to(ROOT)))
    assert found == allowed


@pytest.mark.django_db
@pytest.mark.parametrize("job", sorted(SCHEDULE))
def test_no_job_sends_a_message_to_each_brand(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new job that fans out fails here: 120 brands more may cost one message more, the sweep's."""
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(app, "send_task", lambda *given, **_named: sent.append(given))
    monkeypatch.setattr(queue, "send", lambda *given: sent.append(given))
    for task in _ours().values():
        monkeypatch.setattr(task, "apply_async", lambda *given, **_named: sent.append(given))
    with public_schema():
        task = app.tasks[SCHEDULE[job]["task"]]
        task.run()
        sent.clear()
        task.run()
        few = len(sent)
        now = clock.now()
        Brand.objects.bulk_create([_row(number, now) for number in range(120)])
        sent.clear()
        task.run()
    assert len(sent) <= few + 1


def _row(number: int, now: datetime) -> Brand:
    """A brand without a schema: enough to be sent a message."""
    return Brand(
        schema_name=f"t_fanout{number}",
        name=f"Brand {number}",
        slug=f"fanout{number}",
        skeleton=f"fanout{number}",
        provisioning_state="ready",
        owner_name="Owner",
        owner_email=f"fanout{number}@example.com",
        state="active",
        trial_ends_at=now.astimezone(UTC) + timedelta(days=15),
        schema_dropped_at=now,
    )
