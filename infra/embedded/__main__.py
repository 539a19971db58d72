"""The command line: `python -m embedded run|exec|psql|status|stop`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from embedded import servers
from embedded.errors import ServerError
from embedded.processes import die_with, environment_with, exit_code

PASS_THROUGH = ("exec", "psql", "child")  # what follows them is another program's


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    passed_on = list(arguments[1:]) if arguments and arguments[0] in PASS_THROUGH else []
    options = _parser().parse_args(arguments[:1] if passed_on else arguments)
    try:
        match options.action:
            case "run":
                return _run(with_parent=options.with_parent)
            case "exec":
                return execute(_without_dashes(passed_on))
            case "psql":
                return _psql(_without_dashes(passed_on))
            case "status":
                return _status()
            case "stop":
                return _stop()
            case _:
                return _become(passed_on)
    except ServerError as problem:
        print(problem, file=sys.stderr)
        return 1


def _without_dashes(command: list[str]) -> list[str]:
    return command[1:] if command[:1] == ["--"] else command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embedded", description="Local Postgres and Valkey from wheels.")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="servers, web, worker and beat until Ctrl-C (PORT, HOST)")
    run.add_argument("--with-parent", action="store_true", help="end when the parent process ends")
    for name, text in {
        "exec": "-- COMMAND: run it with DATABASE_URL and REDIS_URL set",
        "psql": "open the database; arguments go to psql",
        "status": "say what runs and where",
        "stop": "stop everything of this checkout",
        "child": "PROCESS -- COMMAND: become a command that ends when that process, its parent, ends",
    }.items():
        actions.add_parser(name, help=text)
    return parser


def _become(arguments: list[str]) -> NoReturn:
    parent = int(arguments[0])
    command = _without_dashes(arguments[1:])
    die_with(parent)
    os.execvp(command[0], command)  # noqa: S606 - becomes the program it was asked to be


def _run(*, with_parent: bool) -> int:
    from embedded.supervisor import run

    if with_parent:
        die_with(os.getppid())
    return run(servers.of_this_checkout())


def execute(command: Sequence[str]) -> int:
    """Run a command with both addresses in its environment, starting what they do not name already."""
    if not command:
        print("What is to be run? python -m embedded exec -- COMMAND", file=sys.stderr)
        return 2
    ours = servers.of_this_checkout()
    database_url = os.environ.get("DATABASE_URL") or ours.ensure_postgres()
    redis_url = os.environ.get("REDIS_URL") or ours.ensure_valkey()
    # The command inherits our presence: should we be killed, the servers stay for it.
    inherited = () if ours.presence is None else (ours.presence,)
    environment = environment_with({"DATABASE_URL": database_url, "REDIS_URL": redis_url})
    try:
        process = subprocess.Popen(command, env=environment, pass_fds=inherited)
    except OSError as problem:
        print(f"{command[0]}: {problem.strerror}", file=sys.stderr)
        return 127

    def forward(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGHUP, forward)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends Ctrl-C to the command as well
    return exit_code(process.wait())


def _psql(arguments: Sequence[str]) -> int:
    from embedded.postgres import binary

    url = os.environ.get("DATABASE_URL") or servers.ensure_postgres()
    process = subprocess.Popen([str(binary("psql")), url, *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it cancels a query there
    return exit_code(process.wait())


def _status() -> int:
    from embedded.instance import is_running, read

    locations = servers.of_this_checkout().locations
    _, process, port = read(locations.local / "run.lock")
    print(f"run       {f'process {process}, port {port}' if is_running(locations) else 'not running'}")
    for server in (servers.of_this_checkout().postgres, servers.of_this_checkout().valkey):
        print(f"{server.name:<9} {server.probe().value}: {server.url}")
    print(f"data      {locations.data}")
    return 0


def _stop() -> int:
    from embedded.instance import stop_run

    ours = servers.of_this_checkout()
    if stop_run(ours.locations):
        print("Stopped the run.")
    ours.stop()
    print("The servers are stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
