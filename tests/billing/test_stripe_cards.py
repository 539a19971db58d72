"""Another interval, a bank that asks, another card.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.selectors import invoices
from shared_apps.billing.services import checkout, papers, plan_changes, sync
from tests.billing.stripe_payer import (
    Payer,
    buy,
    handle_webhooks,
    mirror_invoices,
    post_webhook,
    ready,
    settled,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "after"), [("month", "year"), ("year", "month")])
def test_another_interval_begins_its_period_now(any_payer: Payer, before: str, after: str) -> None:
    any_payer.subscribe("basic", before)
    any_payer.advance(days=20)
    asked: Any = {"brand_id": any_payer.brand.pk, "plan_code": "premium", "interval": after, "now": any_payer.now}
    seen = plan_changes.preview_change(**asked)
    made = plan_changes.change_plan(**asked, proration_at=seen.proration_at)
    newest = any_payer.client.v1.invoices.list({"customer": any_payer.customer_id}).data[0]
    assert Decimal(newest.amount_due) / 100 == seen.amount_due
    length = made.row.current_period_end - made.row.current_period_start
    assert abs(made.row.current_period_start - any_payer.now) < timedelta(minutes=10)
    assert length > timedelta(days=360) if after == "year" else length < timedelta(days=32)


def test_a_bank_that_asks_each_time_lets_upgrade(payer: Payer) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_authenticationRequired")
    made = plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
    )
    assert made.confirm_url
    assert payer.look().plan_version.plan.code == "basic"
    assert settled(payer).state == "active"
    assert Browser(made.confirm_url).ask("POST", number="4000002760003184").status == 303
    assert payer.look().plan_version.plan.code == "premium"


def test_a_change_down_keeps_discount_and_card(any_payer: Payer) -> None:
    coupon = any_payer.client.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    card = any_payer.client.v1.payment_methods.list({"customer": any_payer.customer_id}).data[0].id
    any_payer.subscribe("premium", "month", discounts=[{"coupon": coupon.id}], default_payment_method=card)
    plan_changes.change_plan(
        brand_id=any_payer.brand.pk, plan_code="basic", interval="month", proration_at=None, now=any_payer.now
    )
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    row = any_payer.look()
    v1: Any = any_payer.client.v1
    found = v1.subscriptions.retrieve(row.stripe_subscription_id, {"expand": ["latest_invoice"]})
    assert row.plan_version.plan.code == "basic"
    assert found.latest_invoice.total == 18_000
    assert found.default_payment_method == card


def test_a_new_card_stays(payer: Payer, fake: FakeStripe) -> None:
    """Entered on the pay page, on the page of an open invoice: it is the customer's from then on."""
    from tests.sandbox.stripe.test_pay_page import Browser

    buy(payer, "basic", "month")
    v1: Any = payer.client.v1
    name = payer.subscription.stripe_subscription_id
    first = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert first == v1.subscriptions.retrieve(name).default_payment_method
    v1.payment_methods.detach(first)
    payer.advance(to=payer.subscription.current_period_end + timedelta(hours=2))
    payer.look()
    mirror_invoices(payer)
    row = invoices.get_open_invoice(payer.brand.pk)
    assert row is not None
    since = fake.events()[-1]["id"]
    page = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk).page_url
    assert Browser(page).ask("POST", number="5555555555554444").status == 303
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    handle_webhooks()
    second = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert second not in (None, first)
    assert second == v1.subscriptions.retrieve(name).default_payment_method
    payer.advance(to=payer.look().current_period_end + timedelta(hours=2))
    assert payer.look().status == "active"


def test_the_portals_card_is_charged(payer: Payer, fake: FakeStripe) -> None:
    from tests.sandbox.stripe.test_pay_page import Browser

    buy(payer, "basic", "month")
    v1: Any = payer.client.v1
    name = payer.subscription.stripe_subscription_id
    since = fake.events()[-1]["id"]
    portal = checkout.open_portal(brand_id=payer.brand.pk, return_url="https://acme.localhost/")
    assert Browser(portal).ask("POST", act="card", number="5555555555554444").status == 303
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    handle_webhooks()
    default = v1.customers.retrieve(payer.customer_id).invoice_settings.default_payment_method
    assert v1.subscriptions.retrieve(name).default_payment_method == default
    assert v1.payment_methods.retrieve(default).card.last4 == "4444"
