"""The command line that every stand-in has: `--port 0 --state FILE --webhook-url URL`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from sandbox.core.stand_in import StandIn


def parser_of(module: str, description: str) -> argparse.ArgumentParser:
    """The options all stand-ins share."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="keep everything in this file")
    parser.add_argument("--webhook-url", default="", help="the receiver of signed webhooks")
    parser.add_argument("--webhook-secret", default="", help="the secret they are signed with")
    return parser


def run(stand_in: StandIn, *further: str) -> int:
    """Run until a signal. The first line of the output ends with the address; `further` lines follow it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with stand_in:
        for line in (f"{stand_in.name} (sandbox) at {stand_in.url}", *further):
            print(line, flush=True)
        ended.wait()
    return 0
