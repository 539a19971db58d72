"""One long-running program under the supervisor: started, watched, restarted, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from embedded.processes import exit_code

MAX_PAUSE = 30.0  # seconds between two starts of a program that keeps dying
SETTLED = 30.0  # seconds after which a program counts as running well

_output_lock = threading.Lock()


def say(name: str, text: str) -> None:
    """Write one line of the common output; lines of several programs never mix."""
    with _output_lock, contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{name:<8}| {text}\n" if name else f"{text}\n")
        sys.stdout.flush()


class Child:
    """A program in a process group of its own, so that the processes it made can be ended with it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Nothing is started before `start`."""
        self.name = name
        self.command = command
        self.environment = environment
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._next_start = 0.0

    def start(self) -> None:
        """Start it, in the main thread: the kernel ties `die_with` to the thread that forked."""
        wrapper = [sys.executable, "-m", "embedded", "child", str(os.getpid()), "--"]
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [*wrapper, *self.command],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - narrows for mypy: a pipe was asked for
        threading.Thread(target=self._pass_on, args=(self._process.stdout,), daemon=True).start()

    def _pass_on(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                say(self.name, line.decode(errors="replace").rstrip())

    @property
    def started(self) -> bool:
        """True from the start until `tend` has seen the end."""
        return self._process is not None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return None if self._process is None else self._process.poll()

    def tend(self) -> None:
        """Start it again if it died, later and later while it keeps dying."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        self._end_group()
        self._failures = 1 if now - self._started > SETTLED else self._failures + 1
        pause = min(0.25 * 2**self._failures, MAX_PAUSE)
        say(self.name, f"ended with code {exit_code(code)}, starts again in {pause:g} s")
        self._process = None
        self._next_start = now + pause

    def _end_group(self) -> None:
        # What outlives its parent (web workers after `kill -9` of the web server) would go on to hold the port.
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program, which ends its own processes."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def await_end(self, deadline: float) -> None:
        """Wait until the monotonic `deadline`, then kill what is left of the group."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, deadline - time.monotonic()))
            self._end_group()
            self._process.wait()
