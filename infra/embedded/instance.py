"""One `make run` per checkout: its lock, and the programs an earlier one left behind."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from embedded.locations import Locations
from embedded.processes import await_end, end, marked_processes

MAX_STOP = 25.0  # seconds a stopping run may take


class CannotRunError(RuntimeError):
    """Refusal to start `make run`; the message says why and what to do."""


def ensure_port_is_free(host: str, port: str) -> None:
    """Raise CannotRunError where the port is no port, or is in use."""
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise CannotRunError(f"PORT must be a number from 1 to 65535, not {port!r}.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CannotRunError(
                f"Port {port} is in use by another program. Choose another: {_elsewhere(port)}"
            ) from None
        raise CannotRunError(f"Cannot listen on {host}:{port}: {problem.strerror}.") from None


def _elsewhere(port: str) -> str:
    return f"PORT={int(port) + 1 if int(port) < 65535 else 8000} make run"


class Instance:
    """The right to be this checkout's only run."""

    def __init__(self, locations: Locations, mark: str) -> None:
        """Nothing is locked yet; `mark` is the environment variable that our processes carry."""
        self.path = locations.local / "run.lock"
        self.variable = mark
        self.mark = hashlib.sha256(os.fsencode(locations.repository)).hexdigest()[:16]
        self._locations = locations

    @contextlib.contextmanager
    def alone(self, port: str) -> Iterator[None]:
        """Become the only run, after the end of one that is stopping and of processes that lost theirs.

        Raises CannotRunError where another run goes on.
        """
        self._locations.create()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock(descriptor)
            self.write("running", port)
            for orphan in marked_processes(self.variable, self.mark):
                end(orphan, patience=5)
            yield
            self.path.write_text("")
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        deadline = time.monotonic() + MAX_STOP
        while not _taken(descriptor):
            state, process, port = read(self.path)
            if (state == "running" and time.monotonic() > deadline - MAX_STOP + 1) or time.monotonic() > deadline:
                raise CannotRunError(
                    f"Banyan already runs from this folder: process {process}, port {port} is in use by it. "
                    "Stop it there with Ctrl-C, or with `make stop`."
                )
            time.sleep(0.1)

    def write(self, state: str, port: str) -> None:
        """Write a state for another run: `running` or `stopping`."""
        self.path.write_text(f"{state} {os.getpid()} {port}\n")

    def say_stopping(self) -> None:
        """Let another run wait for our end from here on."""
        self.write("stopping", read(self.path)[2])


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(path: Path) -> tuple[str, int, str]:
    """Read state, process and port of the run that holds the lock; empty ones where none was written."""
    with contextlib.suppress(OSError, ValueError):
        state, process, port = path.read_text().split()
        return state, int(process), port
    return "", 0, ""


def stop_run(locations: Locations) -> bool:
    """End the run of this checkout as Ctrl-C does; False where there is none."""
    path = locations.local / "run.lock"
    process = read(path)[1]
    if not process or not is_running(locations):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    return await_end(process, MAX_STOP)


def is_running(locations: Locations) -> bool:
    """Tell by its lock whether a run of this checkout goes on: its process number may belong to another by now."""
    try:
        descriptor = os.open(locations.local / "run.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _taken(descriptor)
    finally:
        os.close(descriptor)
