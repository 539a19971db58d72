"""Products, prices with lookup keys, customers, payment methods, lists."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of


def test_a_lookup_key_moves_to_the_new_price(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    old = v1.prices.retrieve(stripe_backend.price(360_000))
    key = old.lookup_key or ""
    new: Any = {"product": old.product, "unit_amount": 380_000, "currency": "cny", "recurring": {"interval": "year"}}
    with pytest.raises(stripe.InvalidRequestError):
        v1.prices.create({**new, "lookup_key": key})
    made = v1.prices.create({**new, "lookup_key": key, "transfer_lookup_key": True})
    assert [price.id for price in v1.prices.list({"lookup_keys": [key]}).data] == [made.id]
    assert v1.prices.retrieve(old.id).lookup_key is None
    assert (made.unit_amount, made.type, made.recurring.interval) == (380_000, "recurring", "year")
    v1.prices.update(old.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        v1.subscriptions.create({"customer": stripe_backend.customer(), "items": [{"price": old.id}]})


def test_products_keep_the_callers_id(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    identifier = f"banyan_{stripe_backend.tag}"
    made = v1.products.create({"id": identifier, "name": "Basic", "metadata": {"plan": "basic"}})
    assert (made.id, made.active) == (identifier, True)
    assert v1.products.update(identifier, {"name": "Basic plan"}).name == "Basic plan"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        v1.products.create({"id": identifier, "name": "Again"})
    assert caught.value.code == "resource_already_exists"
    assert v1.products.delete(identifier).deleted is True


def test_lists_are_paged_newest_first(fake_stripe: FakeStripe) -> None:
    v1 = client_of(fake_stripe).v1
    made = [v1.customers.create({"name": str(number)}).id for number in range(5)]
    page = v1.customers.list({"limit": 2})
    assert ([row.id for row in page.data], page.has_more) == (made[:2:-1], True)
    page = v1.customers.list({"limit": 2, "starting_after": made[1]})
    assert ([row.id for row in page.data], page.has_more) == ([made[0]], False)
    page = v1.customers.list({"limit": 2, "ending_before": made[1]})
    assert ([row.id for row in page.data], page.has_more) == ([made[3], made[2]], True)
    assert [row.id for row in v1.customers.list({"limit": 2}).auto_paging_iter()] == made[::-1]
    with pytest.raises(stripe.InvalidRequestError):
        v1.customers.list({"limit": 101})


def test_customers_by_email_and_after_deletion(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    email = f"{stripe_backend.tag}@example.com"
    customer = stripe_backend.customer(None, email=email)
    found = v1.customers.list({"email": email, "test_clock": stripe_backend.clock})
    assert [row.id for row in found.data] == [customer]
    v1.customers.delete(customer)
    assert v1.customers.retrieve(customer).deleted is True
    assert v1.customers.list({"email": email, "test_clock": stripe_backend.clock}).data == []


def test_cards_that_attach_and_cards_that_do_not(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    customer = stripe_backend.customer(None)
    for card, last in (
        ("pm_card_visa", "4242"),
        ("pm_card_mastercard", "4444"),
        ("pm_card_chargeCustomerFail", "0341"),
    ):
        method = v1.payment_methods.attach(card, {"customer": customer})
        assert method.card is not None
        assert (method.card.last4, method.customer) == (last, customer)
    with pytest.raises(stripe.CardError) as caught:
        v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    assert len(v1.payment_methods.list({"customer": customer, "type": "card"}).data) == 3
    detached = v1.payment_methods.detach(v1.payment_methods.list({"customer": customer}).data[0].id)
    assert detached.customer is None
    with pytest.raises(stripe.InvalidRequestError):
        v1.payment_methods.attach(detached.id, {"customer": customer})


def test_a_setup_intent_keeps_a_card(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    customer = stripe_backend.customer(None)
    intent = v1.setup_intents.create({"customer": customer, "allowed_payment_method_types": ["card"]})
    assert intent.status == "requires_payment_method"
    done = v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert v1.payment_methods.retrieve(str(done.payment_method)).customer == customer
