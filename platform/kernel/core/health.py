"""Readiness checks: each is a function that returns a figure or raises."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from kernel.core import counters
from kernel.tenancy.context import public_schema

Figure = float | str | None
Check = Callable[[], Figure]

_LAG_KEY = "outbox-lag"
_LAG_SECONDS_KEPT = 120
_migrated = False


class NotReady(RuntimeError):
    """A failed check; the message names the problem and holds no secret."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check. `figure` is for display."""

    name: str
    ok: bool
    figure: Figure


def check_database() -> Figure:
    with public_schema(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return None


def check_redis() -> Figure:
    counters.client().ping()
    return None


def check_migrations() -> Figure:
    """Ensure the public schema has every migration of this code. A success is cached for the process."""
    global _migrated
    if _migrated:
        return None
    with public_schema():
        executor = MigrationExecutor(connections["default"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady("public migrations are missing")
    _migrated = True
    return None


def record_outbox_lag(seconds: float) -> None:
    """Store the longest wait that any brand's worker has met in the last two minutes. Best effort."""
    key = counters.key_for(_LAG_KEY, schema="")
    try:
        client = counters.client()
        known = client.get(key)
        if known is None or float(known) < seconds:
            client.set(key, seconds, ex=_LAG_SECONDS_KEPT)
    except counters.Unreachable:
        return


def check_outbox() -> Figure:
    """Return the longest recent wait in any outbox, in seconds. Never fails."""
    known = counters.client().get(counters.key_for(_LAG_KEY, schema=""))
    return round(float(known), 1) if known is not None else 0.0


def run_checks() -> list[Finding]:
    """Run the kernel's checks, and those named in the setting READINESS_CHECKS (name → dotted path)."""
    checks: dict[str, Check] = {
        "database": check_database,
        "redis": check_redis,
        "migrations": check_migrations,
        "outbox_lag_seconds": check_outbox,
    }
    for name, path in getattr(settings, "READINESS_CHECKS", {}).items():
        checks[name] = import_string(path)
    return [_run(name, check) for name, check in checks.items()]


def _run(name: str, check: Check) -> Finding:
    try:
        return Finding(name, True, check())
    except NotReady as reason:
        return Finding(name, False, str(reason))
    except Exception as error:
        return Finding(name, False, type(error).__name__)  # the text could name hosts and users
