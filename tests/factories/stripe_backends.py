"""Stripe for tests: the fake one, or Stripe itself with the test key in STRIPE_TEST_API_KEY.

Import `stripe_backend` into a conftest; each test that asks for it runs against both. What a test makes hangs on a
test clock of its own, so that it can let time pass, and is gone afterwards.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe

MAX_STEP = timedelta(days=55)  # Stripe advances a clock by two periods at most, and a month is the shortest of ours
PATIENCE = 120.0  # seconds for Stripe to get a clock through a step


@dataclass
class StripeBackend:
    """One of the two, behind the same real SDK."""

    name: str
    client: stripe.StripeClient
    clock: str
    settings: dict[str, Any]  # for `override_settings`
    fake: FakeStripe | None = None
    tag: str = field(default_factory=lambda: secrets.token_hex(4))  # for names that must not be taken yet

    @property
    def now(self) -> datetime:
        """The time of the test clock."""
        clock = self.client.v1.test_helpers.test_clocks.retrieve(self.clock)
        return datetime.fromtimestamp(clock.frozen_time, UTC)

    def advance(self, *, days: float = 0, hours: float = 0, to: datetime | None = None) -> datetime:
        """Let time pass for the customers on the clock; returns the new time when everything in it has happened."""
        target = to or self.now + timedelta(days=days, hours=hours)
        while (moment := self.now) < target:
            step = min(target, moment + MAX_STEP) if self.fake is None else target
            clocks = self.client.v1.test_helpers.test_clocks
            clocks.advance(self.clock, {"frozen_time": int(step.timestamp())})
            deadline = time.monotonic() + PATIENCE
            while clocks.retrieve(self.clock).status != "ready":
                assert time.monotonic() < deadline, "Stripe's test clock does not get ready"
                time.sleep(1)
        return target

    def customer(self, card: str | None = "pm_card_visa", **params: Any) -> str:
        """A customer on the clock, with a default card unless there is to be none; the id."""
        wanted: Any = {"test_clock": self.clock, **params}
        made = self.client.v1.customers.create(wanted).id
        if card:
            self.set_card(made, card)
        return made

    def set_card(self, customer: str, card: str) -> str:
        """Make one of Stripe's test cards the customer's default; the payment method's id."""
        method = self.client.v1.payment_methods.attach(card, {"customer": customer}).id
        self.client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method}})
        return method

    def price(self, amount: int, interval: str = "year", *, name: str = "Plan") -> str:
        """A price in fen, with a lookup key `<tag>_<name>_<interval>`; the id."""
        product = self.client.v1.products.create({"name": name})
        key = f"{self.tag}_{name}_{interval}".lower()
        return self.client.v1.prices.create(
            {
                "product": product.id,
                "unit_amount": amount,
                "currency": "cny",
                "lookup_key": key,
                "recurring": {"interval": interval},
            }
        ).id

    def events(self, *types: str, about: str = "") -> list[dict[str, Any]]:
        """Events (of these types) that name an object, oldest first."""
        wanted: Any = {"limit": 100, **({"types": list(types)} if types else {})}
        found = self.client.v1.events.list(wanted)
        rows = [row.to_dict() for row in found.auto_paging_iter()]
        return [row for row in reversed(rows) if about in repr(row["data"]["object"])]


def _client(key: str, base: str = "") -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=30),
    )


def _with_clock(name: str, client: stripe.StripeClient, settings: dict[str, Any], fake: FakeStripe | None) -> Any:
    now = int(time.time()) // 86_400 * 86_400
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": now, "name": "banyan tests"})
    return StripeBackend(name, client, clock.id, settings, fake)


_STRIPE_ITSELF = pytest.param("stripe", marks=pytest.mark.allow_hosts(["127.0.0.1", "::1", "api.stripe.com"]))


@pytest.fixture(params=["fake", _STRIPE_ITSELF])
def stripe_backend(request: pytest.FixtureRequest) -> Iterator[StripeBackend]:
    """The fake, then Stripe itself where there is a test key."""
    if request.param == "fake":
        with FakeStripe() as fake:
            settings = {
                "STRIPE_API_KEY": fake.api_key,
                "STRIPE_API_BASE": fake.url,
                "STRIPE_WEBHOOK_SECRETS": [fake.webhook_secret],
            }
            yield _with_clock("fake", _client(fake.api_key, fake.url), settings, fake)
        return
    key = os.environ.get("STRIPE_TEST_API_KEY", "")
    if not key:
        pytest.skip("STRIPE_TEST_API_KEY is not set: give it a key that begins with sk_test_ to test against Stripe")
    assert key.startswith("sk_test_"), "STRIPE_TEST_API_KEY must begin with sk_test_: tests never touch a real account"
    settings = {"STRIPE_API_KEY": key, "STRIPE_API_BASE": "", "STRIPE_WEBHOOK_SECRETS": ["whsec_of_nobody"]}
    backend: StripeBackend = _with_clock("stripe", _client(key), settings, None)
    yield backend
    backend.client.v1.test_helpers.test_clocks.delete(backend.clock)


@pytest.fixture
def fake_stripe() -> Iterator[FakeStripe]:
    """The fake alone, for what only a fake can do; time stands still until it is advanced."""
    with FakeStripe() as fake:
        yield fake


def client_of(fake: FakeStripe, *, retries: int = 2, timeout: float = 10) -> stripe.StripeClient:
    """The real SDK, speaking to the fake."""
    return stripe.StripeClient(
        fake.api_key,
        base_addresses={"api": fake.url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
