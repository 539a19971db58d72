"""Measure the cost of idle brands: messages, statements and new sessions per brand and minute.

Real workers and a real beat, as `make run` starts them, serve 100 brands. Two parts are added up: a minute in which
nothing is due, and each periodic kind of work and the sweep, run once for all brands and divided by its period. The
wait of an event for its handler is measured meanwhile.
"""

import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

from tests.benchmarks.harness import ROOT, House, Measurement

BRANDS = 100
QUIET_SECONDS = 60.0
MAX_MESSAGES = 0.1
MAX_STATEMENTS = 0.3
MAX_SESSIONS = 0.05
MAX_EVENT_SECONDS = 5.0
EVENTS = 10


def measure(house: House) -> Measurement:
    """Make the brands, let workers and beat come to rest, then count."""
    from django.db import connections

    from kernel.tenancy.context import leave_brand

    brands = [house.brand(f"idle{number:03d}") for number in range(BRANDS)]
    leave_brand()
    connections.close_all()
    with workers() as counts:
        settle()
        quiet = counts(house, lambda: time.sleep(QUIET_SECONDS))
        turns = {name: counts(house, act) for name, act in everything_periodic(brands).items()}
        waits = [event_seconds(brand) for brand in brands[:EVENTS]]
    per_minute = {key: quiet[key] / QUIET_SECONDS * 60 / BRANDS for key in quiet}
    minutes = periods()
    for name, turn in turns.items():
        for key, value in turn.items():
            per_minute[key] += value / minutes[name] / BRANDS
    bounds = {"messages": MAX_MESSAGES, "statements": MAX_STATEMENTS, "sessions": MAX_SESSIONS}
    slowest = max(waits)
    return Measurement(
        value=round(per_minute["messages"], 4),
        unit="msg",
        bound=f"≤ {MAX_MESSAGES:g}, {MAX_STATEMENTS:g} stmt, {MAX_SESSIONS:g} sess.",
        ok=all(per_minute[key] <= bound for key, bound in bounds.items()) and slowest <= MAX_EVENT_SECONDS,
        details={
            "brands": BRANDS,
            **{f"{key}_per_brand_and_minute": round(value, 4) for key, value in per_minute.items()},
            "in_a_quiet_minute": quiet,
            "one_turn_of_all_brands": {name: {**turn, "minutes": minutes[name]} for name, turn in turns.items()},
            "event_seconds": f"median {statistics.median(waits):.3f}, slowest {slowest:.3f}",
        },
    )


Counts = Callable[[House, Callable[[], object]], dict[str, int]]


