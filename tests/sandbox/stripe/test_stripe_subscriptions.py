"""Subscriptions from the first payment to the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of

YEAR = 360_000
MONTH = 36_000


def test_a_paid_subscription(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    price = stripe_backend.price(YEAR)
    made = v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "metadata": {"brand": "7"}, "expand": ["latest_invoice"]}
    )
    invoice = made.latest_invoice
    item = made["items"].data[0]
    assert (made.status, made.collection_method, made.currency) == ("active", "charge_automatically", "cny")
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", YEAR, "subscription_create")
    assert invoice.parent.subscription_details.subscription == made.id
    assert invoice.number
    assert (item.price.id, item.quantity) == (price, 1)
    start = stripe_backend.now
    assert item.current_period_start == made.start_date == int(start.timestamp())
    assert item.current_period_end == int(start.replace(year=start.year + 1).timestamp())
    assert "current_period_end" not in made  # it lives on the items
    line = invoice.lines.data[0]
    assert line.parent.subscription_item_details.proration is False
    assert (line.pricing.price_details.price, line.amount) == (price, YEAR)
    found = v1.subscriptions.list({"customer": customer, "status": "active", "price": price})
    assert [row.id for row in found.data] == [made.id]


def test_nobody_to_charge(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer(None)
    price = stripe_backend.price(YEAR)
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        v1.subscriptions.create({"customer": customer, "items": [{"price": price}]})
    made = v1.subscriptions.create(
        {
            "customer": customer,
            "items": [{"price": price}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice.confirmation_secret"],
        }
    )
    assert (made.status, made.latest_invoice.status) == ("incomplete", "open")
    secret = made.latest_invoice.confirmation_secret.client_secret
    intent = v1.payment_intents.confirm(secret.partition("_secret_")[0], {"payment_method": "pm_card_visa"})
    assert intent.status == "succeeded"
    assert v1.subscriptions.retrieve(made.id).status == "active"


@pytest.mark.parametrize(
    ("card", "event"),
    [
        ("pm_card_chargeCustomerFail", "invoice.payment_failed"),
        ("pm_card_authenticationRequired", "invoice.payment_action_required"),
    ],
)
def test_a_first_payment_that_does_not_come(stripe_backend: StripeBackend, card: str, event: str) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer(card)
    price = stripe_backend.price(YEAR)
    items = [{"price": price}]
    with pytest.raises(stripe.CardError) as caught:
        v1.subscriptions.create({"customer": customer, "items": items, "payment_behavior": "error_if_incomplete"})
    assert caught.value.http_status == 402
    assert v1.subscriptions.list({"customer": customer, "status": "all"}).data == []
    made = v1.subscriptions.create({"customer": customer, "items": items, "expand": ["latest_invoice"]})
    assert (made.status, made.latest_invoice.status) == ("incomplete", "open")
    assert stripe_backend.events(event, about=made.latest_invoice.id)
    with pytest.raises(stripe.CardError):
        v1.invoices.pay(made.latest_invoice.id)
    stripe_backend.set_card(customer, "pm_card_visa")
    assert v1.invoices.pay(made.latest_invoice.id).status == "paid"
    assert v1.subscriptions.retrieve(made.id).status == "active"


def test_an_incomplete_subscription_expires_within_a_day(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer("pm_card_chargeCustomerFail")
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(YEAR)}]})
    stripe_backend.advance(days=1)
    after = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (after.status, after.latest_invoice.status) == ("incomplete_expired", "void")


def test_a_year_of_months(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    price = stripe_backend.price(MONTH, "month")
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": price}]})
    end = made["items"].data[0].current_period_end
    stripe_backend.advance(days=(end - stripe_backend.now.timestamp()) / 86_400)
    draft = v1.invoices.list({"subscription": made.id}).data[0]
    assert (draft.status, draft.billing_reason) == ("draft", "subscription_cycle")
    assert v1.subscriptions.retrieve(made.id)["items"].data[0].current_period_start == end
    stripe_backend.advance(hours=2)
    assert v1.invoices.retrieve(draft.id).status == "paid"
    stripe_backend.advance(days=320)
    invoices = v1.invoices.list({"customer": customer, "limit": 100}).data
    assert [row.status for row in invoices] == ["paid"] * 12
    assert {row.amount_paid for row in invoices} == {MONTH}
    assert len({row.number for row in invoices}) == 12


def test_cancel_at_the_end_and_undo(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = v1.subscriptions.create(
        {"customer": stripe_backend.customer(), "items": [{"price": stripe_backend.price(MONTH, "month")}]}
    )
    end = made["items"].data[0].current_period_end
    details = {"feedback": "too_expensive", "comment": "sorry"}
    leaving = v1.subscriptions.update(made.id, {"cancel_at_period_end": True, "cancellation_details": details})
    assert (leaving.cancel_at_period_end, leaving.cancel_at, leaving.status) == (True, end, "active")
    assert leaving.cancellation_details.reason == "cancellation_requested"
    stays = v1.subscriptions.update(made.id, {"cancel_at_period_end": False})
    assert (stays.cancel_at_period_end, stays.cancel_at, stays.canceled_at) == (False, None, None)
    changes = stripe_backend.events("customer.subscription.updated", about=made.id)
    assert changes[-1]["data"]["previous_attributes"]["cancel_at_period_end"] is True
    v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    stripe_backend.advance(days=32)
    gone = v1.subscriptions.retrieve(made.id)
    assert (gone.status, gone.ended_at) == ("canceled", end)
    assert stripe_backend.events("customer.subscription.deleted", about=made.id)
    assert len(v1.invoices.list({"subscription": made.id}).data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        v1.subscriptions.cancel(made.id)


def test_cancel_now_with_a_credit(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(YEAR)}]})
    item = made["items"].data[0]
    now = stripe_backend.advance(days=73)
    gone = v1.subscriptions.cancel(made.id, {"prorate": True, "invoice_now": True, "expand": ["latest_invoice"]})
    seconds = item.current_period_end - item.current_period_start
    unused = round(YEAR * (item.current_period_end - now.timestamp()) / seconds)
    assert (gone.status, gone.latest_invoice.total) == ("canceled", -unused)
    assert v1.customers.retrieve(customer).balance == -unused


def test_a_balance_pays_first(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer(balance=-100_000)
    made = v1.subscriptions.create(
        {"customer": customer, "items": [{"price": stripe_backend.price(YEAR)}], "expand": ["latest_invoice"]}
    )
    invoice = made.latest_invoice
    assert (invoice.total, invoice.amount_due, invoice.starting_balance) == (YEAR, YEAR - 100_000, -100_000)
    assert v1.customers.retrieve(customer).balance == 0


def test_an_anchor_later_on(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    start = stripe_backend.now
    anchor = int((start + timedelta(days=10)).timestamp())
    made = v1.subscriptions.create(
        {
            "customer": stripe_backend.customer(),
            "items": [{"price": stripe_backend.price(MONTH, "month")}],
            "billing_cycle_anchor": anchor,
            "expand": ["latest_invoice"],
        }
    )
    assert made["items"].data[0].current_period_end == anchor
    assert 0 < made.latest_invoice.total < MONTH


def test_voiding_what_is_owed(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    customer = v1.customers.create({})
    v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    product = v1.products.create({"name": "Basic"})
    price = v1.prices.create(
        {"product": product.id, "unit_amount": 100, "currency": "cny", "recurring": {"interval": "month"}}
    )
    made = v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "expand": ["latest_invoice"],
        }
    )
    assert (made.status, made.latest_invoice.status) == ("active", "open")
    assert made.latest_invoice.due_date == int(fake_stripe.now.timestamp()) + 30 * 86_400
    assert v1.invoices.pay(made.latest_invoice.id, {"paid_out_of_band": True}).status == "paid"
    fake_stripe.advance(days=32)
    later = v1.invoices.list({"subscription": made.id, "status": "open"}).data[0]
    assert v1.invoices.void_invoice(later.id).status == "void"
    with pytest.raises(stripe.InvalidRequestError):
        v1.invoices.pay(later.id)
