"""Webhooks in every order, each once to three times: the mirror ends the same, and as Stripe has it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from math import factorial
from typing import Any

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeEvent, StripeInvoice, Subscription, SubscriptionChange
from shared_apps.billing.services import inbox, mirror
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, handle_webhooks, inbox_rows, pay

pytestmark = pytest.mark.django_db
Event = dict[str, Any]
SIX = 6


class _UndoneError(Exception):
    """Rolls one order back before the next."""


def seen(brand_id: int) -> tuple[Any, ...]:
    """Everything that a webhook may change, but for ids and the time of looking."""
    with public_schema():
        return (
            list(
                Subscription.objects.order_by("started_at", "stripe_subscription_id").values_list(
                    "stripe_subscription_id",
                    "status",
                    "plan_version__plan__code",
                    "interval",
                    "current_period_start",
                    "current_period_end",
                    "cancel_at_period_end",
                    "ended_at",
                    "past_due_since",
                    "stripe_schedule_id",
                    "pending_plan_version__plan__code",
                )
            ),
            sorted(StripeInvoice.objects.values_list("stripe_invoice_id", "status", "total", "amount_paid")),
            sorted(SubscriptionChange.objects.values_list("kind", "occurred_at", "mrr_before", "mrr_after")),
            Brand.objects.values_list("state", "suspended_because", "entitlements__plan").get(pk=brand_id),
        )


@pytest.fixture
def signed(fake: FakeStripe) -> Callable[[Event], dict[str, Any]]:
    """Body and signature of an event, as `receive_event` takes them."""

    def sign(event: Event) -> dict[str, Any]:
        body, header = fake.signed(event)
        return {"body": body.encode(), "signature": header}

    return sign


def states() -> list[str]:
    with public_schema():
        return list(StripeEvent.objects.with_delivery().values_list("state", flat=True))


def all_orders(
    payer: Payer, sign: Callable[[Event], Any], events: Sequence[Event], *, free: int = SIX
) -> list[tuple[Any, ...]]:
    """The different ends of all 720 orders, each event coming once to three times.

    Orders that begin alike are walked together: what follows is undone, and another rest tried. With `free` below six
    only the first so many places are taken by every event in turn (two: 30 orders).
    """
    assert len(events) == SIX
    results: list[tuple[Any, ...]] = []
    walked = 0

    def walk(rest: Sequence[Event]) -> None:
        nonlocal walked
        if not rest:
            walked += 1
            assert states() == ["delivered"] * SIX
            end = seen(payer.brand.pk)
            if end not in results:
                results.append(end)
        for place, event in enumerate(rest if SIX - len(rest) < free else rest[:1]):
            with suppress(_UndoneError), transaction.atomic():
                for _time in range(1 + (place + len(rest)) % 3):
                    row = inbox.receive_event(**sign(event), now=clock.now())
                    inbox.handle_event(event_id=row.event_id, now=max(payer.now, clock.now()))
                walk([other for other in rest if other is not event])
                raise _UndoneError

    walk(events)
    assert walked == factorial(SIX) // factorial(SIX - free)
    return results


def test_a_life_that_ended_stays_ended_in_every_order(
    payer: Payer, fake: FakeStripe, signed: Callable[[Event], Any]
) -> None:
    """No late “active” revives it. Subscribed, upgraded, cancelled, over: as six events tell it."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    name = payer.client.v1.subscriptions.create(
        {"customer": payer.customer_id, "items": [{"price": payer.price("basic", "month")}]}
    ).id
    item = payer.client.v1.subscriptions.retrieve(name).to_dict()["items"]["data"][0]["id"]
    payer.client.v1.subscriptions.update(
        name,
        {"items": [{"id": item, "price": payer.price("premium", "month")}], "proration_behavior": "always_invoice"},
    )
    payer.client.v1.subscriptions.update(name, {"cancel_at_period_end": True})
    payer.advance(days=40)
    told = fake.events(
        "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted"
    )
    told += fake.events("invoice.paid")
    results = all_orders(payer, signed, told[:SIX])
    assert len(results) == 1
    subscriptions, _invoices, changes, status = results[0]
    assert [row[1] for row in subscriptions] == ["canceled"]
    assert sum(row[3] - row[2] for row in changes) == 0
    assert status[0] not in {"active", "past_due"}


def test_a_payer_is_never_locked_by_an_old_failure(
    payer: Payer, fake: FakeStripe, signed: Callable[[Event], Any]
) -> None:
    """A renewal failed, then the card was changed and paid: whichever is heard last, the payer has access."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    name = payer.client.v1.subscriptions.create(
        {"customer": payer.customer_id, "items": [{"price": payer.price("standard", "month")}]}
    ).id
    fake.make_charges(payer.customer_id, "fail")
    payer.advance(days=32)
    fake.make_charges(payer.customer_id, "succeed")
    payer.advance(days=4)
    assert payer.client.v1.subscriptions.retrieve(name).status == "active"
    told = fake.events("customer.subscription.updated", "invoice.payment_failed", "invoice.paid")
    told = [fake.events("customer.subscription.created")[0], *told][:SIX]
    results = all_orders(payer, signed, told, free=2)
    assert len(results) == 1
    assert [row[1] for row in results[0][0]] == ["active"]
    assert results[0][3][0] == "active"
    assert results[0][3][2] == "standard"


def test_two_lives_one_after_the_other_are_told_apart(
    payer: Payer, fake: FakeStripe, signed: Callable[[Event], Any]
) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    wanted: Any = {"customer": payer.customer_id, "items": [{"price": payer.price("basic", "month")}]}
    first = payer.client.v1.subscriptions.create(wanted).id
    payer.client.v1.subscriptions.cancel(first)
    payer.client.v1.subscriptions.create(wanted)
    told = fake.events("customer.subscription.created", "customer.subscription.deleted") + fake.events("invoice.paid")
    assert len(told) == SIX - 1
    results = all_orders(payer, signed, [*told, fake.events("invoice.finalized")[0]], free=2)
    assert len(results) == 1
    assert sorted(row[1] for row in results[0][0]) == ["active", "canceled"]
    assert results[0][3][0] == "active"


def test_live_events_in_their_own_time_end_where_one_look_at_the_end_does(
    payer: Payer, fake: FakeStripe, signed: Callable[[Event], Any]
) -> None:
    """Handled as they come, while Stripe goes on: the mirror is what a single late look would have found."""
    pay(payer.start_checkout("standard"))
    last = ""
    for days in (1, 31, 31, 31):
        payer.advance(days=days)
        for event in fake.events()[len(inbox_rows()) :]:
            inbox.receive_event(**signed(event), now=clock.now())
        handle_webhooks()
        last = payer.subscription.stripe_subscription_id
    before = seen(payer.brand.pk)
    mirror.mirror_subscription(subscription_id=last, now=payer.now)
    assert seen(payer.brand.pk) == before
    assert {row.state for row in inbox_rows()} == {"delivered"}
