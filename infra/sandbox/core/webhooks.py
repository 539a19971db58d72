"""Webhooks: sent by a thread, tried again, held back."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.core.errors import Json
from sandbox.core.store import Session, Store

KIND = "delivery"
RETRY_PAUSES = (1, 2, 5, 15, 60, 300, 1800, 3600, 10_800, 21_600)  # seconds before each further attempt
TIMEOUT = 20.0
OK = range(200, 300)


@dataclass(frozen=True)
class Webhook:
    """One POST to a receiver, signed."""

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self) -> tuple[int, str]:
        """The status that came back, or 0 and the reason where nobody answered."""
        request = urllib.request.Request(self.url, data=self.body.encode(), method="POST")  # noqa: S310 - http(s) only, checked before
        for name, value in self.headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return int(response.status), ""
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, ""
        except OSError as problem:
            return 0, str(problem)


Compose = Callable[[Session, Json], Webhook | None]  # signs at the moment of sending; None where it is to be dropped
Delivered = Callable[[Session, Json], None]
Sent = Callable[[Webhook, int, str], None]  # the status, and why nobody answered


def enqueue(session: Session, identifier: str, **fields: object) -> Json:
    """Queue a delivery; `fields` are the sender's own, from which it composes the webhook."""
    delivery: Json = {"id": identifier, **fields, "state": "queued", "attempts": 0, "next_attempt": 0, "last_error": ""}
    return session.add(KIND, delivery)


class WebhookSender:
    """The thread that sends what is queued."""

    def __init__(
        self, store: Store, *, compose: Compose, delivered: Delivered, sent: Sent, paused: bool = False
    ) -> None:
        """Nothing is sent while `paused`.

        `delivered` is called for a webhook that a receiver accepted, `sent` for every attempt.
        """
        self.paused = paused
        self._store = store
        self._compose = compose
        self._delivered = delivered
        self._sent = sent
        self._ended = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        """Begin; what a former process was sending is queued again."""
        with self._store.transaction() as session:
            for delivery in session.rows(KIND, state="sending"):
                delivery["state"] = "queued"
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent."""
        self._ended.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT)

    def wake(self) -> None:
        """Look for something to send, now."""
        self._news.set()

    def resume(self) -> None:
        """Send what waits."""
        self.paused = False
        self.wake()

    def waiting(self) -> list[Json]:
        """Deliveries that wait or failed, oldest first."""
        with self._store.transaction() as session:
            return [dict(row) for row in session.rows(KIND)]

    def _run(self) -> None:
        while not self._ended.is_set():
            self._news.wait(0.5)
            self._news.clear()
            while not self.paused and not self._ended.is_set() and self._send_next():
                pass

    def _send_next(self) -> bool:
        with self._store.transaction() as session:
            now = time.time()
            due = [row for row in session.rows(KIND, state="queued") if row["next_attempt"] <= now]
            if not due:
                return False
            delivery = min(due, key=lambda row: row["next_attempt"])
            webhook = self._compose(session, delivery)
            if webhook is None:
                session.remove(KIND, delivery["id"])
                return True
            delivery["state"] = "sending"
        status, error = webhook.send()
        self._sent(webhook, status, error)
        self._settle(delivery["id"], status, error)
        return True

    def _settle(self, identifier: str, status: int, error: str) -> None:
        with self._store.transaction() as session:
            delivery = session.find(KIND, identifier)
            if delivery is None:  # everything was reset meanwhile
                return
            if status in OK:
                self._delivered(session, delivery)
                session.remove(KIND, identifier)
                return
            tried = delivery["attempts"] + 1
            over = tried > len(RETRY_PAUSES)
            delivery |= {
                "attempts": tried,
                "state": "failed" if over else "queued",
                "last_error": error or f"HTTP {status}",
                "next_attempt": time.time() + RETRY_PAUSES[min(tried, len(RETRY_PAUSES)) - 1],
            }
