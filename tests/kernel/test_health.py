"""`/healthz` is about the process, `/readyz` about what it needs."""

from typing import Any

import orjson
import pytest
from django.test import RequestFactory
from pytest_django import Settings

from kernel.core import counters, health
from kernel.http.health import healthz, readyz

pytestmark = pytest.mark.django_db


def _ready() -> tuple[int, dict[str, Any]]:
    response = readyz(RequestFactory().get("/readyz"))
    return response.status_code, orjson.loads(response.content)


def test_the_process_answers_without_asking_anybody(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = healthz(RequestFactory().get("/healthz"))
    assert (response.status_code, response.content) == (200, b'{"status":"ok"}')
    assert "no-cache" in response["Cache-Control"]


def test_ready_means_everything_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", True)
    status, body = _ready()
    assert (status, body["status"]) == (200, "ready")
    assert {"database", "redis", "migrations", "outbox_lag_seconds"} <= set(body["checks"])


def test_redis_down_is_not_ready_and_gives_no_address_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", True)
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    status, body = _ready()
    assert (status, body["status"]) == (503, "not_ready")
    assert body["checks"]["redis"]["ok"] is False
    assert body["checks"]["database"]["ok"] is True
    assert "127.0.0.1" not in str(body)
    assert "hunter2" not in str(body)


def test_missing_migrations_are_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: [("x", False)])
    status, body = _ready()
    assert status == 503
    assert body["checks"]["migrations"] == {"ok": False, "figure": "public migrations are missing"}


def _lagging() -> float:
    raise health.NotReady("the template lags")


def test_the_settings_add_checks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", True)
    monkeypatch.setattr(health, "import_string", {"somewhere.lagging": _lagging}.__getitem__)
    settings.READINESS_CHECKS = {"template": "somewhere.lagging"}
    status, body = _ready()
    assert status == 503
    assert body["checks"]["template"] == {"ok": False, "figure": "the template lags"}


def test_the_longest_lag_is_remembered(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": "kernel-health-test"}}
    try:
        assert health.check_outbox() == 0.0
        health.record_outbox_lag(12.34)
        health.record_outbox_lag(3.0)
        assert health.check_outbox() == 12.3
    finally:
        counters.client().delete(counters.key_for("outbox-lag", schema=""))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    health.record_outbox_lag(1.0)  # best effort
