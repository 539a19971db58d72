"""Checkouts of their own for the tests of the launcher, so that the project's own servers are left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

import embedded
import sandbox
from embedded.locations import SYSTEM_FOLDER, Locations
from embedded.servers import Servers


@dataclass(frozen=True)
class Checkout:
    """A folder with the launcher in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = {"PYTHONPATH": f"{self.folder}{os.pathsep}{self.folder / 'infra'}", "PYTHONUNBUFFERED": "1"}
        foreign = (
            "DATABASE_URL",
            "REDIS_URL",
            "PORT",
            "HOST",
            "DJANGO_SETTINGS_MODULE",
            "STRIPE_API_KEY",
            "STRIPE_API_BASE",
        )
        return {name: value for name, value in os.environ.items() if name not in foreign} | ours

    @property
    def locations(self) -> Locations:
        return Locations.of(self.folder)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A Python process in this checkout, with its output in a pipe."""
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run Python in this checkout to its end: the exit code and the output."""
        with self.start(*arguments, **environment) as process:
            output, _ = process.communicate(timeout=60)
            return process.returncode, output.strip()

    def sql(self, statement: str) -> str:
        """Run one statement by the launcher's own psql; it starts and stops the servers as needed."""
        code, output = self.run("-m", "embedded", "psql", "-qAtc", statement)
        assert code == 0, output
        return output


def make_checkout(folder: Path) -> Checkout:
    """Put the launcher into a new folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    for package in (embedded, sandbox):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, folder / "infra" / source.name, ignore=ignored)
    return Checkout(folder)


def remove_checkout(before: Locations) -> None:
    """Stop its servers and remove every folder it made."""
    now = Locations.of(before.repository)  # a test may have changed the modes that decide where data goes
    Servers(now).stop()
    shutil.rmtree(now.sockets)
    shutil.rmtree(now.repository)
    if now.data.is_relative_to(SYSTEM_FOLDER):
        shutil.rmtree(now.data)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Return the folder of the checkouts, in a path with spaces."""
    # Not pytest's own folder: it is closed to others, and as root the servers run as another user.
    folder = Path(tempfile.mkdtemp(prefix="banyan test ")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def checkout(folder: Path) -> Iterator[Checkout]:
    """The checkout most tests share, since a new cluster takes a second or two; each test leaves it stopped."""
    checkout = make_checkout(folder / "shared checkout")
    yield checkout
    remove_checkout(checkout.locations)


@pytest.fixture
def new_checkout(folder: Path) -> Iterator[Checkout]:
    """A checkout in which nothing ever ran, in a folder of its own."""
    checkout = make_checkout(folder / "above" / "new checkout")
    yield checkout
    remove_checkout(checkout.locations)
    (folder / "above").rmdir()


@pytest.fixture
def servers(checkout: Checkout) -> Iterator[Servers]:
    """The servers of that checkout as this process sees them; not started yet."""
    servers = Servers(checkout.locations)
    yield servers
    servers.release()


@pytest.fixture
def query() -> Callable[..., list[tuple[object, ...]]]:
    """Run one statement, committed, over a connection of its own."""

    def run(url: str, statement: str) -> list[tuple[object, ...]]:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run
