"""A worker keeps its connection between tasks, and gives up one that is broken or too old."""

import time
from datetime import UTC, datetime

import pytest
from celery import signals
from django.db import connection

from config.celery import app
from kernel.events.connections import KeepingFixup, KeepingWorkerFixup
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker_fixup() -> KeepingWorkerFixup:
    return KeepingWorkerFixup(app)


def session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_application_uses_it() -> None:
    assert [type(fixup) for fixup in vars(app)["_fixups"]] == [KeepingFixup]
    receivers = [str(receiver) for _key, receiver in signals.worker_init.receivers]
    assert any("KeepingFixup" in receiver for receiver in receivers)


def test_a_healthy_session_outlives_tasks(brand: Brand, worker_fixup: KeepingWorkerFixup) -> None:
    first = session()
    for _task in range(5):
        worker_fixup.close_database()
        worker_fixup.close_database()
        assert session() == first


def test_a_broken_session_is_replaced(brand: Brand, worker_fixup: KeepingWorkerFixup) -> None:
    first = session()
    connection.connection.close()
    worker_fixup.close_database()
    assert session() != first


def test_an_old_session_is_replaced(brand: Brand, worker_fixup: KeepingWorkerFixup) -> None:
    first = session()
    connection.close_at = time.monotonic() - 1
    worker_fixup.close_database()
    assert session() != first


def test_moments_are_read_in_utc_wherever_they_were_written(brand: Brand) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT timestamptz '2026-07-01 08:00:00.123456+08', timestamptz '1900-01-01 00:00:00+00'")
        read = cursor.fetchone()
    assert read == (datetime(2026, 7, 1, 0, 0, 0, 123456, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC))
    assert [moment.tzinfo for moment in read] == [UTC, UTC]
