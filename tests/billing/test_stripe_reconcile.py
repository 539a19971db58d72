"""The nightly comparison: what webhooks did not bring is found, repaired where it can be, and told."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import BillingAccount, StripeComparison, StripeInvoice, Subscription
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services import gateway, reconcile
from shared_apps.billing.services.gateway import PaymentServiceUnavailable
from shared_apps.billing.tasks import stripe as tasks
from tests.billing.stripe_payer import Payer

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscriber(payer: Payer) -> Payer:
    """A brand that has subscribed, and whose mirror knows it."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    payer.subscribe("basic", "month")
    return payer


def compared(payer: Payer) -> StripeComparison:
    return reconcile.compare_with_stripe(now=payer.now)


def found(run: StripeComparison) -> list[tuple[str, bool]]:
    return [(one["what"], one["repaired"]) for one in run.differences]


def test_what_agrees_is_left_alone(subscriber: Payer) -> None:
    run = compared(subscriber)
    assert (found(run), run.repaired, run.last_error) == ([], 0, "")
    assert (run.subscriptions, run.customers, run.invoices) == (1, 1, 1)
    assert run.finished_at is not None
    assert subscriptions.get_last_comparison() == run


def test_a_renewal_nobody_told_us_of_is_repaired(subscriber: Payer) -> None:
    subscriber.advance(days=32)
    run = compared(subscriber)
    assert found(run) == [("subscription", True), ("invoice", True)] or found(run) == [("subscription", True)]
    assert subscriber.subscription.current_period_end > subscriber.now
    assert found(compared(subscriber)) == []
    with public_schema():
        record = AuditRecord.objects.filter(action="billing.differed_from_stripe").first()
    assert record is not None
    assert record.subject == f"brand:{subscriber.brand.pk}"


def test_an_end_nobody_told_us_of_is_repaired(subscriber: Payer) -> None:
    subscriber.client.v1.subscriptions.cancel(subscriber.subscription.stripe_subscription_id)
    assert ("subscription", True) in found(compared(subscriber))
    assert subscriptions.get_current(subscriber.brand.pk) is None


def test_a_subscription_we_never_heard_of_is_found(payer: Payer) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    wanted: Any = {"customer": payer.customer_id, "items": [{"price": payer.price("premium", "year")}]}
    payer.client.v1.subscriptions.create(wanted)
    assert compared(payer).repaired >= 1
    assert payer.subscription.plan_version.plan.code == "premium"
    assert payer.state == "active"


def test_a_foreign_price_is_reported_and_holds_up_nobody(subscriber: Payer) -> None:
    client = subscriber.client
    product = client.v1.products.create({"name": "Something else"}).id
    wanted: Any = {"product": product, "currency": "cny", "unit_amount": 100, "recurring": {"interval": "month"}}
    price = client.v1.prices.create(wanted).id
    client.v1.subscriptions.cancel(subscriber.subscription.stripe_subscription_id)
    client.v1.subscriptions.create({"customer": subscriber.customer_id, "items": [{"price": price}]})
    run = compared(subscriber)
    assert ("subscription", False) in found(run)
    assert ("subscription", True) in found(run)
    assert subscriptions.get_current(subscriber.brand.pk) is None


def test_two_living_subscriptions_are_reported_and_the_first_stays(subscriber: Payer) -> None:
    first = subscriber.subscription.stripe_subscription_id
    wanted: Any = {"customer": subscriber.customer_id, "items": [{"price": subscriber.price("premium", "year")}]}
    subscriber.client.v1.subscriptions.create(wanted)
    run = compared(subscriber)
    assert ("subscription", False) in found(run)
    assert subscriber.subscription.stripe_subscription_id == first
    assert subscriber.state == "active"


def test_what_stripe_no_longer_lists_is_reported(subscriber: Payer) -> None:
    with public_schema():
        Subscription.objects.update(stripe_subscription_id="sub_of_another_account")
        BillingAccount.objects.update(stripe_customer_id="cus_of_another_account")
    kinds = {what for what, _repaired in found(compared(subscriber))}
    assert kinds == {"subscription_gone", "customer_gone", "customer_unknown"}


def test_lists_are_paged_and_not_asked_for_brand_by_brand(subscriber: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PAGE", 2)
    for number in range(5):
        subscriber.client.v1.customers.create({"name": f"Stranger {number}"})
    assert compared(subscriber).customers == 6


def test_the_time_of_looking_back_covers_an_outage(subscriber: Payer) -> None:
    assert timedelta(days=7) <= reconcile.LOOKED_BACK
    with public_schema():
        StripeInvoice.objects.all().delete()
    assert ("invoice", True) in found(compared(subscriber))


def test_an_answer_that_does_not_come_is_kept_as_the_reason(subscriber: Payer, fake: FakeStripe) -> None:
    fake.faults.order("500", times=3, match="GET /v1/customers")
    with pytest.raises(PaymentServiceUnavailable):
        compared(subscriber)
    run = subscriptions.get_last_comparison()
    assert run is not None
    assert run.last_error
    assert run.subscriptions == 1


def test_without_a_key_the_task_does_nothing(db: None, settings: Settings) -> None:
    settings.STRIPE_API_KEY = ""
    assert tasks.compare_with_stripe() == 0
    assert subscriptions.get_last_comparison() is None
