"""Embedded Postgres: one cluster of this checkout, on a unix socket."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from embedded import earlier_data
from embedded.binaries import postgres_binary
from embedded.errors import ServerError
from embedded.locations import DATABASE, POSTGRES_PORT, Locations
from embedded.probes import Health, ask_postgres
from embedded.processes import command_of, end, hand_over, run_as

IMPOSSIBLE_PROCESS = 2**31 - 2  # above every kernel's highest process id
MAX_RECOVERY = 600.0  # seconds of replaying the log after a crash before we give up
MAX_SILENCE = 60.0  # seconds a living postmaster may take to start listening, or to stop
START_ATTEMPTS = 12
MAX_LOG = 16 * 1024 * 1024  # bytes

SETTINGS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    # Web, worker, tests in parallel and a benchmark's 200 buyers, all on one machine.
    "max_connections": "250",
    # A transaction that creates or drops a brand's schema locks some 550 tables and indexes.
    "max_locks_per_transaction": "1024",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # A committed row survives `kill -9` and a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # our queries are many and short
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def binary(name: str) -> Path:
    """One of Postgres' programs, such as `pg_dump`, for this checkout; PG_BIN is honoured."""
    return postgres_binary(Locations.of(), name)


class Postgres:
    """The cluster of one checkout. `start` and `stop` are called under the start lock."""

    name = "Postgres"

    def __init__(self, locations: Locations) -> None:
        """Nothing is touched before `start`."""
        self.locations = locations
        self.data = locations.data / "postgres"
        self.log = self.data / "server.log"

    @property
    def url(self) -> str:
        """The value of DATABASE_URL."""
        return self.locations.database_url

    def probe(self) -> Health:
        """Ask the server how it is."""
        return ask_postgres(self.locations.postgres_socket, DATABASE)

    def start(self) -> None:
        """Make it ready, whatever it was before, with its database. Raises ServerError with the log's end."""
        patience = time.monotonic() + MAX_RECOVERY
        failures = 0
        output = ""
        while (health := self.probe()) is not Health.READY:
            if health is Health.NO_DATABASE:
                self._create_database()
            elif health is Health.BUSY:
                time.sleep(0.05)
            elif failures >= START_ATTEMPTS:
                raise ServerError(f"Postgres does not start: {output.strip()}\n{self._end_of_log()}")
            else:
                # After `kill -9` the old processes need a moment to go, and their memory with them.
                time.sleep(min(0.1 * failures**2, 3.0))
                output = self._start_once()
                failures += 1
            if time.monotonic() > patience:
                raise ServerError(f"Postgres does not get ready.\n{self._end_of_log()}")

    def stop(self) -> None:
        """Stop it, rolling back what is not committed; does nothing where it does not run."""
        postmaster = self._postmaster()
        if postmaster is None:
            return
        self._control("-m", "fast", "-t", "30", "stop")
        if command_of(postmaster) is not None:
            end(postmaster, patience=0)

    def _start_once(self) -> str:
        """Try once; returns the output of pg_ctl."""
        self._create_cluster_if_missing()
        postmaster = self._postmaster()
        if postmaster is not None:
            self._end_unreachable(postmaster)
            return "an older postmaster did not go"
        self._forget_dead_postmaster()
        self._write_settings()
        self._shorten_log()
        return self._control("-w", "-t", "60", "-l", str(self.log), "start")

    def _create_cluster_if_missing(self) -> None:
        binaries = postgres_binary(self.locations, "initdb")
        if self.data.exists():
            self._check_version()
            return
        # Under another name first, so that an interrupted attempt does not count as a cluster.
        unfinished = self.data.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.locations.create_data_folder(unfinished.name)
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        made = run_as([binaries, "-D", unfinished, *options], self.locations.user)
        if made.returncode:
            raise ServerError(f"initdb failed: {made.stdout.strip()}")
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\ninclude = 'banyan.conf'  # written anew at each start\n")
        earlier_data.write_stamp(unfinished, self.locations)
        unfinished.rename(self.data)

    def _check_version(self) -> None:
        """Raise ServerError for a cluster of another major version, before Postgres fails with less."""
        with contextlib.suppress(FileNotFoundError):
            written = (self.data / "PG_VERSION").read_text().strip()
            said = run_as([postgres_binary(self.locations, "postgres"), "--version"], self.locations.user).stdout
            if f" {written}." not in said and not said.rstrip().endswith(f" {written}"):
                raise ServerError(
                    f"The data in {self.data} was written by Postgres {written}, but the programs are: {said.strip()}. "
                    "Dump it with the old ones, or move the folder away to start with an empty one."
                )

    def _write_settings(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.locations.sockets)}
        path = self.data / "banyan.conf"
        path.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()), encoding="utf-8")
        hand_over(path, self.locations.user)

    def _shorten_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > MAX_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))

    def _control(self, *arguments: str) -> str:
        program = postgres_binary(self.locations, "pg_ctl")
        return run_as([program, "-D", self.data, *arguments], self.locations.user).stdout

    def _create_database(self) -> None:
        where = ("-X", "-q", "-h", self.locations.sockets, "-p", str(POSTGRES_PORT), "-U", "postgres", "-d", "postgres")
        program = postgres_binary(self.locations, "psql")
        said = run_as([program, *where, "-c", f"CREATE DATABASE {DATABASE}"], self.locations.user)
        if said.returncode and "already exists" not in said.stdout:
            raise ServerError(f"The database {DATABASE} cannot be created: {said.stdout.strip()}")

    def _lock_files(self) -> tuple[Path, Path]:
        socket = self.locations.postgres_socket
        return self.data / "postmaster.pid", socket.with_name(f"{socket.name}.lock")

    def _postmaster(self) -> int | None:
        """The process of this cluster's postmaster, if it lives; a process that took over its number is not one."""
        process = _first_number(self._lock_files()[0])
        command = command_of(process) if process else None
        return process if command and "postgres" in command and str(self.data) in command else None

    def _end_unreachable(self, postmaster: int) -> None:
        """Deal with a postmaster that lives but has no socket.

        Wait while it is starting or stopping, else (a cleaned /tmp) end it.
        """
        deadline = time.monotonic() + MAX_SILENCE
        while self.probe() is Health.DOWN and command_of(postmaster) is not None:
            if self._says_ready() or time.monotonic() > deadline:
                self.stop()
                return
            time.sleep(0.05)

    def _says_ready(self) -> bool:
        """Read the last line of its lock file: `starting`, `ready` or `stopping`."""
        with contextlib.suppress(OSError):
            return self._lock_files()[0].read_text(encoding="utf-8").split()[-1:] == ["ready"]
        return False

    def _forget_dead_postmaster(self) -> None:
        """Make lock files of a dead postmaster look dead to Postgres too.

        It asks only whether the number is in use, and a zombie or an unrelated newer process still uses it. The files
        are not removed: by the memory segment noted in them Postgres sees whether children of the dead one remain.
        """
        for path in self._lock_files():
            with contextlib.suppress(FileNotFoundError):
                lines = path.read_text(encoding="utf-8").split("\n")
                path.write_text("\n".join([str(IMPOSSIBLE_PROCESS), *lines[1:]]), encoding="utf-8")

    def _end_of_log(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        return ""


def _first_number(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return abs(int(path.read_text(encoding="utf-8").split("\n")[0])) or None
    return None
