"""Shared setup of benchmarks: a separate database, brands, a running web server, and clocks."""

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

if TYPE_CHECKING:
    from shared_apps.tenants.models import Brand

ROOT = Path(__file__).resolve().parents[2]
REDIS_DATABASE = 15  # 0 is `make run`'s, 1 to 14 are the tests'
WEB_WORKERS = 2
WEB_THREADS = 4


@dataclass(frozen=True)
class Measurement:
    """One line of the report. `bound` says in words what the value must be; `ok` whether it is."""

    value: float | None
    unit: str
    bound: str
    ok: bool
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it goes into `.local/bench.json`."""
        return asdict(self)


def median_seconds(action: Callable[[], object], times: int) -> float:
    """The median duration of `times` calls."""
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def data_file(name: str) -> Path | None:
    """A large data file in BANYAN_DATA, or in `shared/data` beside the checkout."""
    folders = [os.environ.get("BANYAN_DATA", ""), str(ROOT.parent / "shared" / "data")]
    found = [Path(folder) / name for folder in folders if folder]
    return next((path for path in found if path.exists()), None)


class Server:
    """The Postgres and the Redis that the benchmarks work on."""

    def __init__(self) -> None:
        self.url = os.environ["DATABASE_URL"]

    def address_of(self, database: str) -> str:
        """The address of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def execute(self, *statements: str) -> None:
        """Run statements outside all benchmarks' databases."""
        with closing(psycopg2.connect(self.address_of("postgres"))) as connection:
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)

    def enter(self, database: str) -> None:
        """Set Django up for a database, and for a Redis that `make run` does not use."""
        os.environ.update(
            DATABASE_URL=self.address_of(database),
            REDIS_URL=redis_database(os.environ["REDIS_URL"], REDIS_DATABASE),
            DJANGO_SETTINGS_MODULE="config.settings.local",
            DEBUG="0",
            LOG_LEVEL="ERROR",
            API_REQUESTS_PER_MINUTE="100000000",
            SIGNUPS_PER_HOUR_PER_IP="100000000",
        )
        import django

        django.setup()
        from kernel.core import counters

        counters.client().flushdb()

    @staticmethod
    def leave() -> None:
        """Close this process' connections."""
        from django.db import connections

        connections.close_all()


def redis_database(url: str, number: int) -> str:
    """The same Redis, another of its numbered databases."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


class Template:
    """A database with public and the brands' template migrated, which each benchmark copies; gone with the run."""

    name = f"banyan_bench_{os.getpid()}"

    def __enter__(self) -> "Template":
        self.server = Server()
        self.server.execute(f'CREATE DATABASE "{self.name}"')
        # In a process of its own: while a connection is open, nobody can copy the database.
        made = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, __file__, self.name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        if made.returncode:
            self.__exit__()
            raise RuntimeError("the database for the benchmarks could not be made")
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def prepare(database: str) -> None:
    """Migrate public and the brands' template in an empty database."""
    server = Server()
    server.enter(database)
    from shared_apps.tenants.services import migrations, provisioning

    migrations.migrate_public()
    provisioning.build_template()
    server.leave()


class House:
    """A database of one benchmark's own; gone when it is done."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.name = f"{template}_{os.getpid()}"
        self.server = Server()
        self.url = self.server.address_of(self.name)

    def __enter__(self) -> "House":
        self.server.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')
        self.server.enter(self.name)
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.leave()
        self.server.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    @staticmethod
    def prefix(schema: str) -> str:
        """Role and path, which the program sends ahead of each statement: a floor without them guards nothing."""
        from kernel.database.roles import statement_prefix

        return statement_prefix(schema, as_owner=False)

    def raw_connection(self, schema: str) -> Any:
        """A bare psycopg2 connection with the brand's schema as its path: what the floors run on."""
        return psycopg2.connect(self.url, options=f"-c search_path={schema}")

    def brand(self, slug: str) -> "Brand":
        """A new brand, and the connection inside it."""
        from kernel.tenancy.context import enter_brand, leave_brand
        from shared_apps.tenants.services import provisioning

        leave_brand()
        made = provisioning.provision_brand(
            name=slug.title(),
            slug=slug,
            owner_name="Owner",
            owner_email=f"owner@{slug}.example",
            owner_phone=None,
            password="a long pass phrase",
        )
        enter_brand(made)
        return made

    def api_key(self) -> str:
        """An API key of the current brand with the owner's permissions."""
        from shared_apps.accounts.services import api_keys

        _, token = api_keys.issue_api_key(name="benchmark", role="owner")
        return str(token)

    @contextmanager
    def web_server(self) -> Iterator[int]:
        """The real web server on a free port, as `make run` starts it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--workers",
            str(WEB_WORKERS),
            "--blocking-threads",
            str(WEB_THREADS),
            "--no-ws",
            "config.wsgi:application",
        ]
        log = (ROOT / ".local" / "bench-web.log").open("wb")
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)  # noqa: S603
        try:
            wait_until_healthy(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)
            log.close()


def wait_until_healthy(port: int, seconds: float = 30) -> None:
    """Return when /healthz answers. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the web server did not become healthy")


if __name__ == "__main__":
    prepare(sys.argv[1])
