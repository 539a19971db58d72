"""The supervisor: everything runs, comes back after `kill -9`, and ends with the signal."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from embedded import earlier_data
from embedded.instance import is_running, stop_run
from embedded.probes import Health
from embedded.processes import command_of
from embedded.servers import Servers
from tests.factories.ports import free_port

if TYPE_CHECKING:
    from .conftest import Checkout

MANAGE = """
import os, pathlib, sys
assert sys.argv[1:] == ["prepare"] and os.environ["DATABASE_URL"] and os.environ["REDIS_URL"]
pathlib.Path(".local/welcome.txt").write_text(f"Welcome on port {os.environ['PORT']}\\n")
"""
WEB = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getppid()).encode()]
"""
WORKER = """
import os
from celery import Celery
path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
app = Celery("stub", broker=f"redis+socket://{path}")
"""


@pytest.fixture
def stub(checkout: Checkout) -> Checkout:
    """A checkout with the smallest project that the supervisor can run."""
    (checkout.folder / "config").mkdir(exist_ok=True)
    for name, text in {
        "manage.py": MANAGE,
        "config/__init__.py": "",
        "config/wsgi.py": WEB,
        "config/celery.py": WORKER,
    }.items():
        (checkout.folder / name).write_text(text)
    return checkout


@pytest.fixture
def port() -> int:
    return free_port()


Run = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def run(stub: Checkout, port: int) -> Iterator[Run]:
    """Start the supervisor, in the background; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        started.append(stub.start("-m", "embedded", "run", PORT=str(port)))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=40)


def web_server(port: int, *, other_than: int = 0) -> int:
    """The process of the web server that answers, as soon as one does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
                connection.request("GET", "/")
                process = int(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            process = 0
        if process not in (0, other_than):
            return process
        time.sleep(0.1)
    pytest.fail("no web server answers")


def await_line(process: subprocess.Popen[str], part: str) -> None:
    """Read the output up to a line with this part; a run that never says it is killed, so that reading ends."""
    assert process.stdout is not None
    alarm = threading.Timer(60, process.kill)
    alarm.start()
    try:
        if any(part in line for line in process.stdout):
            return
    finally:
        alarm.cancel()
    pytest.fail(f"the run ended without saying {part!r}")


def test_runs_restarts_and_ends(stub: Checkout, port: int, run: Run) -> None:
    process = run()
    await_line(process, f"Welcome on port {port}")
    first = web_server(port)
    assert is_running(stub.locations)
    code, refusal = stub.run("-m", "embedded", "run", PORT=str(port))
    assert code == 1
    assert f"process {process.pid}, port {port}" in refusal

    os.kill(first, signal.SIGKILL)
    assert web_server(port, other_than=first) != first

    assert stop_run(stub.locations) or process.poll() == 0 or process.wait(30) == 0
    process.communicate(timeout=30)
    assert process.returncode == 0
    seen = Servers(stub.locations)
    assert (seen.postgres.probe(), seen.valkey.probe()) == (Health.DOWN, Health.DOWN)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent ended")
def test_a_killed_run_takes_its_programs_with_it_and_the_next_one_starts(port: int, run: Run) -> None:
    process = run()
    first = web_server(port)
    process.kill()
    process.communicate(timeout=30)
    run()
    assert web_server(port, other_than=first) != first
    assert command_of(first) is None


def test_a_port_in_use_is_told_before_anything_starts(new_checkout: Checkout) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        code, output = new_checkout.run("-m", "embedded", "run", PORT=str(port))
    assert code == 1
    assert output == f"Port {port} is in use by another program. Choose another: PORT={port + 1} make run"
    assert not (new_checkout.locations.data / "postgres").exists()


@pytest.mark.parametrize("port", ["web", "0", "70000", "-1"])
def test_a_port_that_is_none_is_told(new_checkout: Checkout, port: str) -> None:
    code, output = new_checkout.run("-m", "embedded", "run", PORT=port)
    assert (code, output) == (1, f"PORT must be a number from 1 to 65535, not {port!r}.")


def test_a_failing_preparation_ends_the_run(stub: Checkout, port: int) -> None:
    (stub.folder / "manage.py").write_text("import sys; sys.exit('the migration is broken')")
    code, output = stub.run("-m", "embedded", "run", PORT=str(port))
    assert code == 1
    assert "prepare | the migration is broken" in output
    assert Servers(stub.locations).postgres.probe() is Health.DOWN


def test_exec_passes_addresses_and_the_exit_code(checkout: Checkout) -> None:
    script = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); sys.exit(3)"
    code, output = checkout.run("-m", "embedded", "exec", "--", sys.executable, "-c", script)
    assert (code, output) == (3, f"{checkout.locations.database_url} {checkout.locations.redis_url}")


