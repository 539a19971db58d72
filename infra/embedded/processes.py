"""Processes of this machine: find, run, await, end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user that runs the servers where we are root ourselves, since Postgres refuses uid 0."""

    uid: int
    gid: int

    @classmethod
    def for_this_process(cls) -> ServerUser | None:
        """`nobody` for root, None for everyone else (the servers then run as that user)."""
        if os.geteuid() != 0:
            return None
        entry = pwd.getpwnam("nobody")
        return cls(entry.pw_uid, entry.pw_gid)


def hand_over(path: Path, user: ServerUser | None) -> None:
    """Give one file or directory to the servers' user; does nothing where that is us."""
    if user is not None:
        os.chown(path, user.uid, user.gid)


def run_as(
    command: Sequence[str | Path], user: ServerUser | None, *, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run to the end as the servers' user, from `/`, without our Postgres variables; never raises on failure.

    stderr joins stdout in a temporary file and not a pipe: a server left behind would keep a pipe open for ever.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        finished = subprocess.run(
            [str(part) for part in command],
            check=False,
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        output.seek(0)
        return subprocess.CompletedProcess(finished.args, finished.returncode, output.read(), "")


def clean_environment() -> dict[str, str]:
    """Return our environment without libpq's variables, which would lead the programs to another server."""
    libpq = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE")
    others = ("PGDATA", "PGOPTIONS", "PGSSLMODE", "PGTZ", "PGCLIENTENCODING", "PGAPPNAME")
    return {name: value for name, value in os.environ.items() if name not in libpq + others}


def command_of(process: int) -> str | None:
    """The command line of a living process; None where it is gone, or a zombie that nobody has reaped yet."""
    if PROC.is_dir():
        try:
            state = (PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            command = (PROC / str(process) / "cmdline").read_bytes()
        except OSError:
            return None
        return None if state.split()[0] in "ZX" else command.replace(b"\0", b" ").decode(errors="replace")
    listed = subprocess.run(
        ["ps", "-o", "stat=,command=", "-p", str(process)], check=False, capture_output=True, text=True
    ).stdout.strip()
    return None if not listed or listed.startswith("Z") else listed


def await_end(process: int, seconds: float) -> bool:
    """Wait until a process that need not be our child is gone; True when it is."""
    deadline = time.monotonic() + seconds
    while command_of(process) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(process: int, *, patience: float = 10) -> None:
    """Send SIGTERM, then SIGKILL where it has not gone after `patience` seconds."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
        if await_end(process, seconds):
            return


def marked_processes(variable: str, value: str) -> list[int]:
    """Other processes that carry this environment variable with this value (Linux; elsewhere none are found)."""
    wanted = f"{variable}={value}".encode()
    found = []
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [process for process in found if process != os.getpid() and command_of(process) is not None]


def die_with(parent: int) -> None:
    """Let the kernel send us SIGTERM when our parent ends, even by SIGKILL (Linux only; elsewhere nothing)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        sys.exit(0)


def exit_code(returned: int) -> int:
    """A shell's exit code for what `subprocess` returned: 128 + n for a process that signal n ended."""
    return returned if returned >= 0 else 128 - returned


def environment_with(additions: Mapping[str, str]) -> dict[str, str]:
    """This process' environment and the additions."""
    return {**os.environ, **additions}
