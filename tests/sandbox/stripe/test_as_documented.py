"""Rows in which a program that passes against a friendlier server would fail at Stripe: each as Stripe documents it.

What only people in the dashboard and payers' banks do is tried at the fake alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from sandbox.stripe.permissions import WORDS
from tests.factories.stripe_backends import StripeBackend, client_of

DAY = 86_400
PRICE = 360_000


@pytest.fixture
def shop(fake_stripe: FakeStripe) -> StripeBackend:
    """The fake with a test clock at the wall's time."""
    client = client_of(fake_stripe, retries=0)
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": int(fake_stripe.now.timestamp())})
    return StripeBackend("fake", client, clock.id, {}, fake_stripe)


def subscribed(backend: StripeBackend, **params: Any) -> Any:
    """A customer with a good card and a year of a plan."""
    wanted: Any = {"customer": backend.customer(), "items": [{"price": backend.price(PRICE)}], **params}
    return backend.client.v1.subscriptions.create(wanted)


def open_page(backend: StripeBackend, **data: Any) -> Any:
    """A pay page for a year's plan."""
    wanted: Any = {
        "mode": "subscription",
        "success_url": "https://example.com/",
        "customer": backend.customer(),
        "line_items": [{"price": backend.price(PRICE), "quantity": 1}],
        **data,
    }
    return backend.client.v1.checkout.sessions.create(wanted)


# --- what Stripe refuses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "taken"), [(DAY, False), (47 * 3600, False), (3 * DAY, True), (1_000 * DAY, False)])
def test_a_trial_on_the_pay_page_lasts_two_days_to_two_years(
    stripe_backend: StripeBackend, ahead: int, taken: bool
) -> None:
    data = {"trial_end": int(stripe_backend.now.timestamp()) + ahead}
    if taken:
        assert open_page(stripe_backend, subscription_data=data).status == "open"
    else:
        with pytest.raises(stripe.InvalidRequestError):
            open_page(stripe_backend, subscription_data=data)


@pytest.mark.parametrize("method", ["alipay", "wechat_pay"])
def test_what_cannot_be_charged_again_takes_no_subscription(shop: StripeBackend, method: str) -> None:
    assert open_page(shop, allowed_payment_method_types=["card", method]).payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError):
        open_page(shop, allowed_payment_method_types=[method])


@pytest.mark.parametrize(("country", "methods"), [("HK", {"card", "alipay", "wechat_pay"}), ("CN", {"card"})])
def test_ways_to_pay_depend_on_the_business_country(country: str, methods: set[str]) -> None:
    with FakeStripe(country=country) as fake:
        v1: Any = client_of(fake).v1
        product = v1.products.create({"name": "Course"})
        once = v1.prices.create({"product": product.id, "unit_amount": 9900, "currency": "cny"})
        page = v1.checkout.sessions.create(
            {"mode": "payment", "success_url": "https://example.com/", "line_items": [{"price": once.id}]}
        )
        assert set(page.payment_method_types) == methods


def test_a_moment_for_prorations_and_a_new_anchor_exclude_each_other(shop: StripeBackend) -> None:
    made = subscribed(shop)
    item = made["items"].data[0]
    change: Any = {
        "items": [{"id": item.id, "price": shop.price(36_000, "month")}],
        "billing_cycle_anchor": {"type": "now"},
        "proration_date": item.current_period_start,
    }
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.subscriptions.update(made.id, change)


@pytest.mark.parametrize("word", sorted(set(WORDS.values())))
def test_a_restricted_key_does_what_it_names(word: str) -> None:
    allowed = frozenset(f"rak_{other}_write" for other in WORDS.values() if other != word)
    with FakeStripe(permissions=allowed) as fake:
        v1: Any = client_of(fake).v1
        asks = {
            "customer_portal": lambda: v1.billing_portal.configurations.list(),
            "charge": lambda: v1.charges.list(),
            "checkout_session": lambda: v1.checkout.sessions.list(),
            "coupon": lambda: v1.coupons.retrieve("x"),
            "credit_note": lambda: v1.credit_notes.list(),
            "customer": lambda: v1.customers.list(),
            "dispute": lambda: v1.disputes.list(),
            "event": lambda: v1.events.list(),
            "invoice": lambda: v1.invoices.list(),
            "payment_intent": lambda: v1.payment_intents.list(),
            "payment_method": lambda: v1.payment_methods.retrieve("x"),
            "plan": lambda: v1.prices.list(),
            "product": lambda: v1.products.list(),
            "subscription": lambda: v1.subscriptions.list(),
            "webhook": lambda: v1.webhook_endpoints.list(),
        }
        with pytest.raises(stripe.PermissionError):
            asks[word]()


# --- trouble on the way ----------------------------------------------------------------------------------------------


