"""Start the servers when they are needed, and stop them when the last process that used them ends.

Two locks tell who is there. `start.lock` is held while servers are started or stopped, so of several processes exactly
one starts. `users.lock` is held shared by every process that uses a server, for its life: the kernel gives it back even
after `kill -9`, which no counter in a file could.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from embedded import earlier_data
from embedded.errors import ServerError
from embedded.locations import Locations
from embedded.postgres import Postgres
from embedded.probes import Health
from embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Addresses:
    """Values of DATABASE_URL and REDIS_URL."""

    database_url: str
    redis_url: str


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file, waiting for it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


class Servers:
    """The servers of one checkout, as seen by one process."""

    def __init__(self, locations: Locations) -> None:
        """Nothing is started before one of the `ensure` methods."""
        self.locations = locations
        self.postgres = Postgres(locations)
        self.valkey = Valkey(locations)
        self._presence: int | None = None  # our descriptor of users.lock
        self._process = 0

    def ensure(self) -> Addresses:
        """Make both servers ready. Raises ServerError."""
        return Addresses(self.ensure_postgres(), self.ensure_valkey())

    def ensure_postgres(self) -> str:
        """Make Postgres ready, with its database; returns DATABASE_URL. Raises ServerError."""
        return self._ensure(self.postgres)

    def ensure_valkey(self) -> str:
        """Make Valkey ready; returns REDIS_URL. Raises ServerError."""
        return self._ensure(self.valkey)

    def set_aside_earlier_data(self) -> list[Path]:
        """Rename data that an earlier development version wrote; returns the folders it lies in now, often none.

        Raises ServerError where other programs of this checkout use it.
        """
        self.locations.create()
        with locked(self.locations.start_lock):
            if not earlier_data.is_earlier(self.locations):
                return []
            alone = _open(self.locations.users_lock)
            try:
                fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
                return earlier_data.set_aside(self.locations)
            except BlockingIOError:
                raise ServerError(
                    f"The data in {self.locations.data} was written by an earlier development version of Banyan, which "
                    "this one cannot migrate, and other programs use it. End them with `make stop` and start again."
                ) from None
            finally:
                os.close(alone)

    def _ensure(self, server: Postgres | Valkey) -> str:
        self.locations.create()
        with locked(self.locations.start_lock):
            self._be_present()
            if server.probe() is not Health.READY:
                server.start()
        return server.url

    def _be_present(self) -> None:
        if self._presence is not None:
            if self._process == os.getpid():
                return
            os.close(self._presence)  # a fork has its parent's descriptor: let go of it, and hold one of our own
        self._presence = _open(self.locations.users_lock)
        self._process = os.getpid()
        fcntl.flock(self._presence, fcntl.LOCK_SH)  # never waits: exclusive is only taken under the start lock

    @property
    def presence(self) -> int | None:
        """The descriptor that shows our presence; whoever inherits it is present too."""
        return self._presence

    def release(self) -> bool:
        """Stop the servers if no other process uses them; True where they were stopped. Forks leave them alone."""
        if self._presence is None or self._process != os.getpid():
            return False
        with locked(self.locations.start_lock):
            os.close(self._presence)
            self._presence = None
            # A new descriptor: the closed one may live on in a fork, and must count as a user then.
            last = _open(self.locations.users_lock)
            try:
                fcntl.flock(last, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            else:
                self._stop()
                return True
            finally:
                os.close(last)

    def stop(self) -> None:
        """Stop the servers whoever uses them."""
        self.locations.create()
        with locked(self.locations.start_lock):
            self._stop()

    def _stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()


@cache
def of_this_checkout() -> Servers:
    """The servers of the checkout this file stands in; they are released when the process ends."""
    servers = Servers(Locations.of())
    atexit.register(servers.release)
    return servers


def ensure() -> Addresses:
    """Make both servers of this checkout ready. Raises ServerError."""
    return of_this_checkout().ensure()


def ensure_postgres() -> str:
    """Make Postgres of this checkout ready; returns DATABASE_URL. Raises ServerError."""
    return of_this_checkout().ensure_postgres()


def ensure_valkey() -> str:
    """Make Valkey of this checkout ready; returns REDIS_URL. Raises ServerError."""
    return of_this_checkout().ensure_valkey()
