"""A stand-in in this process: a server on a free port, and handles for tests."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from sandbox.core.clock import Clock
from sandbox.core.control import Act, Control
from sandbox.core.errors import Json
from sandbox.core.faults import Faults
from sandbox.core.journal import Journal, journal_page
from sandbox.core.store import Ownership, Session, Store
from sandbox.core.web import Request, Response, Server
from sandbox.core.webhooks import Webhook, WebhookSender


class StandIn(ABC):
    """The server of another company, as far as this project uses it.

    Time stands still at `now` (or at the moment of the start) until `advance`; with `ticking` it runs.
    """

    name: ClassVar[str]
    ownership: ClassVar[Ownership] = Ownership()

    def __init__(
        self,
        *,
        now: datetime | None = None,
        ticking: bool = False,
        path: Path | None = None,
        port: int = 0,
        paused: bool = False,
    ) -> None:
        """Nothing is answered before `start`. `path` is a file that keeps the state over restarts, port 0 takes a free
        one, and with `paused` webhooks are queued and not sent.
        """
        frozen = None if ticking else int((now or datetime.now(UTC)).timestamp())
        self.store = Store(path, self.ownership)
        self.clock = Clock(self.store, frozen_at=frozen)
        self.faults = Faults()
        self.journal = Journal()
        self.webhooks = WebhookSender(
            self.store,
            compose=self.compose_webhook,
            delivered=self.note_delivered,
            sent=self.journal.record_webhook,
            paused=paused,
        )
        self._server = Server(self.respond, port)
        self._control = Control(self.acts(), self._page)
        self._ticking = ticking
        self._ended = threading.Event()

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer a request as the company's server does."""

    @abstractmethod
    def failure(self, status: int) -> Response:
        """The company's error response of this status, for a fault that was ordered."""

    @abstractmethod
    def compose_webhook(self, session: Session, delivery: Json) -> Webhook | None:
        """The webhook of a delivery, signed now; None where there is nothing left to send."""

    @abstractmethod
    def note_delivered(self, session: Session, delivery: Json) -> None:
        """Keep that a receiver accepted a delivery."""

    @abstractmethod
    def let_happen(self, session: Session, since: int, until: int) -> None:
        """Do what became due between two moments."""

    @abstractmethod
    def start_over(self) -> None:
        """Make what an empty stand-in begins with, after a reset."""

    def acts(self) -> Mapping[str, Act]:
        """Acts of the control API, by method and verb."""
        return {
            "GET state": lambda body: self.state(),
            "GET journal": lambda body: {"entries": [entry.as_json() for entry in self.journal.entries()]},
            "GET deliveries": lambda body: {"deliveries": self.webhooks.waiting()},
            "POST pause": self._pause,
            "POST resume": self._resume,
            "POST advance": self._advance,
            "POST faults": self._order_fault,
            "POST reset": self._reset,
        }

    @property
    def url(self) -> str:
        """The address of the server, without a slash at the end."""
        return self._server.url

    def start(self) -> Self:
        """Answer from now on."""
        self._server.start()
        self.webhooks.start()
        if self._ticking:
            threading.Thread(target=self._tick, name="sandbox-clock", daemon=True).start()
        return self

    def stop(self) -> None:
        """End the server and its threads."""
        self._ended.set()
        self.webhooks.stop()
        self._server.stop()
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def now(self) -> datetime:
        """The stand-in's own time."""
        with self.store.transaction() as session:
            return datetime.fromtimestamp(self.clock.now(session), UTC)

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0, to: datetime | None = None) -> datetime:
        """Let time pass, with everything that happens in it; returns the new time."""
        passed = timedelta(days=days, hours=hours, seconds=seconds)
        with self.store.transaction() as session:
            moment = int(to.timestamp()) if to else None
            target = self.clock.advance(session, to=moment, seconds=int(passed.total_seconds()))
        self.catch_up()
        return datetime.fromtimestamp(target, UTC)

    def catch_up(self) -> None:
        """Let happen what has become due since the last time."""
        with self.store.transaction() as session:
            since = self.clock.due_since(session)
            now = self.clock.now(session)
            if now > since:
                self.let_happen(session, since, now)
        self.webhooks.wake()

    def pause_webhooks(self) -> None:
        """Queue webhooks from now on, and send none."""
        self.webhooks.paused = True

    def resume_webhooks(self) -> None:
        """Send what waits."""
        self.webhooks.resume()

    def reset(self) -> None:
        """Forget every object, fault and journal entry; time goes on from where it is."""
        self.store.clear_objects()
        self.faults.clear()
        self.journal.clear()
        self.start_over()

    def state(self) -> Json:
        """The time in seconds, whether webhooks are held back, how many wait."""
        return {
            "now": int(self.now.timestamp()),
            "paused": self.webhooks.paused,
            "waiting": len(self.webhooks.waiting()),
        }

    def _tick(self) -> None:
        while not self._ended.wait(1.0):
            self.catch_up()

    def respond(self, request: Request) -> Response | None:
        """Answer a request, or do to it what was ordered; None breaks the connection."""
        if self._control.is_meant_by(request):
            return self._control.answer(request)
        fault = self.faults.take(request.line)
        response = fault.apply(lambda: self.answer(request), self.failure) if fault else self.answer(request)
        self.journal.record_request(request, response, fault.kind if fault else "")
        return response

    def _page(self) -> Response:
        return journal_page(self.name, {**self.state(), "now": self.now.isoformat()}, self.journal.entries())

    def _pause(self, body: Json) -> Json:
        self.pause_webhooks()
        return self.state()

    def _resume(self, body: Json) -> Json:
        self.resume_webhooks()
        return self.state()

    def _advance(self, body: Json) -> Json:
        to = datetime.fromtimestamp(float(body["to"]), UTC) if "to" in body else None
        self.advance(days=float(body.get("days", 0)), seconds=float(body.get("seconds", 0)), to=to)
        return self.state()

    def _order_fault(self, body: Json) -> Json:
        self.faults.order(
            str(body["kind"]),
            times=int(body.get("times", 1)),
            match=str(body.get("match", "")),
            seconds=float(body.get("seconds", 30)),
        )
        return {"ordered": body}

    def _reset(self, body: Json) -> Json:
        self.reset()
        return self.state()