def test_a_key_that_is_being_worked_on_is_a_conflict(fake_stripe: FakeStripe) -> None:
    fake_stripe.faults.order("slow", match="POST /v1/customers", seconds=1)
    impatient = client_of(fake_stripe, retries=0, timeout=0.2)
    options: Any = {"idempotency_key": "k"}
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.create({"name": "A"}, options)
    with pytest.raises(stripe.StripeError) as caught:
        impatient.v1.customers.create({"name": "A"}, options)
    assert caught.value.http_status == 409
    patient = client_of(fake_stripe, retries=8)
    patient.v1.customers.create({"name": "A"}, options)
    assert len(patient.v1.customers.list().data) == 1


def test_an_object_that_somebody_else_holds(shop: StripeBackend) -> None:
    assert shop.fake is not None
    shop.fake.faults.order("429", match="POST /v1/customers")
    with pytest.raises(stripe.RateLimitError) as caught:
        shop.client.v1.customers.create({})
    assert "lock_timeout" in str(caught.value.http_body)


@pytest.mark.parametrize(("hours", "is_same"), [(23, True), (24, False), (30, False)])
def test_a_key_is_kept_for_a_day(fake_stripe: FakeStripe, hours: int, is_same: bool) -> None:
    v1: Any = client_of(fake_stripe).v1
    options: Any = {"idempotency_key": "k"}
    first = v1.customers.create({"name": "A"}, options)
    fake_stripe.advance(hours=hours)
    assert (v1.customers.create({"name": "A"}, options).id == first.id) is is_same


# --- what changes by itself, or in the dashboard ---------------------------------------------------------------------


def test_a_subscription_shows_its_price_as_it_is_now(shop: StripeBackend) -> None:
    v1: Any = shop.client.v1
    made = subscribed(shop)
    price = made["items"].data[0].price
    cheap = v1.prices.create(
        {
            "product": price.product,
            "unit_amount": 1,
            "currency": "cny",
            "recurring": {"interval": "year"},
            "lookup_key": price.lookup_key,
            "transfer_lookup_key": True,
        }
    )
    assert v1.prices.list({"lookup_keys": [price.lookup_key]}).data[0].id == cheap.id
    now = v1.subscriptions.retrieve(made.id)["items"].data[0].price
    assert (now.id, now.lookup_key, now.unit_amount) == (price.id, None, PRICE)


@pytest.mark.parametrize(("days", "status"), [(1, 200), (29, 200), (31, 410), (45, 410)])
def test_an_invoices_addresses_expire(shop: StripeBackend, days: int, status: int) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    v1: Any = shop.client.v1
    invoice = v1.invoices.retrieve(subscribed(shop).latest_invoice)
    shop.advance(days=days)
    for address in (invoice.hosted_invoice_url, invoice.invoice_pdf):
        assert Browser(address).ask("GET").status == status
    fresh = v1.invoices.retrieve(invoice.id)
    assert fresh.hosted_invoice_url != invoice.hosted_invoice_url
    assert Browser(fresh.hosted_invoice_url).ask("GET").status == 200


