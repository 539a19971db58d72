"""The endpoints that no story passes by, so that every one of them is called by the SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from sandbox.stripe.operations import OPERATIONS
from tests.factories.stripe_backends import StripeBackend, client_of


@pytest.fixture
def owing(stripe_backend: StripeBackend) -> Any:
    """A subscription whose first invoice is open."""
    v1: Any = stripe_backend.client.v1
    return v1.subscriptions.create(
        {
            "customer": stripe_backend.customer(None),
            "items": [{"price": stripe_backend.price(360_000)}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice.payments"],
        }
    )


def test_an_invoice_that_is_given_up(stripe_backend: StripeBackend, owing: Any) -> None:
    v1: Any = stripe_backend.client.v1
    invoice = owing.latest_invoice
    assert v1.invoices.update(invoice.id, {"metadata": {"note": "bank transfer"}}).metadata["note"] == "bank transfer"
    payment = v1.invoice_payments.list({"invoice": invoice.id}).data[0]
    assert v1.invoice_payments.retrieve(payment.id).status == "open"
    intents = v1.payment_intents.list({"customer": owing.customer}).data
    assert [row.id for row in intents] == [payment.payment.payment_intent]
    assert v1.invoices.mark_uncollectible(invoice.id).status == "uncollectible"
    assert stripe_backend.events("invoice.marked_uncollectible", about=invoice.id)


def test_an_invoice_finalised_before_its_hour(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(36_000, "month")}]})
    end = made["items"].data[0].current_period_end
    stripe_backend.advance(days=(end - stripe_backend.now.timestamp()) / 86_400)
    draft = v1.invoices.list({"subscription": made.id, "status": "draft"}).data[0]
    assert v1.invoices.finalize_invoice(draft.id, {"auto_advance": False}).status == "open"
    assert v1.invoices.pay(draft.id).status == "paid"


def test_amounts_for_the_next_invoice(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(36_000, "month")}]})
    item: Any = {"customer": customer, "currency": "cny", "description": "A day without service"}
    wrong = v1.invoice_items.create({**item, "amount": -100})
    assert v1.invoice_items.delete(wrong.id).deleted is True
    kept = v1.invoice_items.create({**item, "amount": -1_200, "subscription": made.id})
    assert v1.invoice_items.retrieve(kept.id).amount == -1_200
    assert v1.invoices.create_preview({"subscription": made.id}).total == 34_800
    stripe_backend.advance(days=32)
    assert v1.invoices.list({"subscription": made.id}).data[0].amount_paid == 34_800


def test_a_new_customers_first_invoice_can_be_seen(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    details = {"items": [{"price": stripe_backend.price(360_000)}]}
    preview = v1.invoices.create_preview({"customer": stripe_backend.customer(), "subscription_details": details})
    assert preview.amount_due == 360_000


def test_an_end_now_can_be_seen(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(360_000)}]})
    stripe_backend.advance(days=73)
    details = {"cancel_now": True, "proration_behavior": "create_prorations"}
    assert v1.invoices.create_preview({"subscription": made.id, "subscription_details": details}).total == -288_000
    v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        v1.invoices.create_preview({"subscription": made.id})
    assert caught.value.code == "invoice_upcoming_none"


def test_a_schedule_that_ends_its_subscription(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(360_000)}]})
    schedule = v1.subscription_schedules.create({"from_subscription": made.id})
    assert v1.subscription_schedules.retrieve(schedule.id).subscription == made.id
    assert [row.id for row in v1.subscription_schedules.list({"customer": customer}).data] == [schedule.id]
    assert v1.subscription_schedules.cancel(schedule.id, {"invoice_now": False}).status == "canceled"
    assert v1.subscriptions.retrieve(made.id).status == "canceled"


def test_ways_to_pay_are_kept_up(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    method = v1.customers.payment_methods.list(customer).data[0]
    changed = v1.payment_methods.update(
        method.id, {"metadata": {"seen": "1"}, "card": {"exp_month": 1, "exp_year": 2040}}
    )
    assert (changed.metadata["seen"], changed.card.exp_year) == ("1", 2040)
    made = v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    assert made.card.last4 == "4242"
    intent = v1.setup_intents.create({"customer": customer, "allowed_payment_method_types": ["card"]})
    assert v1.setup_intents.retrieve(intent.id).status == "requires_payment_method"
    assert v1.setup_intents.cancel(intent.id).status == "canceled"
    assert [row.id for row in v1.setup_intents.list({"customer": customer}).data] == [intent.id]


def test_portals_and_sessions_are_listed(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    backend = StripeBackend("fake", client_of(fake_stripe), "", {}, fake_stripe)
    made = v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": False}}})
    features = {"invoice_history": {"enabled": True}}
    changed = v1.billing_portal.configurations.update(made.id, {"features": features, "active": False})
    assert (changed.features.invoice_history.enabled, changed.active) == (True, False)
    assert v1.billing_portal.configurations.list({"active": True}).data == []
    assert v1.billing_portal.configurations.retrieve(made.id).active is False
    session = v1.checkout.sessions.create(
        {"mode": "subscription", "success_url": "http://localhost/", "line_items": [{"price": backend.price(100)}]}
    )
    assert [row.id for row in v1.checkout.sessions.list({"status": "open"}).data] == [session.id]
    assert v1.checkout.sessions.line_items.list(session.id).data[0].amount_total == 100


def test_products_and_clocks_are_listed(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    first, second = (v1.products.create({"name": name, "active": name == "A"}).id for name in "AB")
    assert [row.id for row in v1.products.list({"active": False}).data] == [second]
    assert [row.id for row in v1.products.list({"ids": [first]}).data] == [first]
    clock = v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000})
    assert [row.id for row in v1.test_helpers.test_clocks.list().data] == [clock.id]
    now = int(fake_stripe.now.timestamp())
    assert v1.customers.list({"created": {"gte": now}}).data == []
    assert v1.subscriptions.list({"current_period_end": {"lt": now, "gte": 1}}).data == []


def test_each_address_has_one_operation() -> None:
    addresses = [(known.method, known.pattern.pattern.replace("(?P<", "<")) for known in OPERATIONS]
    assert len(addresses) == len(set(addresses)) > 70
