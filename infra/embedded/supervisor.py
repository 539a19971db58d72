"""`make run`: servers, stand-ins, preparation, then web, worker and beat until Ctrl-C."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import sys
import time
from types import FrameType

from embedded.children import Child, say
from embedded.errors import ServerError
from embedded.instance import CannotRunError, Instance, ensure_port_is_free
from embedded.probes import Health
from embedded.processes import environment_with
from embedded.servers import Servers
from embedded.stand_ins import stand_ins_for

MARK = "BANYAN_RUN"  # in the environment of all our processes, so that a later run can find orphans
OUTPUT = {
    "PYTHONUNBUFFERED": "1",
    # On a developer's machine root is nothing a worker has to warn of.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}
STOP_TIMEOUT = 15.0  # seconds for a clean end: a worker finishes its task
TICK = 0.2


class Supervisor:
    """One run of the whole of Banyan on this machine."""

    def __init__(self, servers: Servers, environment: dict[str, str]) -> None:
        """`environment` is the caller's: DATABASE_URL, REDIS_URL, STRIPE_API_KEY, HOST and PORT are honoured.

        Nothing starts yet.
        """
        self.servers = servers
        self.environment = environment
        self.host = environment.get("HOST") or "127.0.0.1"
        self.port = environment.get("PORT") or "8000"
        self._embedded = [
            server
            for server, variable in ((servers.postgres, "DATABASE_URL"), (servers.valkey, "REDIS_URL"))
            if not environment.get(variable)
        ]
        self._stops = 0
        self._retry_servers = 0.0

    def run(self) -> int:
        """Run until a signal; returns the exit code: 0 after a signal, 1 where it could not start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        instance = Instance(self.servers.locations, MARK)
        try:
            with instance.alone(self.port):
                ensure_port_is_free(self.host, self.port)
                return self._run_all(instance)
        except (CannotRunError, ServerError) as problem:
            print(problem, file=sys.stderr)
            return 1
        finally:
            self.servers.release()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stops += 1

    def _run_all(self, instance: Instance) -> int:
        environment = self._start_servers() | {MARK: instance.mark, "PORT": self.port, **OUTPUT}
        folder = self.servers.locations.repository
        stand_ins = stand_ins_for(self.environment, self.servers.locations.local, self.port)
        for stand_in in stand_ins:
            environment |= stand_in.environment
        commands = {**{stand_in.name: stand_in.command for stand_in in stand_ins}, **self._commands()}
        prepare = Child("prepare", [sys.executable, "manage.py", "prepare"], environment, folder)
        children = [Child(name, command, environment, folder) for name, command in commands.items()]
        code: int | None = 0
        try:
            for stand_in, child in zip(stand_ins, children, strict=False):
                if not self._stops:
                    child.start()  # the preparation may already ask it
                    stand_in.await_ready()
            if not self._stops:
                prepare.start()
            while not self._stops and (code := prepare.poll()) is None:
                time.sleep(0.05)
            if code and not self._stops:
                say("prepare", "failed; nothing was started")
                return 1
            self._tend(children)
        finally:
            instance.say_stopping()
            self._end([prepare, *children])
        return 0

    def _start_servers(self) -> dict[str, str]:
        if self._embedded:
            say("", f"Starting {' and '.join(server.name for server in self._embedded)} …")
        additions = {}
        if self.servers.postgres in self._embedded:
            self._set_aside_earlier_data()
            additions["DATABASE_URL"] = self.servers.ensure_postgres()
        if self.servers.valkey in self._embedded:
            additions["REDIS_URL"] = self.servers.ensure_valkey()
        return self.environment | additions

    def _set_aside_earlier_data(self) -> None:
        if folders := self.servers.set_aside_earlier_data():
            say("", "The data here was written by an earlier development version of Banyan, and cannot be migrated.")
            say("", f"It was set aside in {' and '.join(map(str, folders))}; nothing was deleted.")
            say("", "Banyan starts with new data.")

    def _commands(self) -> dict[str, list[str]]:
        # Through `-m`: a script's first line cannot name an interpreter in a path with spaces.
        web = ["--interface", "wsgi", "--host", self.host, "--port", self.port, "--workers", "2"]
        # Each worker answers four requests at a time, and keeps the others waiting instead of refusing them.
        web += ["--blocking-threads", "4", "--backlog", "1024", "--backpressure", "128"]
        web += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "10"]
        web += ["--no-ws"]
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
        alone = ["--without-gossip", "--without-mingle"]  # there are no other workers to talk to
        schedule = str(self.servers.locations.local / "celerybeat-schedule")
        return {
            "web": [sys.executable, "-m", "granian", *web, "config.wsgi:application"],
            # What somebody waits for never stands behind an import or a sweep.
            "worker": [*celery, "worker", "-Q", "events", "--concurrency", "2", "--loglevel", "INFO", *alone],
            "jobs": [*celery, "worker", "-Q", "housekeeping,long", "--concurrency", "2", "--loglevel", "INFO", *alone],
            "beat": [*celery, "beat", "-s", schedule, "--pidfile=", "--loglevel", "INFO"],
        }

    def _tend(self, children: list[Child]) -> None:
        """Keep everything running until a signal comes."""
        next_look = 0.0
        announced = False
        while not self._stops:
            for child in children:
                child.tend()
            if time.monotonic() >= next_look:
                self._tend_servers()
                next_look = time.monotonic() + 1
                if not announced and self._answers():
                    self._announce()
                    announced = True
            time.sleep(TICK)

    def _tend_servers(self) -> None:
        for server in self._embedded:
            if time.monotonic() < self._retry_servers or server.probe() is not Health.DOWN:
                continue
            say("servers", f"{server.name} is gone and is started again")
            try:
                self.servers.ensure_postgres() if server is self.servers.postgres else self.servers.ensure_valkey()
                say("servers", f"{server.name} is back")
            except ServerError as problem:
                say("servers", str(problem))
                self._retry_servers = time.monotonic() + 5

    def _answers(self) -> bool:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        connection = http.client.HTTPConnection(host, int(self.port), timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            connection.getresponse().read()
            return True
        return False

    def _announce(self) -> None:
        welcome = self.servers.locations.local / "welcome.txt"
        text = f"Banyan runs: http://localhost:{self.port} and http://demo.localhost:{self.port}"
        with contextlib.suppress(OSError):
            text = welcome.read_text(encoding="utf-8").strip() or text
        say("", f"\n{text}\n\nCtrl-C stops everything.\n")

    def _end(self, children: list[Child]) -> None:
        """End all at once, cleanly; another signal meanwhile ends them hard."""
        asked = self._stops
        say("", "Stopping …")
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_TIMEOUT
        while self._stops == asked and time.monotonic() < deadline and any(_lives(child) for child in children):
            time.sleep(0.05)
        for child in children:
            child.await_end(time.monotonic())


def _lives(child: Child) -> bool:
    return child.started and child.poll() is None


def run(servers: Servers) -> int:
    """Run everything with this process' environment; returns the exit code."""
    os.chdir(servers.locations.repository)
    return Supervisor(servers, environment_with({})).run()
