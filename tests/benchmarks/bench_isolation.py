"""Fifty threads over twenty brands, in and out of transactions, after rollbacks, direct and through a pooler."""

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.harness import House, Measurement

BRANDS = 20
THREADS = 50
SECONDS = 8.0
POOL_SIZE = 10
POOLER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def measure(house: House) -> Measurement:
    """Every row says whose it is; a foreign row read or written is a leak."""
    schemas = [house.brand(f"island{number:02d}").schema_name for number in range(BRANDS)]
    results = {"direct": storm(schemas)}
    if POOLER:
        with pooled(house):
            results["transaction pooler"] = storm(schemas)
    written = foreign_rows(house, schemas)
    read = sum(result["foreign rows read"] for result in results.values())
    failed = sum(result["errors"] for result in results.values())
    details: dict[str, object] = {name: dict(result) for name, result in results.items()}
    if not POOLER:
        details["transaction pooler"] = "not measured: pgbouncer is not installed"
    details["foreign rows written"] = written
    return Measurement(
        value=read + written,
        unit="foreign rows",
        bound="= 0 read, 0 written",
        ok=read == written == failed == 0,
        details=details,
    )


def storm(schemas: list[str]) -> Counter[str]:
    """All threads, each in a brand after another, for some seconds."""
    results: list[Counter[str]] = []
    threads = [threading.Thread(target=lambda: results.append(wander(schemas))) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(results, Counter({"foreign rows read": 0, "errors": 0}))


class Undone(Exception):
    """Rolls a transaction back on purpose."""


def wander(schemas: list[str]) -> Counter[str]:
    """Pick a brand and a way of working, look for foreign rows, write one's own."""
    from django.db import connection
    from django_tenants.utils import schema_context

    chance = random.Random()
    found = Counter[str]()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        schema = chance.choice(schemas)
        try:
            with schema_context(schema):
                chance.choice([work, in_a_transaction, after_a_rollback, nested])(schema, chance, found)
            found["visits"] += 1
        except Exception as error:
            found["errors"] += 1
            found[f"{type(error).__name__}: {error}"[:100]] += 1
            connection.close()
        if chance.random() < 0.02:
            connection.close()
    connection.close()
    return found


def work(schema: str, chance: random.Random, found: Counter[str]) -> None:
    """One cursor, several statements: outside a transaction each is one of its own."""
    from django.db import connection

    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT count(*) FROM catalog_category WHERE name NOT LIKE %s", [f"{schema} %"])
            found["foreign rows read"] += cursor.fetchone()[0]
            name = f"{schema} {chance.getrandbits(60)}"
            cursor.execute("INSERT INTO catalog_category (name, position) VALUES (%s, 0)", [name])
            found["rows written"] += 1


def in_a_transaction(schema: str, chance: random.Random, found: Counter[str]) -> None:
    """All of it or nothing."""
    from django.db import transaction

    with transaction.atomic():
        work(schema, chance, found)


def after_a_rollback(schema: str, chance: random.Random, found: Counter[str]) -> None:
    """A transaction that is undone, and the same connection used on."""
    from django.db import transaction

    try:
        with transaction.atomic():
            work(schema, chance, found)
            raise Undone
    except Undone:
        work(schema, chance, found)


def nested(schema: str, chance: random.Random, found: Counter[str]) -> None:
    """A savepoint that is undone inside a transaction that is kept."""
    from django.db import transaction

    with transaction.atomic():
        after_a_rollback(schema, chance, found)


def foreign_rows(house: House, schemas: list[str]) -> int:
    """Rows in a brand that name another one, looked for past everything of ours."""
    total = 0
    for schema in schemas:
        raw = house.raw_connection(schema)
        cursor = raw.cursor()
        cursor.execute("SELECT count(*) FROM catalog_category WHERE name NOT LIKE %s", [f"{schema} %"])
        total += cursor.fetchone()[0]
        raw.close()
    return total


@contextmanager
def pooled(house: House) -> Iterator[None]:
    """The default connection by way of a PgBouncer in transaction mode with fewer servers than threads."""
    from django.db import connections

    parts = urlsplit(house.url)
    query = parse_qs(urlsplit(house.url).query)
    host = query.get("host", [parts.hostname or "127.0.0.1"])[0]
    port = query.get("port", [str(parts.port or 5432)])[0]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listening = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="banyan-pooler-"))
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={host} port={port} user={parts.username or 'postgres'}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listening}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\nmax_client_conn = 500\ndefault_pool_size = {POOL_SIZE}\n"
    )
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # PgBouncer refuses root; nobody owns the socket
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
        os.chown(configuration, user.pw_uid, user.pw_gid)
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    process = subprocess.Popen([str(POOLER), "-q", str(configuration)], **identity)  # type: ignore[call-overload]  # noqa: S603
    settings = connections["default"].settings_dict
    former = {name: settings[name] for name in ("HOST", "PORT", "OPTIONS")}
    try:
        time.sleep(1)
        settings.update(HOST="127.0.0.1", PORT=str(listening), OPTIONS={**former["OPTIONS"], "pooled": True})
        connections["default"].close()
        yield
    finally:
        connections["default"].close()
        settings.update(former)
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder)
