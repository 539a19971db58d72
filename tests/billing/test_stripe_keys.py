"""The restricted key of the runbook, and the ways to pay that are offered.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

import pytest
from pytest_django import Settings

from config import env
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.services import checkout, plan_changes, reconcile, sync
from shared_apps.billing.services.checkout import AlreadySubscribed
from shared_apps.billing.services.gateway import (
    BillingNotConfigured,
)
from shared_apps.billing.services.gateway_setup import PERMISSIONS
from tests.billing.stripe_payer import Payer, buy
from tests.factories.fresh import forget_counters
from tests.factories.stripe_backends import client_of

pytestmark = pytest.mark.django_db


def test_the_restricted_key_of_the_docs_is_enough(payer: Payer, settings: Settings) -> None:
    permitted = frozenset(PERMISSIONS.values())
    with FakeStripe(permissions=permitted) as fake:
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        settings.STRIPE_WEBHOOK_SECRETS = [fake.webhook_secret]
        forget_counters()
        own = Payer(payer.brand, client_of(fake), lambda: fake.now, fake.advance)
        own.end_trial()
        assert sync.sync_everything(webhook_url="https://banyan.example/webhooks/stripe").webhook_secret
        buy(own, "basic", "month")
        for plan in ("premium", "basic"):
            plan_changes.change_plan(
                brand_id=own.brand.pk, plan_code=plan, interval="month", proration_at=None, now=own.now
            )
        plan_changes.cancel_at_period_end(brand_id=own.brand.pk, now=own.now)
        checkout.open_portal(brand_id=own.brand.pk, return_url="https://acme.localhost/")
        assert reconcile.compare_with_stripe(now=own.now).last_error == ""


@pytest.mark.parametrize("missing", ["rak_webhook_write", "rak_product_write", "rak_plan_write"])
def test_a_lacking_permission_is_our_problem(payer: Payer, settings: Settings, missing: str) -> None:
    with FakeStripe(permissions=frozenset(PERMISSIONS.values()) - {missing}) as fake:
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        forget_counters()
        with pytest.raises(BillingNotConfigured):
            sync.sync_everything(webhook_url="https://banyan.example/webhooks/stripe")


def test_the_docs_name_each_permission() -> None:
    page = (env.ROOT / "platform/docs/runbooks/stripe.md").read_text()
    assert [name for name in PERMISSIONS.values() if name not in page] == []


@pytest.mark.parametrize(
    ("configured", "offered"),
    [([], ["card"]), (["card", "alipay", "wechat_pay"], ["card"]), (["alipay", "wechat_pay"], None)],
)
def test_only_what_can_pay_again_is_offered(
    payer: Payer, fake: FakeStripe, settings: Settings, configured: list[str], offered: list[str] | None
) -> None:
    settings.STRIPE_PAYMENT_METHOD_TYPES = configured
    if offered is None:
        with pytest.raises(BillingNotConfigured):
            payer.start_checkout()
    else:
        page = payer.start_checkout()
        assert fake.get("checkout.session", page.rpartition("/")[2])["payment_method_types"] == offered


def test_nobody_is_subscribed_twice(payer: Payer) -> None:
    buy(payer)
    with pytest.raises(AlreadySubscribed):
        payer.start_checkout("premium")
