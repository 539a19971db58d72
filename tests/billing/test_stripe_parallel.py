"""Several at once: two tabs, two workers, a worker and a click. On real connections."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from kernel.core import clock
from kernel.models import OutboxDelivery, OutboxMessage
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import (
    BillingAccount,
    Reminder,
    StripeAttempt,
    StripeEvent,
    StripeInvoice,
    Subscription,
    SubscriptionChange,
)
from shared_apps.billing.services import inbox, mirror, plan_changes
from shared_apps.billing.services.checkout import AlreadySubscribed
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, pay
from tests.factories.parallel import AtOnce, at_once
from tests.factories.stripe_backends import client_of

__all__ = ["at_once"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live_payer(live_brand: Brand, fake: FakeStripe) -> Iterator[Payer]:
    """A committed brand; what billing wrote about it is taken away before the brand is."""
    yield Payer(live_brand, client_of(fake), lambda: fake.now, fake.advance)
    with public_schema():
        StripeEvent.objects.all().delete()
        OutboxDelivery.objects.all().delete()
        OutboxMessage.objects.all().delete()
        for model in (StripeAttempt, StripeInvoice, Subscription, BillingAccount, Reminder):
            model._default_manager.filter(brand_id=live_brand.pk).delete()
        _raw_delete(SubscriptionChange, live_brand.pk)


def _raw_delete(model: Any, brand_id: int) -> None:
    """History refuses to be deleted; a test's may."""
    rows = model._base_manager.filter(brand_id=brand_id)
    rows._raw_delete(rows.db)


def outcomes(results: list[Any]) -> list[str]:
    return sorted(type(one).__name__ if isinstance(one, Exception) else "done" for one in results)


def test_two_tabs_at_the_same_moment_leave_one_page(live_payer: Payer, at_once: AtOnce) -> None:
    plans = ("basic", "standard", "premium", "basic")
    results = at_once.outcomes([partial(live_payer.start_checkout, plan) for plan in plans])
    assert outcomes(results) == ["done"] * 4
    assert len(live_payer.client.v1.customers.list().data) == 1
    assert len(live_payer.client.v1.checkout.sessions.list({"status": "open"}).data) == 1
    with public_schema():
        assert StripeAttempt.objects.filter(brand_id=live_payer.brand.pk, state="open").count() == 1


def test_one_event_at_two_workers_is_handled_once(live_payer: Payer, fake: FakeStripe, at_once: AtOnce) -> None:
    live_payer.end_trial()  # while days are free nothing is paid, and no change of revenue noted
    pay(live_payer.start_checkout("standard"))
    rows = []
    for event in fake.events("customer.subscription.created", "invoice.paid", "checkout.session.completed"):
        body, header = fake.signed(event)
        with public_schema():
            rows.append(inbox.receive_event(body=body.encode(), signature=header, now=clock.now()).event_id)
    now = clock.now()
    results = at_once.outcomes([partial(inbox.handle_event, event_id=one, now=now) for one in [*rows, *rows]])
    assert results.count(True) == len(rows)
    with public_schema():
        changes = SubscriptionChange.objects.filter(brand_id=live_payer.brand.pk)
        assert list(changes.values_list("kind", flat=True)) == ["started"]


def test_two_clicks_on_two_changes_make_one(live_payer: Payer, at_once: AtOnce) -> None:
    live_payer.start_checkout()
    live_payer.set_card("pm_card_visa")
    live_payer.subscribe("basic", "month")

    def change(plan: str) -> Any:
        return plan_changes.change_plan(
            brand_id=live_payer.brand.pk, plan_code=plan, interval="month", proration_at=None, now=live_payer.now
        )

    results = at_once.outcomes([lambda: change("premium"), lambda: change("premium"), lambda: change("premium")])
    assert outcomes(results) == ["SamePlan", "SamePlan", "done"]
    upgraded = [one for one in live_payer.client.v1.invoices.list().data if one.billing_reason == "subscription_update"]
    assert len(upgraded) == 1


def test_paying_in_one_tab_and_choosing_in_another_makes_one_subscription(live_payer: Payer, at_once: AtOnce) -> None:
    page = live_payer.start_checkout("basic")
    results = at_once.outcomes([lambda: pay(page), lambda: live_payer.start_checkout("premium")])
    living = live_payer.client.v1.subscriptions.list({"customer": live_payer.customer_id}).data
    if isinstance(results[1], str):  # the page was closed before it was paid
        assert living == []
    else:
        assert isinstance(results[1], AlreadySubscribed)
        assert len(living) == 1


def test_the_later_fetch_is_the_later_write(live_payer: Payer, at_once: AtOnce) -> None:
    live_payer.start_checkout()
    live_payer.set_card("pm_card_visa")
    name = live_payer.subscribe("basic", "month").stripe_subscription_id

    def look() -> Any:
        return mirror.mirror_subscription(subscription_id=name, now=live_payer.now)

    def leave() -> Any:
        return live_payer.client.v1.subscriptions.cancel(name)

    at_once.outcomes([look, leave, look, look])
    look()
    with public_schema():
        assert Subscription.objects.get(stripe_subscription_id=name).status == "canceled"
