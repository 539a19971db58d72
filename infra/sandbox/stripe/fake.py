"""The fake Stripe in this process: a server on a free port, and handles for tests."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from sandbox.stripe.deliveries import Attempt, Deliverer, body_of, sign
from sandbox.stripe.errors import Json
from sandbox.stripe.http_server import Server
from sandbox.stripe.machine import OWN_ENDPOINT, Machine
from sandbox.stripe.resources.hooks import new_endpoint
from sandbox.stripe.trouble import Trouble
from sandbox.stripe.work import Account, public


class FakeStripe:
    """`with FakeStripe() as fake: StripeClient(fake.api_key, base_addresses={"api": fake.url})`.

    Time stands still at `now` (or at the moment of the start) until `advance`; with `ticking` it runs.
    """

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
        self.api_key = f"sk_test_{secrets.token_hex(16)}"
        self.webhook_secret = webhook_secret or f"whsec_{secrets.token_hex(16)}"
        frozen = None if ticking else int((now or datetime.now(UTC)).timestamp())
        self.machine = Machine(Account(**account), path=path, frozen_at=frozen)
        self.trouble = Trouble()
        self.deliverer: Deliverer = Deliverer(self.machine, paused=not webhook_url)
        self.server = Server(self, port)
        self.machine.account.base_url = self.server.url
        self.webhook_url = webhook_url
        self._ticking = ticking
        self._ended = threading.Event()
        self.set_webhook_url(webhook_url)

    @property
    def url(self) -> str:
        """The address for `base_addresses={"api": …}`."""
        return self.server.url

    def start(self) -> FakeStripe:
        """Answer from now on."""
        self.server.start()
        self.deliverer.start()
        if self._ticking:
            threading.Thread(target=self._tick, name="fake-stripe-clock", daemon=True).start()
        return self

    def stop(self) -> None:
        """End the server and its threads."""
        self._ended.set()
        self.deliverer.stop()
        self.server.stop()
        self.machine.store.close()

    def __enter__(self) -> FakeStripe:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tick(self) -> None:
        while not self._ended.wait(1.0):
            self.machine.catch_up()

    def set_webhook_url(self, url: str) -> None:
        """Send webhooks there, signed with `webhook_secret`; nothing is queued for an empty address."""
        with self.machine.work() as work:
            if work.find("webhook_endpoint", OWN_ENDPOINT):
                work.session.remove("webhook_endpoint", OWN_ENDPOINT)
        if url:
            with self.machine.work() as work:
                new_endpoint(work, url, ["*"], secret=self.webhook_secret, identifier=OWN_ENDPOINT)
        self.webhook_url = url

    @property
    def now(self) -> datetime:
        """The account's own time."""
        return datetime.fromtimestamp(self.machine.now, UTC)

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0, to: datetime | None = None) -> datetime:
        """Let time pass for everything that is not on a test clock; returns the new time."""
        passed = timedelta(days=days, hours=hours, seconds=seconds)
        moment = int(to.timestamp()) if to else None
        return datetime.fromtimestamp(self.machine.advance(to=moment, seconds=int(passed.total_seconds())), UTC)

    def pause_webhooks(self) -> None:
        """Queue events from now on, and send none."""
        self.deliverer.paused = True

    def resume_webhooks(self) -> None:
        """Send what waits."""
        self.deliverer.resume()

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
        body = body_of(event)
        moment = int(at.timestamp() if at else time.time())
        return body, sign(body, list(secrets or [self.webhook_secret]), moment)

    def deliver(
        self, event_id: str, *, times: int = 1, at: datetime | None = None, url: str | None = None
    ) -> list[Attempt]:
        """POST an event now (again, late, out of order) and say what was answered."""
        moment = int(at.timestamp()) if at else None
        return self.deliverer.deliver(event_id, times=times, timestamp=moment, url=url)

    def make_charges(self, customer_id: str, outcome: str | None) -> None:
        """Let a customer's charges `fail` or `succeed` from now on, whatever the card; None undoes it."""
        if outcome not in ("fail", "succeed", None):
            raise ValueError(f"outcome must be 'fail', 'succeed' or None, not {outcome!r}")
        with self.machine.work() as work:
            work.get("customer", customer_id)["_charges"] = outcome

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

    def reset(self) -> None:
        """Forget every object; the keys and the webhook address stay."""
        self.machine.reset()
        self.trouble.clear()
        self.set_webhook_url(self.webhook_url)

    def dump(self) -> str:
        """Everything that waits to be sent, for a look while debugging."""
        return json.dumps(self.deliverer.queued(), indent=2)
