"""Stand-ins for other companies' servers, as programs of a run, where the environment names none of the real ones."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "sandbox"  # below `.local`: their ports, keys and states
START_TIMEOUT = 15.0  # seconds until a stand-in answers
STRIPE_WEBHOOKS = "/webhooks/stripe"
STRIPE_METHODS = "card"
COURIER_PUSHES = "/couriers/kdniao/"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in of a run."""

    name: str
    port: int
    command: list[str]
    environment: dict[str, str]  # for web, worker and beat: they find it there

    def await_ready(self) -> bool:
        """Wait until it answers; False where it does not."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
            time.sleep(0.05)
        return False


@dataclass(frozen=True, slots=True)
class Keys:
    """Port and keys of a stand-in, kept over runs: pages, invoices and sessions made earlier go on working."""

    port: int
    key: str
    webhook_secret: str

    @classmethod
    def keep(cls, path: Path) -> Keys:
        """Read them, or make them; the port changes only where another program took it."""
        kept = cls._read(path)
        keys = cls(
            port=kept.port if kept and _is_free(kept.port) else _free_port(),
            key=kept.key if kept else f"sk_test_{secrets.token_hex(16)}",
            webhook_secret=kept.webhook_secret if kept else f"whsec_{secrets.token_hex(16)}",
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(json.dumps(asdict(keys)), encoding="utf-8")
        return keys

    @classmethod
    def _read(cls, path: Path) -> Keys | None:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(kept["port"]), str(kept["key"]), str(kept["webhook_secret"]))
        except (OSError, ValueError, KeyError, TypeError):  # a first run, or a file that was cut off
            return None


def stand_ins_for(environment: Mapping[str, str], local: Path, web_port: str) -> list[StandIn]:
    """List the stand-ins that a run needs; their webhooks go to the platform's own host."""
    made = [build(environment, local / FOLDER, web_port) for build in BUILDERS]
    return [stand_in for stand_in in made if stand_in is not None]


def stripe(environment: Mapping[str, str], folder: Path, web_port: str) -> StandIn | None:
    """Prepare the stand-in for Stripe; None where the environment has a key, or another address."""
    if environment.get("STRIPE_API_KEY", "").strip() or environment.get("STRIPE_API_BASE", "").strip():
        return None
    keys = Keys.keep(folder / "stripe.json")
    command = [
        *(sys.executable, "-m", "sandbox.stripe", "--port", str(keys.port)),
        *("--state", str(folder / "stripe.sqlite3"), "--key", keys.key),
        *("--webhook-url", f"http://localhost:{web_port}{STRIPE_WEBHOOKS}"),
        *("--webhook-secret", keys.webhook_secret),
    ]
    told = {
        "STRIPE_API_KEY": keys.key,
        "STRIPE_API_BASE": f"http://127.0.0.1:{keys.port}",
        "STRIPE_WEBHOOK_SECRETS": keys.webhook_secret,
        "STRIPE_PAYMENT_METHOD_TYPES": STRIPE_METHODS,
    }
    return StandIn("stripe", keys.port, command, told)


def couriers(environment: Mapping[str, str], folder: Path, web_port: str) -> StandIn | None:
    """Prepare the stand-in for 快递鸟, which pushes tracks to the demo brand; None where another address is named."""
    if environment.get("KDNIAO_API_BASE", "").strip():
        return None
    keys = Keys.keep(folder / "couriers.json")
    command = [
        *(sys.executable, "-m", "sandbox.couriers", "--port", str(keys.port)),
        *("--state", str(folder / "couriers.sqlite3")),
        *("--webhook-url", f"http://demo.localhost:{web_port}{COURIER_PUSHES}"),
    ]
    return StandIn("couriers", keys.port, command, {"KDNIAO_API_BASE": f"http://127.0.0.1:{keys.port}"})


BUILDERS: tuple[Callable[[Mapping[str, str], Path, str], StandIn | None], ...] = (stripe, couriers)


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return int(finder.getsockname()[1])
