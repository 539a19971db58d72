"""The account as a whole: its calls, and the answers given before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.clock import Clock
from sandbox.core.errors import Json
from sandbox.core.store import Session, Store
from sandbox.stripe.errors import ApiError
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
    discounts,
    hooks,
    invoices,
    money_back,
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
from sandbox.stripe.work import Account, Request, Work, new_id

# Stripe keeps events for thirty days and keys for one.
MAX_EVENTS = 20_000
MAX_KEYS = 5_000
KEYS_LAST = 24 * 3600
# Importing these registers their operations.
RESOURCES = (
    cancelling,
    catalog,
    checkout,
    clocks,
    customers,
    discounts,
    hooks,
    invoices,
    money_back,
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
        """Digest that tells one call from another under the same idempotency key."""
        return hashlib.sha256(f"{self.method} {self.path}\n{self.body}".encode()).hexdigest()


@dataclass
class Answer:
    """Status and body; `replayed` where the idempotency key was seen before."""

    status: int
    body: Json
    replayed: bool = False


class Machine:
    """Everything behind the HTTP server; tests in the same process use it directly."""

    def __init__(self, account: Account, store: Store, clock: Clock, *, on_events: Callable[[], None]) -> None:
        """`on_events` is called after a unit of work that emitted events."""
        self.account = account
        self._store = store
        self._clock = clock
        self._on_events = on_events
        with store.transaction() as session:
            session.forget("event", keep=MAX_EVENTS)
            session.forget("idempotency", keep=MAX_KEYS)

    @contextmanager
    def work(self, request: Request | None = None) -> Iterator[Work]:
        """One unit of work, kept where it ends without an exception."""
        with self._store.transaction() as session:
            work = Work(session, self.account, self._clock.now(session), request or Request())
            yield work
        if work.emitted:
            self._on_events()

    def let_happen(self, session: Session, since: int, until: int) -> None:
        """Do what became due between two moments."""
        run_until(Work(session, self.account, since), None, until)

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
    if found["at"] + KEYS_LAST <= work.wall:
        work.session.remove("idempotency", found["id"])
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
                "at": work.wall,
                "status": answer.status,
                "body": json.dumps(answer.body),
            },
        )