def test_a_pause_ends_the_period_and_credits_what_is_left(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = subscribed(stripe_backend)
    now = int(stripe_backend.advance(days=40).timestamp())
    paused = v1.subscriptions.pause(made.id, {"type": "subscription"})
    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert paused["items"].data[0].current_period_end == now
    resumed = v1.subscriptions.resume(made.id, {"billing_cycle_anchor": {"type": "now"}, "expand": ["latest_invoice"]})
    assert resumed.status == "active"
    assert resumed["items"].data[0].current_period_start == now
    assert 0 < resumed.latest_invoice.total < PRICE


def test_a_classic_subscription_cannot_pause(stripe_backend: StripeBackend) -> None:
    made = subscribed(stripe_backend, billing_mode={"type": "classic"})
    with pytest.raises(stripe.InvalidRequestError):
        stripe_backend.client.v1.subscriptions.pause(made.id, {"type": "subscription"})


def test_the_account_may_pause_what_is_not_paid() -> None:
    with FakeStripe(after_retries="paused") as fake:
        client = client_of(fake)
        clock = client.v1.test_helpers.test_clocks.create({"frozen_time": int(fake.now.timestamp())})
        backend = StripeBackend("fake", client, clock.id, {}, fake)
        made = subscribed(backend)
        backend.set_card(made.customer, "pm_card_chargeCustomerFail")
        backend.advance(days=390)
        after = client.v1.subscriptions.retrieve(made.id)
        assert after.status == "paused"
        assert after.to_dict()["status_details"]["paused"]["subscription"]["type"] == "final_payment_failure"


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_a_pause_of_collection_bills_nothing_and_stays_active(
    stripe_backend: StripeBackend, behavior: str, status: str
) -> None:
    v1: Any = stripe_backend.client.v1
    monthly = stripe_backend.price(36_000, "month")
    made = v1.subscriptions.create({"customer": stripe_backend.customer(), "items": [{"price": monthly}]})
    v1.subscriptions.update(made.id, {"pause_collection": {"behavior": behavior}})
    stripe_backend.advance(to=datetime.fromtimestamp(made["items"].data[0].current_period_end + 7200, UTC))
    after = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (after.status, after.latest_invoice.status) == ("active", status)


# --- money that is taken off, and that goes back ---------------------------------------------------------------------


def test_a_discount_is_taken_off_each_invoice(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    coupon = v1.coupons.create({"percent_off": 25, "duration": "forever"})
    made = subscribed(stripe_backend, discounts=[{"coupon": coupon.id}], expand=["latest_invoice"])
    assert (made.latest_invoice.subtotal, made.latest_invoice.total) == (PRICE, PRICE * 3 // 4)


@pytest.mark.parametrize("keeps", [True, False])
def test_phases_keep_only_the_settings_they_name(stripe_backend: StripeBackend, keeps: bool) -> None:
    v1: Any = stripe_backend.client.v1
    coupon = v1.coupons.create({"percent_off": 25, "duration": "forever"})
    made = subscribed(stripe_backend, discounts=[{"coupon": coupon.id}])
    schedule = v1.subscription_schedules.create({"from_subscription": made.id})
    phase = schedule.phases[0]
    kept: Any = {"discounts": [{"discount": one.discount} for one in phase.discounts]} if keeps else {}
    smaller = stripe_backend.price(PRICE // 2, name="Smaller")
    price = made["items"].data[0].price.id
    present = {"items": [{"price": price}], "start_date": phase.start_date, "end_date": phase.end_date, **kept}
    following = {"items": [{"price": smaller}], "duration": {"interval": "year"}, **kept}
    v1.subscription_schedules.update(schedule.id, {"phases": [present, following]})
    stripe_backend.advance(to=datetime.fromtimestamp(phase.end_date + 7200, UTC))
    after = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert after.latest_invoice.total == (PRICE // 2 * 3 // 4 if keeps else PRICE // 2)


def test_refunds_stand_at_the_charge_and_not_at_the_invoice(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = subscribed(stripe_backend)
    expand = ["data.payment.payment_intent.latest_charge"]
    payment = v1.invoice_payments.list({"invoice": made.latest_invoice, "expand": expand}).data[0]
    charge = payment.payment.payment_intent.latest_charge
    v1.refunds.create({"charge": charge.id, "amount": 100_000})
    assert v1.charges.retrieve(charge.id).amount_refunded == 100_000
    v1.refunds.create({"charge": charge.id})
    assert v1.charges.retrieve(charge.id).refunded
    invoice = v1.invoices.retrieve(made.latest_invoice)
    assert (invoice.status, invoice.amount_paid) == ("paid", PRICE)
    found = v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": payment.payment.payment_intent.id}}
    )
    assert [row.invoice for row in found.data] == [invoice.id]
    with pytest.raises(stripe.InvalidRequestError):
        v1.refunds.create({"charge": charge.id})


def test_a_credit_note_gives_back_in_three_ways(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    made = subscribed(stripe_backend)
    v1.credit_notes.create(
        {
            "invoice": made.latest_invoice,
            "amount": 300,
            "refund_amount": 100,
            "credit_amount": 100,
            "out_of_band_amount": 100,
        }
    )
    assert v1.invoices.retrieve(made.latest_invoice).post_payment_credit_notes_amount == 300
    assert v1.customers.retrieve(made.customer).balance == -100


@pytest.mark.parametrize("outcome", ["lost", "won"])
def test_a_dispute_takes_the_money_first(shop: StripeBackend, outcome: str) -> None:
    assert shop.fake is not None
    invoice = subscribed(shop).latest_invoice
    dispute = shop.client.v1.disputes.retrieve(shop.fake.dispute(invoice))
    assert dispute.status == "needs_response"
    assert shop.client.v1.charges.retrieve(str(dispute.charge)).disputed
    shop.fake.close_dispute(dispute.id, outcome)
    assert shop.client.v1.disputes.list({"charge": str(dispute.charge)}).data[0].status == outcome
    assert shop.fake.events("charge.dispute.created", "charge.dispute.closed")


def test_a_card_for_one_invoice_stays_only_where_the_subscription_says_so(shop: StripeBackend) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    v1: Any = shop.client.v1
    price = shop.price(PRICE)
    for setting, stays in (("off", False), ("on_subscription", True)):
        made = v1.subscriptions.create(
            {
                "customer": shop.customer(),
                "items": [{"price": price}],
                "payment_behavior": "default_incomplete",
                "payment_settings": {"save_default_payment_method": setting},
                "expand": ["latest_invoice"],
            }
        )
        Browser(made.latest_invoice.hosted_invoice_url).ask("POST", number="5555555555554444")
        assert (v1.subscriptions.retrieve(made.id).default_payment_method is not None) is stays
