"""The fake account as a whole: its clock, its calls, and what was answered before."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.stripe.errors import ApiError, Json
from sandbox.stripe.forms import Form, decode
from sandbox.stripe.operations import find_operation
from sandbox.stripe.parameters import check
from sandbox.stripe.rendering import render
from sandbox.stripe.resources import (
    cancelling,
    catalog,
    checkout,
    clocks,
    customers,
    hooks,
    invoices,
    payment_methods,
    payments,
    pending,
    portal,
    previews,
    schedules,
    setups,
    subscriptions,
    updating,
)
from sandbox.stripe.resources.timeline import run_until
from sandbox.stripe.store import Store
from sandbox.stripe.work import Account, Request, Work, new_id

# Stripe keeps events for thirty days and keys for one
MOST_EVENTS = 20_000
MOST_KEYS = 5_000
OWN_ENDPOINT = "we_fake"  # the address given at the start
# Importing these registers their operations.
RESOURCES = (
    cancelling,
    catalog,
    checkout,
    clocks,
    customers,
    hooks,
    invoices,
    payment_methods,
    payments,
    pending,
    portal,
    previews,
    schedules,
    setups,
    subscriptions,
    updating,
)


@dataclass
class Call:
    """One request to the API."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    idempotency_key: str | None = None
    id: str = field(default_factory=lambda: new_id("req", 14))

    @property
    def form(self) -> Form:
        """The parameters, wherever they stand."""
        return decode(self.body or self.query)

    @property
    def fingerprint(self) -> str:
        """Tells one call from another under the same idempotency key."""
        return hashlib.sha256(f"{self.method} {self.path}\n{self.body}".encode()).hexdigest()


@dataclass
class Answer:
    """Status and body; `replayed` where the idempotency key was seen before."""

    status: int
    body: Json
    replayed: bool = False


class Machine:
    """Everything behind the HTTP server; tests in the same process use it directly."""

    def __init__(self, account: Account, *, path: Path | None = None, frozen_at: int | None = None) -> None:
        """With `frozen_at` (seconds) time stands still until it is advanced; else it runs, plus what was advanced."""
        self.account = account
        self.store = Store(path)
        self.frozen_at = frozen_at
        self.news = threading.Event()  # set when there may be something to deliver
        self._start_clock()

    def _start_clock(self) -> None:
        with self.store.transaction() as session:
            if self.frozen_at is not None:
                session.set_fact("frozen", self.frozen_at)
            session.forget("event", keep=MOST_EVENTS)
            session.forget("idempotency", keep=MOST_KEYS)
            if session.fact("lived_until") is None:
                session.set_fact("lived_until", self._now(session))

    @staticmethod
    def _now(session: Any) -> int:
        frozen = session.fact("frozen")
        return int(frozen) if frozen is not None else int(time.time()) + int(session.fact("offset", 0))

    @property
    def now(self) -> int:
        """The account's own time, in seconds."""
        with self.store.transaction() as session:
            return self._now(session)

    @contextmanager
    def work(self, request: Request | None = None) -> Iterator[Work]:
        """One unit of work, kept where it ends without an exception."""
        with self.store.transaction() as session:
            work = Work(session, self.account, self._now(session), request or Request())
            yield work
        if work.emitted:
            self.news.set()

    def advance(self, *, to: int | None = None, seconds: int = 0) -> int:
        """Let time pass, with everything that happens in it; returns the new time."""
        with self.store.transaction() as session:
            now = self._now(session)
            target = to if to is not None else now + seconds
            if target < now:
                raise ApiError(400, "Time does not go back.")
            if session.fact("frozen") is not None:
                session.set_fact("frozen", target)
            else:
                session.set_fact("offset", int(session.fact("offset", 0)) + target - now)
        self.catch_up()
        return target

    def catch_up(self) -> None:
        """Let happen what has become due since the last time."""

        with self.store.transaction() as session:
            now = self._now(session)
            since = int(session.fact("lived_until"))
            if now > since:
                work = Work(session, self.account, since)
                run_until(work, None, now)
                session.set_fact("lived_until", now)
                if work.emitted:
                    self.news.set()

    def reset(self) -> None:
        """Forget everything; time runs on from where it is."""
        frozen_or_running = self.now if self.frozen_at is not None else None
        self.store.clear()
        self.frozen_at = frozen_or_running
        self._start_clock()

    def call(self, call: Call) -> Answer:
        """Do one operation, or repeat the answer given before under its idempotency key."""
        started = False
        try:
            with self.work(Request(call.id, call.idempotency_key)) as work:
                if known := _known(work, call):
                    return known
                operation, parts = find_operation(call.method, call.path)
                params = check(operation.known, call.form)
                started = True
                answer = self._do(work, operation.function, params, parts)
                _remember(work, call, answer)
                return answer
        except ApiError as error:
            answer = Answer(error.status, error.body)
            if started:
                with self.work() as work:
                    _remember(work, call, answer)
            return answer

    @staticmethod
    def _do(work: Work, function: Any, params: Any, parts: dict[str, str]) -> Answer:
        try:
            thing = function(work, params, **parts)
        except ApiError as error:
            if not error.keep:
                raise
            return Answer(error.status, error.body)
        expand = params.get("expand") or []
        for name in params.unread():
            raise ApiError(
                400, f"The fake Stripe does not support the parameter {name}.", code="fake_not_supported", param=name
            )
        return Answer(200, render(work, thing, expand))


def _known(work: Work, call: Call) -> Answer | None:
    if call.method != "POST" or not call.idempotency_key:
        return None
    found = work.find("idempotency", f"idempotency:{call.idempotency_key}")
    if found is None:
        return None
    if found["fingerprint"] != call.fingerprint:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{call.idempotency_key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    return Answer(found["status"], json.loads(found["body"]), replayed=True)


def _remember(work: Work, call: Call, answer: Answer) -> None:
    if call.method == "POST" and call.idempotency_key:
        work.add(
            "idempotency",
            {
                "id": f"idempotency:{call.idempotency_key}",
                "fingerprint": call.fingerprint,
                "status": answer.status,
                "body": json.dumps(answer.body),
            },
        )