@contextmanager
def workers() -> Iterator[Counts]:
    """Run worker processes and beat; yields a function that counts what an act costs."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A"]
    alone = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--concurrency", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with tempfile.TemporaryDirectory() as folder, (ROOT / ".local" / "bench-idle.log").open("wb") as log:
        commands = [
            [*celery, "tests.benchmarks.counting_worker", "worker", "-n", "events@%h", "-Q", "events", *alone],
            [*celery, "tests.benchmarks.counting_worker", "worker", "-n", "jobs@%h", "-Q", "housekeeping,long", *alone],
            [*celery, "config.celery", "beat", "-s", str(Path(folder) / "schedule"), "--pidfile="],
        ]
        running = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603
            for command in commands
        ]
        try:
            yield count
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(timeout=30)


def count(house: House, act: Callable[[], object]) -> dict[str, int]:
    """Messages, statements and new sessions that workers needed while `act` ran."""
    before = _figures(house)
    act()
    return {key: value - before[key] for key, value in _figures(house).items()}


def _figures(house: House) -> dict[str, int]:
    from kernel.core import counters
    from tests.benchmarks.counting_worker import HASH

    time.sleep(1.0)  # Postgres tells of a session's end within half a second
    # From another database: looking opens no session in the one that is looked at.
    with closing(psycopg2.connect(house.server.address_of("postgres"))) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = %s", [house.name])
        (sessions,) = cursor.fetchone() or (0,)
    found: Any = counters.client().hgetall(HASH)
    return {
        "messages": int(found.get(b"messages", 0)),
        "statements": int(found.get(b"statements", 0)),
        "sessions": int(sessions),
    }


def settle(seconds: float = 120) -> None:
    """Wait until all that is due now was done, and nothing comes due within the quiet minute. Raises TimeoutError."""
    from kernel.core import counters
    from kernel.events import due_set

    at, queued, at_work = due_set._keys()
    client: Any = counters.client()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = time.time()
        soon = client.zcount(at, "-inf", now + QUIET_SECONDS + 20)
        if client.zcard(at) and not soon and not client.zcard(queued) and not client.zcard(at_work):
            return
        if soon and client.zcount(at, "-inf", now) == 0 and not client.zcard(queued):
            for member, due in client.zrangebyscore(at, now, now + QUIET_SECONDS + 20, withscores=True):
                client.zadd(at, {member: due + 600})  # a turn that would fall into the quiet minute is counted below
        time.sleep(0.5)
    raise TimeoutError("the workers did not come to rest")


def everything_periodic(brands: list[Any]) -> dict[str, Callable[[], None]]:
    """The sweep, and each kind of work that has turns: acts that run it once in all brands."""
    from kernel.events import due
    from kernel.events.tasks import start_sweep

    schemas = [brand.schema_name for brand in brands]
    acts: dict[str, Callable[[], None]] = {"sweep": lambda: _run_to_the_end(start_sweep.delay)}
    for kind in due.kinds.values():
        if kind.every is not None and kind.scope != "public":
            acts[kind.name] = partial(_run_to_the_end, partial(_take_turns, kind, schemas))
    return acts


def _take_turns(kind: Any, schemas: list[str]) -> None:
    """Queue the kind as the dispatcher does: brands of the same moment share a message."""
    from zlib import crc32

    from kernel.events import due, due_set
    from kernel.events.due_set import Entry

    for share in range(due.SPREAD):
        entries = [Entry(kind.name, schema) for schema in schemas if crc32(schema.encode()) % due.SPREAD == share]
        size = due.BRANDS_PER_MESSAGE[kind.queue]
        for start in range(0, len(entries), size):
            part = entries[start : start + size]
            for entry in part:
                due_set.promise(entry, now=time.time())
            due.send(kind, part)


def _run_to_the_end(begin: Callable[[], object]) -> None:
    from kernel.core import counters
    from kernel.events import due_set
    from kernel.events.queue import QUEUES

    client: Any = counters.client()
    _at, queued, at_work = due_set._keys()
    begin()
    rest = 0
    deadline = time.monotonic() + 120
    while rest < 3:
        busy = client.zcard(queued) + client.zcard(at_work) + client.hlen("unacked") + sum(map(client.llen, QUEUES))
        rest = 0 if busy else rest + 1
        time.sleep(0.3)
        if time.monotonic() > deadline:
            raise TimeoutError("the work did not end")


def periods() -> dict[str, float]:
    """The minutes between two turns of each kind."""
    from kernel.events import due

    day = timedelta(days=1)
    found = {
        kind.name: (kind.every if isinstance(kind.every, timedelta) else day) / timedelta(minutes=1)
        for kind in due.kinds.values()
        if kind.every is not None
    }
    return {**found, "sweep": 60.0}


def event_seconds(brand: Any) -> float:
    """Return the seconds from an event's commit to its handler."""
    from django.db import connection, transaction

    from kernel.events import outbox
    from kernel.models import OutboxDelivery
    from kernel.tenancy.context import brand_schema
    from shared_apps.accounts.events import PasswordResetRequested

    with brand_schema(brand.schema_name):
        with transaction.atomic():
            message = outbox.publish(PasswordResetRequested(name="nobody@bench.example", origin="http://localhost"))
        started = time.perf_counter()
        while time.perf_counter() - started < MAX_EVENT_SECONDS:
            if not OutboxDelivery.objects.filter(message=message).exclude(state="delivered").exists():
                waited = time.perf_counter() - started
                break
            time.sleep(0.002)
        else:
            waited = math.inf
    connection.close()
    return waited
