"""Subscriptions that are paused, refunded or disputed: what was paid is kept, and buying is always possible.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

from decimal import Decimal
from typing import Any

import pytest

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeInvoice
from shared_apps.billing.services import plan_changes, sync
from tests.billing.stripe_payer import (
    Payer,
    buy,
    handle_webhooks,
    mirror_invoices,
    mirrored,
    post_webhook,
    ready,
    refund_all,
    settled,
)

pytestmark = pytest.mark.django_db


def test_a_paused_year_can_go_on(any_payer: Payer) -> None:
    name = any_payer.subscribe("basic", "year").stripe_subscription_id
    any_payer.advance(days=50)
    any_payer.client.v1.subscriptions.pause(name, {"type": "subscription"})
    any_payer.look()
    found = settled(any_payer)
    assert (found.state, found.plan.plan.code) == ("read_only", "basic")
    assert any_payer.subscription.pause_reason == "pause_requested"
    plan_changes.resume(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert settled(any_payer).state == "active"
    assert any_payer.subscription.pause_reason == ""


def test_what_is_paused_for_want_of_money_was_overdue_before(payer: Payer, fake: FakeStripe) -> None:
    fake.machine.account.after_retries = "paused"
    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_chargeCustomerFail")
    payer.advance(days=35)
    payer.look()
    since = payer.subscription.past_due_since
    payer.advance(days=15)
    row = payer.look()
    assert (row.status, row.pause_reason, row.past_due_since) == ("paused", "final_payment_failure", since)
    assert settled(payer).state == "read_only"


@pytest.mark.parametrize("how", ["pause", "unpaid"])
def test_buying_replaces_what_is_dead(payer: Payer, fake: FakeStripe, how: str) -> None:
    fake.machine.account.after_retries = "unpaid"
    ready(payer)
    old = payer.subscribe("basic", "month").stripe_subscription_id
    if how == "pause":
        payer.client.v1.subscriptions.pause(old, {"type": "subscription"})
    else:
        payer.set_card("pm_card_chargeCustomerFail")
        payer.advance(days=50)
    payer.look()
    payer.set_card("pm_card_visa")
    new = buy(payer)
    assert new.stripe_subscription_id != old
    assert settled(payer).state == "active"
    assert payer.client.v1.subscriptions.retrieve(old).status == "canceled"
    assert not payer.client.v1.invoices.list({"subscription": old, "status": "open"}).data


def test_paused_collecting_is_shown(any_payer: Payer) -> None:
    name = any_payer.subscribe("basic", "month").stripe_subscription_id
    any_payer.client.v1.subscriptions.update(name, {"pause_collection": {"behavior": "void"}})
    assert any_payer.look().collection_pause == "void"
    assert settled(any_payer).state == "active"


@pytest.mark.parametrize(
    ("cancelled", "back", "state"),
    [
        (True, "nothing", "active"),
        (True, "refund", "past_due"),
        (True, "credit note", "past_due"),
        (True, "part", "active"),
        (True, "lost", "past_due"),
        (True, "won", "active"),
        (False, "refund", "past_due"),
        (False, "lost", "past_due"),
        (False, "open dispute", "active"),
        (False, "part", "active"),
    ],
)
def test_only_money_that_stays_pays(payer: Payer, fake: FakeStripe, cancelled: bool, back: str, state: str) -> None:
    ready(payer)
    row = payer.subscribe("premium", "year")
    payer.advance(days=3)
    invoice = payer.client.v1.invoices.list({"customer": payer.customer_id}).data[0]
    if cancelled:
        payer.client.v1.subscriptions.cancel(row.stripe_subscription_id)
        mirrored(payer, row.stripe_subscription_id)
    charge = payer.client.v1.charges.list({"customer": payer.customer_id}).data[0]
    if back == "refund":
        payer.client.v1.refunds.create({"charge": charge.id})
    elif back == "part":
        payer.client.v1.refunds.create({"charge": charge.id, "amount": 100})
    elif back == "credit note":
        note: Any = {"invoice": invoice.id, "amount": invoice.total, "out_of_band_amount": invoice.total}
        payer.client.v1.credit_notes.create(note)
    elif back in ("lost", "won", "open dispute"):
        dispute = fake.dispute(str(invoice.id))
        if back != "open dispute":
            fake.close_dispute(dispute, back)
    mirror_invoices(payer)
    assert settled(payer).state == state
    with public_schema():
        kept = StripeInvoice.objects.get()
    assert kept.amount_returned == {
        "part": Decimal("1.00"),
        "refund": kept.total,
        "credit note": kept.total,
        "lost": kept.total,
    }.get(back, Decimal(0))
    if state == "past_due":
        buy(payer)  # whoever pays again is in again
        assert settled(payer).state == "active"


@pytest.mark.parametrize("what", ["refund", "dispute", "credit note"])
def test_stripe_tells_of_money_that_goes_back(payer: Payer, fake: FakeStripe, what: str) -> None:
    ready(payer)
    payer.subscribe("premium", "year")
    mirror_invoices(payer)
    invoice = payer.client.v1.invoices.list({"customer": payer.customer_id}).data[0]
    since = fake.events()[-1]["id"]
    if what == "refund":
        refund_all(payer)
    elif what == "dispute":
        fake.close_dispute(fake.dispute(str(invoice.id)), "lost")
    else:
        note: Any = {"invoice": invoice.id, "amount": invoice.total, "credit_amount": invoice.total}
        payer.client.v1.credit_notes.create(note)
    for event in fake.events(*sync.WEBHOOK_EVENTS, since=since):
        post_webhook(*fake.signed(event))
    assert handle_webhooks() > 0
    with public_schema():
        row = StripeInvoice.objects.get()
    assert (row.amount_returned, row.returned_at is not None) == (row.total, True)
    assert row.dispute_status == ("lost" if what == "dispute" else "")
