"""Signed webhooks: sent by a thread, tried again, held back, repeated, sent late and out of order."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.stripe.errors import ApiError, Json
from sandbox.stripe.machine import OWN_ENDPOINT, Machine
from sandbox.stripe.work import public

PAUSES = (1, 2, 5, 15, 60, 300, 1800, 3600, 10_800, 21_600)  # seconds before each further attempt
TIMEOUT = 20.0
OK = range(200, 300)


@dataclass(frozen=True)
class Attempt:
    """What came back from one delivery; status 0 where nobody answered."""

    event: str
    url: str
    status: int
    error: str = ""


def sign(body: str, secrets: Sequence[str], timestamp: int) -> str:
    """The header: one `v1` for each secret that is valid while one is rolled."""
    signatures = [
        hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest() for secret in secrets
    ]
    return ",".join([f"t={timestamp}", *[f"v1={signature}" for signature in signatures]])


def body_of(event: Json) -> str:
    """The body that is signed and sent."""
    return json.dumps(public(event), ensure_ascii=False, indent=2)


def send(url: str, body: str, header: str) -> tuple[int, str]:
    """POST it; the status, or 0 and why nobody answered."""
    request = urllib.request.Request(url, data=body.encode(), method="POST")  # noqa: S310 - http(s) only, checked before
    request.add_header("Content-Type", "application/json; charset=utf-8")
    request.add_header("Stripe-Signature", header)
    request.add_header("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return int(response.status), ""
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, ""
    except OSError as problem:
        return 0, str(problem)


class Deliverer:
    """The thread that sends what is queued."""

    def __init__(self, machine: Machine, *, paused: bool = False) -> None:
        """Nothing is sent while `paused`."""
        self.machine = machine
        self.paused = paused
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-stripe-webhooks", daemon=True)

    def start(self) -> None:
        """Begin; what a former process was sending is queued again."""
        with self.machine.work() as work:
            for delivery in work.rows("delivery", state="sending"):
                delivery["state"] = "queued"
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent."""
        self._ended.set()
        self.machine.news.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT)

    def resume(self) -> None:
        """Send what waits."""
        self.paused = False
        self.machine.news.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.machine.news.wait(0.5)
            self.machine.news.clear()
            while not self.paused and not self._ended.is_set() and self._send_next():
                pass

    def _send_next(self) -> bool:
        with self.machine.work() as work:
            now = time.time()
            due = [row for row in work.rows("delivery", state="queued") if row["next_attempt"] <= now]
            if not due:
                return False
            delivery = min(due, key=lambda row: row["next_attempt"])
            event = work.find("event", delivery["event"])
            endpoint = work.find("webhook_endpoint", delivery["endpoint"])
            if event is None or endpoint is None:
                work.session.remove("delivery", delivery["id"])
                return True
            delivery["state"] = "sending"
            body = body_of(event)
            url = endpoint["url"]
            secrets = endpoint["_secrets"]
        status, error = send(url, body, sign(body, secrets, int(time.time())))
        self._note(delivery["id"], status, error)
        return True

    def _note(self, identifier: str, status: int, error: str) -> None:
        with self.machine.work() as work:
            delivery = work.find("delivery", identifier)
            if delivery is None:  # everything was reset meanwhile
                return
            if status in OK:
                work.get("event", delivery["event"])["pending_webhooks"] -= 1
                work.session.remove("delivery", identifier)
                return
            tried = delivery["attempts"] + 1
            over = tried > len(PAUSES)
            delivery |= {
                "attempts": tried,
                "state": "failed" if over else "queued",
                "last_error": error or f"HTTP {status}",
                "next_attempt": time.time() + PAUSES[min(tried, len(PAUSES)) - 1],
            }

    def queued(self) -> list[Json]:
        """What waits, oldest first."""
        with self.machine.work() as work:
            return [dict(row) for row in work.rows("delivery")]

    def deliver(
        self, event: str, *, times: int = 1, timestamp: int | None = None, url: str | None = None
    ) -> list[Attempt]:
        """Send an event now, also while paused, as often as wanted; it no longer waits in the queue."""
        with self.machine.work() as work:
            found = work.find("event", event)
            if found is None:
                raise ApiError(404, f"No such event: '{event}'", code="resource_missing", param="id")
            endpoints = work.rows("webhook_endpoint", status="enabled")
            targets = [(row["url"], row["_secrets"]) for row in endpoints]
            if url is not None:
                own = [row["_secrets"] for row in endpoints if row["url"] == url or row["id"] == OWN_ENDPOINT]
                targets = [(url, own[0] if own else ["whsec_none"])]
            for delivery in work.rows("delivery", event=event):
                work.session.remove("delivery", delivery["id"])
            body = body_of(found)
        attempts = []
        for target, secrets in targets:
            for _ in range(times):
                moment = timestamp if timestamp is not None else int(time.time())
                attempts.append(Attempt(event, target, *send(target, body, sign(body, secrets, moment))))
        return attempts
