"""The fake Stripe in this process: a server on a free port, and handles for tests."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.core.control import Act
from sandbox.core.errors import Json
from sandbox.core.stand_in import StandIn
from sandbox.core.store import Ownership, Session
from sandbox.core.web import Request, Response
from sandbox.core.webhooks import Webhook
from sandbox.stripe import webhooks
from sandbox.stripe.api import answer_api, failure
from sandbox.stripe.machine import Machine
from sandbox.stripe.pages.routes import show_page
from sandbox.stripe.resources.hooks import new_endpoint
from sandbox.stripe.resources.money_back import CLOSED, close_dispute, open_dispute
from sandbox.stripe.webhooks import OWN_ENDPOINT
from sandbox.stripe.work import Account, public


@dataclass(frozen=True)
class Attempt:
    """Result of one delivery; status 0 where nobody answered."""

    event: str
    url: str
    status: int
    error: str = ""


class FakeStripe(StandIn):
    """`with FakeStripe() as fake: StripeClient(fake.api_key, base_addresses={"api": fake.url})`.

    Its control API also has `GET events`, and
    POST deliver `{"events": [id, …], "times": 1, "timestamp": T, "url": U}`: send these now, in this order;
    POST charges `{"customer": id, "outcome": "fail" or "succeed" or null}`: force a customer's charges;
    POST secret `{"secret": "whsec_…"}` and secret/drop: roll the webhook secret, and end the old one;
    POST disputes `{"invoice": id}` or `{"dispute": id, "status": "lost"}`: the payer's bank takes money, decides.
    """

    name = "Stripe"
    ownership = Ownership("customer", frozenset({"invoice", "invoiceitem", "subscription", "subscription_schedule"}))

    def __init__(
        self,
        *,
        now: datetime | None = None,
        ticking: bool = False,
        path: Path | None = None,
        port: int = 0,
        webhook_url: str = "",
        webhook_secret: str = "",
        **account: Any,
    ) -> None:
        """`account` takes the fields of `Account`: payment_method_types, after_retries, retry_days …"""
        super().__init__(now=now, ticking=ticking, path=path, port=port, paused=not webhook_url)
        self.api_key = f"{'rk' if account.get('permissions') is not None else 'sk'}_test_{secrets.token_hex(16)}"
        self._keys_in_use: set[str] = set()
        self._keys_lock = threading.Lock()
        self.webhook_secret = webhook_secret or f"whsec_{secrets.token_hex(16)}"
        account_here = Account(**account, base_url=self.url)
        self.machine = Machine(account_here, self.store, self.clock, on_events=self.webhooks.wake)
        self.set_webhook_url(webhook_url)

    def answer(self, request: Request) -> Response:
        """Answer the API, or show a page of the paying customer's."""
        if request.path.startswith("/v1/"):
            return answer_api(self.machine, self.api_key, request)
        return show_page(self.machine, request)

    def failure(self, status: int) -> Response:
        """The error response of a fault that was ordered."""
        return failure(status, "The fake was told to fail.")

    def respond(self, request: Request) -> Response | None:
        """Answer 409 while the same idempotency key is being worked on, as after a time-out on the caller's side."""
        key = request.header("Idempotency-Key") if request.method == "POST" else ""
        with self._keys_lock:
            if key in self._keys_in_use:
                return failure(409, f"There is currently another in-progress request using this idempotency key: {key}")
            self._keys_in_use |= {key} if key else set()
        try:
            return super().respond(request)
        finally:
            with self._keys_lock:
                self._keys_in_use.discard(key)

    def compose_webhook(self, session: Session, delivery: Json) -> Webhook | None:
        """The webhook of a queued delivery, signed now."""
        return webhooks.compose(session, delivery)

    def note_delivered(self, session: Session, delivery: Json) -> None:
        """Count down the event's pending webhooks."""
        webhooks.note_delivered(session, delivery)

    def let_happen(self, session: Session, since: int, until: int) -> None:
        """Renew, retry, expire what became due between two moments."""
        self.machine.let_happen(session, since, until)

    def start_over(self) -> None:
        """Register the receiver again; the keys and its address stay."""
        self.set_webhook_url(self.webhook_url)

    def acts(self) -> Mapping[str, Act]:
        """Acts of the control API, with those that only Stripe has."""
        return {
            **super().acts(),
            "GET events": lambda body: {"events": self.events()},
            "POST deliver": self._deliver,
            "POST charges": self._force_charges,
            "POST secret": lambda body: {"secret": self.roll_webhook_secret(body.get("secret", ""))},
            "POST secret/drop": self._drop_secrets,
            "POST disputes": self._dispute,
        }

    def set_webhook_url(self, url: str) -> None:
        """Send webhooks there, signed with `webhook_secret`; nothing is queued for an empty address."""
        with self.machine.work() as work:
            if work.find("webhook_endpoint", OWN_ENDPOINT):
                work.session.remove("webhook_endpoint", OWN_ENDPOINT)
        if url:
            with self.machine.work() as work:
                new_endpoint(work, url, ["*"], secret=self.webhook_secret, identifier=OWN_ENDPOINT)
        self.webhook_url = url

    def events(self, *types: str, since: str | None = None) -> list[Json]:
        """The events so far, oldest first, by type, after the event `since`."""
        with self.machine.work() as work:
            rows = [public(row) for row in work.rows("event")]
        if since is not None:
            rows = rows[[row["id"] for row in rows].index(since) + 1 :]
        return [row for row in rows if not types or row["type"] in types]

    def get(self, kind: str, identifier: str) -> Json:
        """An object as it is now, by its Stripe name: `subscription`, `checkout.session` …"""
        with self.machine.work() as work:
            return public(work.get(kind, identifier))

    def signed(
        self, event: Json, *, at: datetime | None = None, secrets: Sequence[str] | None = None
    ) -> tuple[str, str]:
        """Body and `Stripe-Signature` header of a webhook, by the wall clock, as Stripe signs it; for test clients."""
        body = webhooks.body_of(event)
        moment = int(at.timestamp() if at else time.time())
        return body, webhooks.sign(body, list(secrets or [self.webhook_secret]), moment)

    def deliver(
        self, event_id: str, *, times: int = 1, at: datetime | None = None, url: str | None = None
    ) -> list[Attempt]:
        """POST an event now (again, late, out of order), also while webhooks are held back; it waits no longer."""
        with self.store.transaction() as session:
            event, targets = webhooks.take_from_queue(session, event_id, url)
            event = public(event)
        attempts = []
        for target, valid in targets:
            for _ in range(times):
                webhook = webhooks.webhook(event, target, valid, int(at.timestamp()) if at else None)
                status, error = webhook.send()
                self.journal.record_webhook(webhook, status, error)
                attempts.append(Attempt(event_id, target, status, error))
        return attempts

    def make_charges(self, customer_id: str, outcome: str | None) -> None:
        """Let a customer's charges `fail` or `succeed` from now on, whatever the card; None undoes it."""
        if outcome not in ("fail", "succeed", None):
            raise ValueError(f"outcome must be 'fail', 'succeed' or None, not {outcome!r}")
        with self.machine.work() as work:
            work.get("customer", customer_id)["_charges"] = outcome

    def dispute(self, invoice_id: str) -> str:
        """Let the payer dispute the payment of an invoice with their bank; returns the dispute's id."""
        with self.machine.work() as work:
            payment = work.rows("invoice_payment", invoice=invoice_id, status="paid")[0]
            intent = work.get("payment_intent", payment["payment"]["payment_intent"])
            return str(open_dispute(work, work.get("charge", intent["latest_charge"]))["id"])

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """End a dispute: `lost`, `won` or `warning_closed`."""
        if status not in CLOSED:
            raise ValueError(f"status must be one of {CLOSED}, not {status!r}")
        with self.machine.work() as work:
            close_dispute(work, work.get("dispute", dispute_id), status)

    def roll_webhook_secret(self, new_secret: str = "") -> str:
        """Sign with the new and the old secret both, until `drop_old_secrets`."""
        self.webhook_secret = new_secret or f"whsec_{secrets.token_hex(16)}"
        with self.machine.work() as work:
            if endpoint := work.find("webhook_endpoint", OWN_ENDPOINT):
                endpoint["_secrets"] = [self.webhook_secret, *endpoint["_secrets"]]
        return self.webhook_secret

    def drop_old_secrets(self) -> None:
        """Sign with the newest secret only."""
        with self.machine.work() as work:
            if endpoint := work.find("webhook_endpoint", OWN_ENDPOINT):
                endpoint["_secrets"] = endpoint["_secrets"][:1]

    def _deliver(self, body: Json) -> Json:
        at = datetime.fromtimestamp(body["timestamp"], UTC) if body.get("timestamp") is not None else None
        attempts = []
        for event in body["events"] if "events" in body else [row["event"] for row in self.webhooks.waiting()]:
            attempts += self.deliver(event, times=int(body.get("times", 1)), at=at, url=body.get("url"))
        return {"attempts": [asdict(attempt) for attempt in attempts]}

    def _force_charges(self, body: Json) -> Json:
        self.make_charges(body["customer"], body.get("outcome"))
        return {"customer": body["customer"], "outcome": body.get("outcome")}

    def _dispute(self, body: Json) -> Json:
        if "dispute" in body:
            self.close_dispute(body["dispute"], body["status"])
            return {"dispute": body["dispute"], "status": body["status"]}
        return {"dispute": self.dispute(body["invoice"]), "status": "needs_response"}

    def _drop_secrets(self, body: Json) -> Json:
        self.drop_old_secrets()
        return self.state()
