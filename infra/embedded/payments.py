"""The fake Stripe as one more program of a run, where the environment names no key for the real one."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

WEBHOOK_PATH = "/webhooks/stripe"
METHODS = "card,alipay,wechat_pay"
PATIENCE = 15.0  # seconds until it answers


@dataclass(frozen=True, slots=True)
class FakeStripe:
    """Its port and its keys, kept over runs: pages, invoices and sessions made earlier go on working."""

    port: int
    key: str
    webhook_secret: str

    @classmethod
    def of(cls, local: Path) -> FakeStripe:
        """The one of this checkout; its port changes only where another program took it."""
        path = local / "sandbox" / "stripe.json"
        kept = _read(path)
        fake = cls(
            port=kept.port if kept and _is_free(kept.port) else _free_port(),
            key=kept.key if kept else f"sk_test_{secrets.token_hex(16)}",
            webhook_secret=kept.webhook_secret if kept else f"whsec_{secrets.token_hex(16)}",
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(json.dumps(asdict(fake)), encoding="utf-8")
        return fake

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What web, worker and beat are told."""
        return {
            "STRIPE_API_KEY": self.key,
            "STRIPE_API_BASE": self.url,
            "STRIPE_WEBHOOK_SECRETS": self.webhook_secret,
            "STRIPE_PAYMENT_METHOD_TYPES": METHODS,
        }

    def command(self, local: Path, web_port: str) -> list[str]:
        """How it is started; its webhooks go to the platform's own host."""
        return [
            *(sys.executable, "-m", "sandbox.stripe", "--port", str(self.port)),
            *("--state", str(local / "sandbox" / "stripe.sqlite3"), "--key", self.key),
            *("--webhook-url", f"http://localhost:{web_port}{WEBHOOK_PATH}"),
            *("--webhook-secret", self.webhook_secret),
        ]

    def await_ready(self) -> bool:
        """Wait until it answers; False where it does not."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
            time.sleep(0.05)
        return False


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether a run needs the fake: not where somebody named a key, or another address."""
    return not (environment.get("STRIPE_API_KEY", "").strip() or environment.get("STRIPE_API_BASE", "").strip())


def _read(path: Path) -> FakeStripe | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return FakeStripe(int(kept["port"]), str(kept["key"]), str(kept["webhook_secret"]))
    except (OSError, ValueError, KeyError, TypeError):  # a first run, or a file that was cut off
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return int(finder.getsockname()[1])
