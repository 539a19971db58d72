"""Test effects of time: ends of trials, payment retries, cancellations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.stripe.fake import FakeStripe
from sandbox.stripe.periods import next_boundary, step
from tests.factories.stripe_backends import StripeBackend, client_of

YEAR = 360_000


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def trial(backend: StripeBackend, *, card: str | None, ends: str, days: int = 15) -> Any:
    """A subscription on trial."""
    v1: Any = backend.client.v1
    return v1.subscriptions.create(
        {
            "customer": backend.customer(card),
            "items": [{"price": backend.price(YEAR)}],
            "trial_end": int((backend.now + timedelta(days=days)).timestamp()),
            "expand": ["latest_invoice"],
            "trial_settings": {"end_behavior": {"missing_payment_method": ends}},
        }
    )


def test_a_trial_becomes_a_paid_year(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = trial(stripe_backend, card="pm_card_visa", ends="cancel")
    assert (made.status, made.latest_invoice.total, made.latest_invoice.status) == ("trialing", 0, "paid")
    assert made["items"].data[0].current_period_end == made.trial_end
    stripe_backend.advance(days=11.9)
    assert stripe_backend.events("customer.subscription.trial_will_end", about=made.id) == []
    stripe_backend.advance(days=0.2)
    assert len(stripe_backend.events("customer.subscription.trial_will_end", about=made.id)) == 1
    stripe_backend.advance(to=moment(made.trial_end + 7200))
    after = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (after.status, after.latest_invoice.amount_paid) == ("active", YEAR)
    assert after["items"].data[0].current_period_start == after.billing_cycle_anchor == made.trial_end


@pytest.mark.parametrize(
    ("ends", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")]
)
def test_a_trial_without_a_card(stripe_backend: StripeBackend, ends: str, status: str) -> None:
    v1: Any = stripe_backend.client.v1
    made = trial(stripe_backend, card=None, ends=ends)
    stripe_backend.advance(to=moment(made.trial_end + 7200))
    assert v1.subscriptions.retrieve(made.id).status == status
    if ends == "pause":
        assert stripe_backend.events("customer.subscription.paused", about=made.id)
        stripe_backend.set_card(made.customer, "pm_card_visa")
        assert v1.subscriptions.resume(made.id).status == "active"
        assert stripe_backend.events("customer.subscription.resumed", about=made.id)


def test_a_trial_is_extended_shortened_and_ended(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = trial(stripe_backend, card="pm_card_visa", ends="cancel")
    longer = v1.subscriptions.update(made.id, {"trial_end": made.trial_end + 7 * 86_400, "proration_behavior": "none"})
    assert longer["items"].data[0].current_period_end == made.trial_end + 7 * 86_400
    soon = int(stripe_backend.now.timestamp()) + 86_400
    v1.subscriptions.update(made.id, {"trial_end": soon})
    assert len(stripe_backend.events("customer.subscription.trial_will_end", about=made.id)) == 1
    ended = v1.subscriptions.update(made.id, {"trial_end": "now", "expand": ["latest_invoice"]})
    assert (ended.status, ended.latest_invoice.amount_paid) == ("active", YEAR)
    assert v1.subscriptions.retrieve(made.id).trial_end == int(stripe_backend.now.timestamp())


def test_payments_are_tried_again_then_given_up(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(36_000, "month")}]})
    end = made["items"].data[0].current_period_end
    stripe_backend.set_card(customer, "pm_card_chargeCustomerFail")
    stripe_backend.advance(to=moment(end + 7200))
    late = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (late.status, late.latest_invoice.status, late.latest_invoice.attempt_count) == ("past_due", "open", 1)
    assert late.latest_invoice.next_payment_attempt is not None
    assert v1.customers.retrieve(customer).delinquent is True
    if stripe_backend.fake is not None:  # a real account has its own days
        for days, attempts in ((3, 2), (5, 3)):
            stripe_backend.advance(days=days)
            assert v1.invoices.retrieve(late.latest_invoice.id).attempt_count == attempts
        stripe_backend.advance(days=7)
        assert v1.subscriptions.retrieve(made.id).status == "canceled"
        assert len(stripe_backend.events("invoice.payment_failed", about=late.latest_invoice.id)) == 4
        assert stripe_backend.events("customer.subscription.deleted", about=made.id)
        assert v1.subscriptions.retrieve(made.id).cancellation_details.reason == "payment_failed"


def test_a_new_card_brings_it_back(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create({"customer": customer, "items": [{"price": stripe_backend.price(36_000, "month")}]})
    stripe_backend.set_card(customer, "pm_card_chargeCustomerFail")
    stripe_backend.advance(to=moment(made["items"].data[0].current_period_end + 7200))
    stripe_backend.set_card(customer, "pm_card_visa")
    invoice = v1.subscriptions.retrieve(made.id).latest_invoice
    assert v1.invoices.pay(invoice).status == "paid"
    assert v1.subscriptions.retrieve(made.id).status == "active"
    assert v1.customers.retrieve(customer).delinquent is False


@pytest.mark.parametrize("ending", ["unpaid", "past_due"])
def test_accounts_end_retries_in_their_own_way(ending: str) -> None:
    with FakeStripe(after_retries=ending, retry_days=(1,)) as fake:
        v1: Any = client_of(fake).v1
        backend = StripeBackend(
            "fake", client_of(fake), v1.test_helpers.test_clocks.create({"frozen_time": 1}).id, {}, fake
        )
        customer = backend.customer()
        made = v1.subscriptions.create({"customer": customer, "items": [{"price": backend.price(100, "month")}]})
        fake.make_charges(customer, "fail")
        backend.advance(days=40)
        assert v1.subscriptions.retrieve(made.id).status == ending
        fake.make_charges(customer, None)
        assert v1.invoices.pay(v1.subscriptions.retrieve(made.id).latest_invoice).status == "paid"
        assert v1.subscriptions.retrieve(made.id).status == "active"


def test_the_accounts_own_time(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    customer = v1.customers.create({"payment_method": "pm_card_visa", "email": "a@example.com"})
    method = v1.payment_methods.list({"customer": customer.id}).data[0]
    product = v1.products.create({"name": "Basic"})
    price = v1.prices.create(
        {"product": product.id, "unit_amount": 100, "currency": "cny", "recurring": {"interval": "month"}}
    )
    made = v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": method.id}
    )
    before = fake_stripe.now
    assert fake_stripe.advance(days=95) == before + timedelta(days=95) == fake_stripe.now
    assert len(v1.invoices.list({"subscription": made.id, "status": "paid"}).data) == 4
    upcoming = fake_stripe.events("invoice.upcoming")
    assert len(upcoming) >= 3
    assert "id" not in upcoming[0]["data"]["object"]
    with pytest.raises(Exception, match="Time does not go back"):
        fake_stripe.advance(to=before)


@pytest.mark.parametrize(
    ("anchor", "after", "expected"),
    [
        ("2027-01-31", "2027-01-31", "2027-02-28"),
        ("2027-01-31", "2027-02-28", "2027-03-31"),
        ("2027-01-31", "2027-03-31", "2027-04-30"),
        ("2028-02-29", "2028-02-29", "2028-03-29"),
    ],
)
def test_months_end_where_the_month_does(anchor: str, after: str, expected: str) -> None:
    def seconds(day: str) -> int:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())

    assert next_boundary(seconds(anchor), seconds(after), "month") == seconds(expected)


def test_every_boundary_is_the_first_one_after() -> None:
    start = int(datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC).timestamp())
    for interval, count in (("month", 1), ("month", 3), ("year", 1), ("week", 2), ("day", 1)):
        for number in range(-30, 40):
            here = step(start, interval, number * count)
            assert next_boundary(start, here - 1, interval, count) == here
            assert next_boundary(start, here, interval, count) == step(start, interval, (number + 1) * count)
