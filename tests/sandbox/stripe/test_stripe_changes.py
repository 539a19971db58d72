"""Upgrades with prorations to the second, previews that keep their word, downgrades at the period's end."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
import stripe

from tests.factories.stripe_backends import StripeBackend

BASIC = 360_000
STANDARD = 880_000


def share(amount: int, seconds: int, of: int) -> int:
    """By hand: the exact part, halves rounded up."""
    return int(Fraction(amount * seconds, of) + Fraction(1, 2))


@pytest.fixture
def plans(stripe_backend: StripeBackend) -> tuple[str, str]:
    """A year of Basic and a year of Standard."""
    return stripe_backend.price(BASIC, name="Basic"), stripe_backend.price(STANDARD, name="Standard")


@pytest.fixture
def subscribed(stripe_backend: StripeBackend, plans: tuple[str, str]) -> Any:
    """A customer with a year of Basic."""
    customer = stripe_backend.customer()
    return stripe_backend.client.v1.subscriptions.create({"customer": customer, "items": [{"price": plans[0]}]})


def test_an_upgrade_costs_what_its_preview_said(
    stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any
) -> None:
    v1: Any = stripe_backend.client.v1
    item = subscribed["items"].data[0]
    now = int(stripe_backend.advance(days=100).timestamp()) + 12_345
    change = {
        "items": [{"id": item.id, "price": plans[1]}],
        "proration_behavior": "always_invoice",
        "proration_date": now,
    }
    preview = v1.invoices.create_preview({"subscription": subscribed.id, "subscription_details": change})
    left = item.current_period_end - now
    whole = item.current_period_end - item.current_period_start
    credit = share(BASIC, left, whole)
    debit = share(STANDARD, left, whole)
    assert [line.amount for line in preview.lines.data] == [-credit, debit]
    assert all(line.parent.subscription_item_details.proration for line in preview.lines.data)
    assert {(line.period.start, line.period.end) for line in preview.lines.data} == {(now, item.current_period_end)}
    assert preview.amount_due == debit - credit
    assert v1.subscriptions.retrieve(subscribed.id)["items"].data[0].price.id == plans[0]  # nothing happened yet
    changed = v1.subscriptions.update(subscribed.id, {**change, "expand": ["latest_invoice"]})
    invoice = changed.latest_invoice
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == (
        "paid",
        preview.amount_due,
        "subscription_update",
    )
    assert [line.amount for line in v1.invoices.line_items.list(invoice.id).data] == [-credit, debit]
    after = changed["items"].data[0]
    assert (after.id, after.price.id, after.current_period_end) == (item.id, plans[1], item.current_period_end)


def test_prorations_that_wait_come_with_the_renewal(
    stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any
) -> None:
    v1: Any = stripe_backend.client.v1
    item = subscribed["items"].data[0]
    stripe_backend.advance(days=40)
    change: Any = {"items": [{"id": item.id, "price": plans[1]}], "proration_behavior": "create_prorations"}
    preview = v1.invoices.create_preview({"subscription": subscribed.id, "subscription_details": change})
    v1.subscriptions.update(subscribed.id, change)
    waiting = v1.invoice_items.list({"customer": subscribed.customer, "pending": True}).data
    assert sorted(row.amount for row in waiting) == sorted(
        line.amount for line in preview.lines.data if line.parent.subscription_item_details.proration
    )
    upcoming = v1.invoices.create_preview({"subscription": subscribed.id})
    assert upcoming.total == preview.total == sum(row.amount for row in waiting) + STANDARD
    stripe_backend.advance(to=datetime.fromtimestamp(item.current_period_end + 7200, UTC))
    paid = v1.invoices.list({"subscription": subscribed.id}).data[0]
    assert (paid.status, paid.total, len(paid.lines.data)) == ("paid", upcoming.total, 3)
    assert v1.invoice_items.list({"customer": subscribed.customer, "pending": True}).data == []


def test_no_proration(stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any) -> None:
    v1: Any = stripe_backend.client.v1
    item = subscribed["items"].data[0]
    stripe_backend.advance(days=40)
    v1.subscriptions.update(
        subscribed.id, {"items": [{"id": item.id, "price": plans[1]}], "proration_behavior": "none"}
    )
    assert len(v1.invoices.list({"subscription": subscribed.id}).data) == 1
    assert v1.invoices.create_preview({"subscription": subscribed.id}).total == STANDARD


def test_another_interval_keeps_the_anchor_by_itself(stripe_backend: StripeBackend, plans: tuple[str, str]) -> None:
    v1: Any = stripe_backend.client.v1
    monthly = v1.subscriptions.create(
        {"customer": stripe_backend.customer(), "items": [{"price": stripe_backend.price(36_000, "month")}]}
    )
    stripe_backend.advance(days=10)
    change: Any = {
        "items": [{"id": monthly["items"].data[0].id, "price": plans[1]}],
        "proration_behavior": "always_invoice",
    }
    changed = v1.subscriptions.update(monthly.id, {**change, "expand": ["latest_invoice"]})
    assert changed.billing_cycle_anchor == monthly.billing_cycle_anchor
    assert changed.latest_invoice.total < STANDARD - 36_000  # only the rest of a year that began with the subscription


def test_an_anchor_that_is_reset_begins_a_period_now(
    stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any
) -> None:
    v1: Any = stripe_backend.client.v1
    monthly = v1.subscriptions.create(
        {"customer": stripe_backend.customer(), "items": [{"price": stripe_backend.price(36_000, "month")}]}
    )
    item = monthly["items"].data[0]
    now = int(stripe_backend.advance(days=10).timestamp())
    change: Any = {
        "items": [{"id": item.id, "price": plans[1]}],
        "proration_behavior": "always_invoice",
        "billing_cycle_anchor": {"type": "now"},
    }
    preview = v1.invoices.create_preview({"subscription": monthly.id, "subscription_details": change})
    changed = v1.subscriptions.update(monthly.id, {**change, "expand": ["latest_invoice"]})
    credit = share(36_000, item.current_period_end - now, item.current_period_end - item.current_period_start)
    assert changed.latest_invoice.total == preview.total == STANDARD - credit
    assert changed["items"].data[0].current_period_start == changed.billing_cycle_anchor == now


def test_an_upgrade_that_is_not_paid(stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any) -> None:
    v1: Any = stripe_backend.client.v1
    stripe_backend.set_card(subscribed.customer, "pm_card_chargeCustomerFail")
    stripe_backend.advance(days=10)
    item = subscribed["items"].data[0]
    change: Any = {"items": [{"id": item.id, "price": plans[1]}], "proration_behavior": "always_invoice"}
    with pytest.raises(stripe.CardError):
        v1.subscriptions.update(subscribed.id, {**change, "payment_behavior": "error_if_incomplete"})
    assert v1.subscriptions.retrieve(subscribed.id)["items"].data[0].price.id == plans[0]
    waiting = v1.subscriptions.update(
        subscribed.id, {**change, "payment_behavior": "pending_if_incomplete", "expand": ["latest_invoice"]}
    )
    assert (waiting.status, waiting["items"].data[0].price.id) == ("active", plans[0])
    assert waiting.pending_update.subscription_items[0].price.id == plans[1]
    v1.invoices.pay(
        waiting.latest_invoice.id, {"payment_method": stripe_backend.set_card(subscribed.customer, "pm_card_visa")}
    )
    done = v1.subscriptions.retrieve(subscribed.id)
    assert (done.status, done["items"].data[0].price.id, done.pending_update) == ("active", plans[1], None)


def test_an_upgrade_that_is_not_paid_and_allowed(
    stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any
) -> None:
    v1: Any = stripe_backend.client.v1
    stripe_backend.set_card(subscribed.customer, "pm_card_chargeCustomerFail")
    stripe_backend.advance(days=10)
    item = subscribed["items"].data[0]
    after = v1.subscriptions.update(
        subscribed.id, {"items": [{"id": item.id, "price": plans[1]}], "proration_behavior": "always_invoice"}
    )
    assert (after.status, after["items"].data[0].price.id) == ("past_due", plans[1])


def test_a_pending_upgrade_expires(stripe_backend: StripeBackend, plans: tuple[str, str], subscribed: Any) -> None:
    v1: Any = stripe_backend.client.v1
    stripe_backend.set_card(subscribed.customer, "pm_card_chargeCustomerFail")
    stripe_backend.advance(days=10)
    change: Any = {"items": [{"id": subscribed["items"].data[0].id, "price": plans[1]}]}
    v1.subscriptions.update(
        subscribed.id,
        {**change, "proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"},
    )
    stripe_backend.advance(days=1)
    after = v1.subscriptions.retrieve(subscribed.id)
    assert (after.status, after.pending_update, after["items"].data[0].price.id) == ("active", None, plans[0])


def test_a_downgrade_at_the_periods_end(stripe_backend: StripeBackend, plans: tuple[str, str]) -> None:
    v1: Any = stripe_backend.client.v1
    made = v1.subscriptions.create({"customer": stripe_backend.customer(), "items": [{"price": plans[1]}]})
    schedule = v1.subscription_schedules.create({"from_subscription": made.id})
    phase = schedule.phases[0]
    end = made["items"].data[0].current_period_end
    assert (phase.end_date, schedule.status, schedule.end_behavior) == (end, "active", "release")
    assert v1.subscriptions.retrieve(made.id).schedule == schedule.id
    changed = v1.subscription_schedules.update(
        schedule.id,
        {
            "end_behavior": "release",
            "phases": [
                {
                    "items": [{"price": plans[1], "quantity": 1}],
                    "start_date": phase.start_date,
                    "end_date": phase.end_date,
                },
                {"items": [{"price": plans[0], "quantity": 1}], "duration": {"interval": "year"}},
            ],
        },
    )
    assert [row["items"][0].price for row in changed.phases] == [plans[1], plans[0]]
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    stripe_backend.advance(to=datetime.fromtimestamp(end + 7200, UTC))
    after = v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert (after.status, after["items"].data[0].price.id) == ("active", plans[0])
    assert (after.latest_invoice.total, after.latest_invoice.status) == (BASIC, "paid")
    released = v1.subscription_schedules.release(schedule.id)
    assert (released.status, released.released_subscription) == ("released", made.id)
    assert v1.subscriptions.retrieve(made.id).schedule is None


def test_a_downgrade_that_is_undone(stripe_backend: StripeBackend, plans: tuple[str, str]) -> None:
    v1: Any = stripe_backend.client.v1
    made = v1.subscriptions.create({"customer": stripe_backend.customer(), "items": [{"price": plans[1]}]})
    schedule = v1.subscription_schedules.create({"from_subscription": made.id})
    v1.subscription_schedules.release(schedule.id)
    stripe_backend.advance(to=datetime.fromtimestamp(made["items"].data[0].current_period_end + 7200, UTC))
    assert v1.subscriptions.retrieve(made.id)["items"].data[0].price.id == plans[1]
    with pytest.raises(stripe.InvalidRequestError):
        v1.subscription_schedules.update(schedule.id, {"end_behavior": "cancel"})


def test_a_downgrade_to_another_rhythm(stripe_backend: StripeBackend, plans: tuple[str, str]) -> None:
    v1: Any = stripe_backend.client.v1
    monthly = stripe_backend.price(36_000, "month")
    made = v1.subscriptions.create({"customer": stripe_backend.customer(), "items": [{"price": plans[1]}]})
    schedule = v1.subscription_schedules.create({"from_subscription": made.id})
    phase = schedule.phases[0]
    v1.subscription_schedules.update(
        schedule.id,
        {
            "phases": [
                {"items": [{"price": plans[1]}], "start_date": phase.start_date, "end_date": phase.end_date},
                {"items": [{"price": monthly}], "start_date": phase.end_date, "duration": {"interval": "month"}},
            ]
        },
    )
    stripe_backend.advance(to=datetime.fromtimestamp(phase.end_date + 45 * 86_400, UTC))
    totals = [row.total for row in v1.invoices.list({"subscription": made.id}).data]
    assert totals == [36_000, 36_000, STANDARD]
