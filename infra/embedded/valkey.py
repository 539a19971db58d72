"""Embedded Valkey (a Redis): the cache and Celery's broker of this checkout, on a unix socket."""

from __future__ import annotations

import contextlib
import time

from embedded.binaries import valkey_binary
from embedded.errors import ServerError
from embedded.locations import Locations
from embedded.probes import Health, ask_valkey, command_valkey
from embedded.processes import await_end, command_of, end, hand_over, run_as

MAX_LOAD = 120.0  # seconds of reading the append-only file
START_ATTEMPTS = 5

SETTINGS = {
    "port": "0",  # the socket only
    "unixsocketperm": "700",
    "daemonize": "yes",
    # Queued tasks survive: at most the last second of them is lost to a power cut, nothing to `kill -9`.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",  # a broker must refuse, never forget
    "databases": "16",
    "always-show-logo": "no",
}


class Valkey:
    """The server of one checkout. `start` and `stop` are called under the start lock."""

    name = "Valkey"

    def __init__(self, locations: Locations) -> None:
        """Nothing is touched before `start`."""
        self.locations = locations
        self.data = locations.data / "valkey"
        self.log = self.data / "server.log"

    @property
    def url(self) -> str:
        """The value of REDIS_URL."""
        return self.locations.redis_url

    def probe(self) -> Health:
        """Ask the server how it is."""
        return ask_valkey(self.locations.valkey_socket)

    def start(self) -> None:
        """Make it ready, whatever it was before. Raises ServerError with the log's end."""
        patience = time.monotonic() + MAX_LOAD
        failures = 0
        output = ""
        while (health := self.probe()) is not Health.READY:
            if health is Health.BUSY:
                time.sleep(0.02)
            elif failures >= START_ATTEMPTS:
                raise ServerError(f"Valkey does not start: {output.strip()}\n{self._end_of_log()}")
            else:
                output = self._start_once()
                failures += 1
                self._await_socket(seconds=3.0)
            if time.monotonic() > patience:
                raise ServerError(f"Valkey does not get ready.\n{self._end_of_log()}")

    def stop(self) -> None:
        """Stop it, with its data written; does nothing where it does not run."""
        process = self._process()
        command_valkey(self.locations.valkey_socket, "SHUTDOWN", timeout=10)
        if process is not None and not await_end(process, 10):
            end(process)

    def _start_once(self) -> str:
        """Try once; returns the program's output."""
        self.locations.create_data_folder(self.data.name)
        process = self._process()
        if process is not None:  # it lives, but its socket was taken away
            end(process)
        settings = self._settings()
        configuration = self.data / "banyan.conf"
        configuration.write_text("".join(f'{name} "{value}"\n' for name, value in settings.items()), encoding="utf-8")
        hand_over(configuration, self.locations.user)
        return run_as([valkey_binary(self.locations), configuration], self.locations.user).stdout

    def _settings(self) -> dict[str, str]:
        paths = {
            "dir": self.data,
            "unixsocket": self.locations.valkey_socket,
            "pidfile": self.data / "valkey.pid",
            "logfile": self.log,
        }
        return SETTINGS | {name: str(path).replace("\\", "\\\\").replace('"', '\\"') for name, path in paths.items()}

    def _await_socket(self, seconds: float) -> None:
        """Wait for the socket: the program returns before its daemon listens."""
        deadline = time.monotonic() + seconds
        while self.probe() is Health.DOWN and time.monotonic() < deadline:
            time.sleep(0.01)

    def _process(self) -> int | None:
        """The server's process, if it lives; a process that took over its number is not one.

        Valkey shows its socket's path in its command line.
        """
        with contextlib.suppress(OSError, ValueError):
            process = int((self.data / "valkey.pid").read_text())
            command = command_of(process)
            if command and "valkey-server" in command and str(self.locations.valkey_socket) in command:
                return process
        return None

    def _end_of_log(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        return ""
