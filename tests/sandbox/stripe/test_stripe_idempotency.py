"""Idempotency keys, retries and trouble on the way: one object, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of


def test_the_same_key_gives_the_same_answer(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    options: Any = {"idempotency_key": f"brand:7:{stripe_backend.tag}"}
    first = v1.customers.create({"email": "a@example.com", "test_clock": stripe_backend.clock}, options)
    again = v1.customers.create({"email": "a@example.com", "test_clock": stripe_backend.clock}, options)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as caught:
        v1.customers.create({"email": "b@example.com", "test_clock": stripe_backend.clock}, options)
    assert caught.value.http_status == 400


def test_a_declined_charge_is_remembered_and_a_malformed_call_is_not(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    customer = v1.customers.create({})
    for key, number in (("k1", "pm_card_chargeDeclined"),):
        for _ in range(2):
            with pytest.raises(stripe.CardError):
                v1.payment_methods.attach(number, {"customer": customer.id}, {"idempotency_key": key})
    with pytest.raises(stripe.InvalidRequestError):
        v1.customers.create({"emial": "x"}, {"idempotency_key": "k2"})
    assert v1.customers.create({"name": "x"}, {"idempotency_key": "k2"}).name == "x"


@pytest.mark.parametrize("kind", ["500", "429", "break", "500_after", "break_after"])
def test_the_sdk_tries_again_and_one_object_is_left(fake_stripe: FakeStripe, kind: str) -> None:
    fake_stripe.faults.order(kind, times=2 if kind != "429" else 1, match="POST /v1/customers")
    if kind == "429":  # the SDK leaves those to its caller
        with pytest.raises(stripe.RateLimitError):
            client_of(fake_stripe).v1.customers.create({"name": "Acme"})
    made = client_of(fake_stripe).v1.customers.create({"name": "Acme"})
    assert [row.id for row in client_of(fake_stripe).v1.customers.list().data] == [made.id]
    assert len(fake_stripe.events("customer.created")) == 1


def test_a_silent_server_times_out(fake_stripe: FakeStripe) -> None:
    fake_stripe.faults.order("timeout", match="GET /v1/customers", seconds=1.5)
    impatient = client_of(fake_stripe, retries=0, timeout=0.3)
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.list()
    assert impatient.v1.customers.list().data == []
