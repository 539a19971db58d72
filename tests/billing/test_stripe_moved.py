"""Prices and customers that somebody moved or deleted in the dashboard.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

import pytest

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import PlanVersion
from shared_apps.billing.services import checkout, plan_changes, reconcile, sync
from shared_apps.billing.services.sync import PriceDiffers
from tests.billing.stripe_payer import Payer, buy, handle_webhooks, post_webhook, ready, settled
from tests.factories.fresh import forget_counters

pytestmark = pytest.mark.django_db


def move_name(payer: Payer, amount: int) -> None:
    """Somebody gives the name of our price to another one."""
    old = payer.client.v1.prices.list({"lookup_keys": ["standard_v1_year"]}).data[0]
    payer.client.v1.prices.create(
        {
            "product": str(old.product),
            "unit_amount": amount,
            "currency": "cny",
            "recurring": {"interval": "year"},
            "lookup_key": "standard_v1_year",
            "transfer_lookup_key": True,
        }
    )
    forget_counters()


def test_no_other_price_is_sold_under_our_name(payer: Payer) -> None:
    ready(payer)
    payer.price("standard", "year")
    move_name(payer, 1)
    with pytest.raises(PriceDiffers):
        payer.start_checkout("standard", "year")
    with public_schema():
        version = PlanVersion.objects.get(plan__code="standard", retired_at__isnull=True)
    assert payer.client.v1.prices.retrieve(version.stripe_price_year_id).unit_amount == 880_000
    assert "standard_v1_year" in " ".join(sync.sync_everything().differing)


def test_who_has_a_price_keeps_it_wherever_its_name_went(payer: Payer) -> None:
    ready(payer)
    payer.subscribe("standard", "year")
    move_name(payer, 880_000)
    sync.sync_everything()  # the new one is ours as well by now
    assert payer.look().plan_version.plan.code == "standard"
    plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    found = reconcile.compare_with_stripe(now=payer.now)
    assert [one for one in found.differences if one["what"] == "subscription"] == []


def test_a_price_made_by_hand_for_our_product_locks_nobody_out(payer: Payer) -> None:
    ready(payer)
    name = payer.subscribe("standard", "year").stripe_subscription_id
    sold = payer.client.v1.subscriptions.retrieve(name)["items"].data[0]
    special = payer.client.v1.prices.create(
        {"product": str(sold.price.product), "unit_amount": 5, "currency": "cny", "recurring": {"interval": "month"}}
    )
    payer.client.v1.subscriptions.update(name, {"items": [{"id": sold.id, "price": special.id}]})
    row = payer.look()
    assert (row.plan_version.plan.code, row.interval) == ("standard", "month")


@pytest.mark.parametrize("heard", ["webhook", "night", "click"])
def test_a_deleted_customer_can_buy_again(payer: Payer, fake: FakeStripe, heard: str) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    gone = payer.customer_id
    since = fake.events()[-1]["id"]
    payer.client.v1.customers.delete(gone)
    if heard == "webhook":
        for event in fake.events("customer.deleted", since=since):
            post_webhook(*fake.signed(event))
        handle_webhooks()
    elif heard == "night":
        found = reconcile.compare_with_stripe(now=payer.now)
        assert {one["what"]: one["repaired"] for one in found.differences}["customer_gone"]
    row = buy(payer)
    assert row.status == "active"
    assert payer.customer_id != gone
    assert settled(payer).state == "active"
    assert checkout.open_portal(brand_id=payer.brand.pk, return_url="https://acme.localhost/")