def test_exec_leaves_given_addresses_alone(new_checkout: Checkout) -> None:
    script = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere/0"}
    code, output = new_checkout.run("-m", "embedded", "exec", "--", sys.executable, "-c", script, **given)
    assert (code, output) == (0, "postgresql://elsewhere/db redis://elsewhere/0")
    assert not new_checkout.locations.data.exists()


# --- data of an earlier development version --------------------------------------------------------------------------

FIRST = "shared_apps/shop/migrations/0001_initial.py"


@pytest.fixture
def migrated(stub: Checkout) -> Iterator[Checkout]:
    """A checkout with one first migration, and a cluster that knows it, with a table and an upload."""

    def empty() -> None:
        shutil.rmtree(stub.folder / "shared_apps", ignore_errors=True)
        Servers(stub.locations).stop()
        for name in ("postgres", "media", *kept_folders(stub)):
            shutil.rmtree(stub.locations.data / name, ignore_errors=True)
            shutil.rmtree(stub.locations.local / name, ignore_errors=True)

    empty()
    (stub.folder / FIRST).parent.mkdir(parents=True)
    (stub.folder / FIRST).write_text("first")
    ask(stub, "CREATE TABLE kept (id int)")
    (stub.locations.local / "media").mkdir()
    (stub.locations.local / "media" / "picture").write_text("x")
    yield stub
    empty()


def kept_folders(checkout: Checkout) -> list[str]:
    return sorted(path.name for path in checkout.locations.data.glob("earlier-*"))


def ask(checkout: Checkout, statement: str) -> None:
    code, output = checkout.run("-m", "embedded", "psql", "--", "-qc", statement)
    assert code == 0, output


def test_data_of_the_same_first_migrations_is_used_again(migrated: Checkout, run: Run) -> None:
    (migrated.folder / FIRST).with_name("0002_more.py").write_text("more")
    await_line(run(), "Welcome")
    assert kept_folders(migrated) == []
    ask(migrated, "SELECT FROM kept")


@pytest.mark.parametrize("earlier", ["changed", "removed", "unstamped"])
def test_data_of_an_earlier_version_is_set_aside(migrated: Checkout, run: Run, earlier: str) -> None:
    locations = migrated.locations
    match earlier:
        case "changed":
            (migrated.folder / FIRST).write_text("first, otherwise")
        case "removed":
            (migrated.folder / FIRST).unlink()
        case _:
            (locations.data / "postgres" / earlier_data.STAMP).unlink()
    process = run()
    await_line(process, "It was set aside in")
    await_line(process, "Welcome")
    (folder,) = kept_folders(migrated)
    assert (locations.data / folder / "postgres" / "PG_VERSION").exists()
    assert (locations.local / folder / "media" / "picture").read_text() == "x"
    assert not (locations.local / "media").exists()
    assert not earlier_data.is_earlier(locations)
    code, _ = migrated.run("-m", "embedded", "psql", "--", "-qc", "SELECT FROM kept")
    assert code != 0


def test_earlier_data_that_is_in_use_stays(migrated: Checkout, run: Run) -> None:
    holding = migrated.start("-m", "embedded", "exec", "--", sys.executable, "-c", "print('here', flush=True); input()")
    await_line(holding, "here")
    (migrated.folder / FIRST).write_text("first, otherwise")
    assert run().wait(60) == 1
    assert kept_folders(migrated) == []
    holding.communicate("\n", timeout=60)
