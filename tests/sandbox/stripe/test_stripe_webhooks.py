"""Events, and webhooks that are signed, repeated, late, out of order and held back."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of


class Receiver:
    """An address that notes what it gets, and refuses while it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.status = 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks/stripe"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, count: int) -> None:
        """Until so many have come."""
        deadline = time.monotonic() + 60
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= count


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def types_of(receiver: Receiver, client: stripe.StripeClient, secret: str) -> list[str]:
    """The types of what came, each verified by the SDK."""
    return [client.construct_event(body, header, secret).type for body, header in receiver.got]


def test_signed_webhooks_arrive(receiver: Receiver) -> None:
    with FakeStripe(webhook_url=receiver.url, webhook_secret="whsec_one") as fake:
        client = client_of(fake)
        client.v1.customers.create({"name": "Acme"})
        receiver.wait(1)
        assert types_of(receiver, client, "whsec_one") == ["customer.created"]
        with pytest.raises(stripe.SignatureVerificationError):
            types_of(receiver, client, "whsec_other")
        deadline = time.monotonic() + 60
        while fake.webhooks.waiting() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.v1.events.list().data[0].pending_webhooks == 0


def test_refused_webhooks_are_sent_again(receiver: Receiver) -> None:
    receiver.status = 500
    with FakeStripe(webhook_url=receiver.url) as fake:
        client_of(fake).v1.customers.create({})
        receiver.wait(1)
        receiver.status = 200
        receiver.wait(2)
        assert receiver.got[0][0] == receiver.got[1][0]


def test_held_back_repeated_late_and_in_the_wrong_order(receiver: Receiver) -> None:
    with FakeStripe(webhook_url=receiver.url, webhook_secret="whsec_one") as fake:
        fake.pause_webhooks()
        client = client_of(fake)
        made = client.v1.customers.create({})
        client.v1.customers.update(made.id, {"name": "Acme"})
        first, second = (event["id"] for event in fake.events())
        assert [row["event"] for row in fake.webhooks.waiting()] == [first, second]
        assert receiver.got == []
        fake.deliver(second)
        fake.deliver(first, times=2)
        assert types_of(receiver, client, "whsec_one") == ["customer.updated", "customer.created", "customer.created"]
        [late] = fake.deliver(first, at=fake.now - timedelta(hours=1))
        assert late.status == 200  # the receiver does not look; the SDK does
        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            client.construct_event(*receiver.got[-1], "whsec_one")
        assert fake.webhooks.waiting() == []
        client.v1.customers.update(made.id, {"name": "Other"})
        fake.resume_webhooks()
        receiver.wait(5)


def test_two_secrets_while_one_is_rolled(receiver: Receiver) -> None:
    with FakeStripe(webhook_url=receiver.url, webhook_secret="whsec_old") as fake:
        client = client_of(fake)
        fake.roll_webhook_secret("whsec_new")
        client.v1.customers.create({})
        receiver.wait(1)
        assert receiver.got[0][1].count("v1=") == 2
        assert types_of(receiver, client, "whsec_old") == types_of(receiver, client, "whsec_new")
        fake.drop_old_secrets()
        client.v1.customers.create({})
        receiver.wait(2)
        with pytest.raises(stripe.SignatureVerificationError):
            client.construct_event(*receiver.got[1], "whsec_old")


def test_registered_endpoints_get_what_they_asked_for(fake_stripe: FakeStripe, receiver: Receiver) -> None:
    client = client_of(fake_stripe)
    made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["product.created"]})
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)
    fake_stripe.resume_webhooks()
    client.v1.customers.create({})
    client.v1.products.create({"name": "Basic"})
    receiver.wait(1)
    assert types_of(receiver, client, made.secret) == ["product.created"]
    client.v1.webhook_endpoints.update(made.id, {"disabled": True})
    client.v1.products.create({"name": "Standard"})
    assert client.v1.webhook_endpoints.list().data[0].status == "disabled"
    client.v1.webhook_endpoints.delete(made.id)
    assert client.v1.webhook_endpoints.list().data == []
    assert len(receiver.got) == 1


def test_signing_for_a_test_client(fake_stripe: FakeStripe) -> None:
    client = client_of(fake_stripe)
    client.v1.customers.create({"name": "Acme 榕易"})
    [event] = fake_stripe.events("customer.created")
    body, header = fake_stripe.signed(event)
    made = client.construct_event(body, header, fake_stripe.webhook_secret)
    assert (made.id, made.data.object.name, made.api_version) == (event["id"], "Acme 榕易", "2026-10-28.endive")
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(body + " ", header, fake_stripe.webhook_secret)


def test_events_tell_what_changed(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer(None, name="Acme")
    v1.customers.update(customer, {"name": "Acme Ltd", "metadata": {"brand": "7"}})
    event = stripe_backend.events("customer.updated", about=customer)[-1]
    assert event["data"]["object"]["name"] == "Acme Ltd"
    assert event["data"]["previous_attributes"] == {"name": "Acme", "metadata": {"brand": None}}
    assert v1.events.retrieve(event["id"]).type == "customer.updated"
    assert event["request"]["id"]


def test_the_events_of_a_first_payment(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(100)}]})
    seen = {row["type"] for row in stripe_backend.events(about=customer)}
    assert seen >= {
        "customer.created",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "payment_intent.succeeded",
    }
