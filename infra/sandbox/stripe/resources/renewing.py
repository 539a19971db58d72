"""Renew subscriptions, end trials, and give up after a day without payment."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.periods import next_boundary
from sandbox.stripe.resources.changing import period_line, period_of
from sandbox.stripe.resources.charging import default_method
from sandbox.stripe.resources.ending import end_subscription
from sandbox.stripe.resources.invoicing import keep_invoice, latest, new_invoice
from sandbox.stripe.resources.items import interval_of, set_period
from sandbox.stripe.resources.pausing import pause
from sandbox.stripe.resources.pending import waiting_lines
from sandbox.stripe.work import Work, public


def renew(work: Work, subscription: Json) -> None:
    """Begin the next period; its invoice is a draft for an hour."""
    start = period_of(subscription)[1]
    items = subscription["items"]["data"]
    anchor = subscription["billing_cycle_anchor"]
    with work.changing(subscription, "customer.subscription.updated"):
        set_period(items, start, next_boundary(anchor, start, *interval_of(items[0])))
        _invoice_period(work, subscription, start)


def _invoice_period(work: Work, subscription: Json, start: int) -> None:
    customer = work.get("customer", subscription["customer"])
    previous = latest(work, subscription)
    begun = previous["lines"]["data"][0]["period"]["start"] if previous and previous["lines"]["data"] else start
    lines = waiting_lines(work, subscription)
    lines += [period_line(item, *period_of(subscription)) for item in subscription["items"]["data"]]
    invoice = new_invoice(
        work, customer, lines, reason="subscription_cycle", subscription=subscription, period=(min(begun, start), start)
    )
    waiting_lines(work, subscription, claim_for=invoice["id"])
    unpaid = subscription["status"] == "unpaid"
    invoice["auto_advance"] = not unpaid
    keep_invoice(work, invoice, draft_until=None if unpaid else start + work.account.draft_seconds)


def end_trial(work: Work, subscription: Json) -> None:
    """End a trial: without a payment method its own setting decides, else the first paid period begins."""
    customer = work.get("customer", subscription["customer"])
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    payable = subscription["collection_method"] == "send_invoice" or default_method(work, customer, subscription)
    start = subscription["trial_end"]
    if not payable and behavior == "cancel":
        end_subscription(work, subscription, reason="payment_failed")
        return
    with work.changing(subscription, "customer.subscription.updated"):
        items = subscription["items"]["data"]
        if not payable and behavior == "pause":
            pause(work, subscription, "trial_end_without_payment_method")
        else:
            subscription |= {"status": "active", "billing_cycle_anchor": start}
            set_period(items, start, next_boundary(start, start, *interval_of(items[0])))
            _invoice_period(work, subscription, start)


def announce_renewal(work: Work, subscription: Json) -> None:
    """Emit `invoice.upcoming`: the next invoice before it exists, so without an id."""
    end = period_of(subscription)[1]
    subscription["_upcoming_for"] = end
    customer = work.get("customer", subscription["customer"])
    after = next_boundary(subscription["billing_cycle_anchor"], end, *interval_of(subscription["items"]["data"][0]))
    lines = waiting_lines(work, subscription)
    lines += [period_line(item, end, after) for item in subscription["items"]["data"]]
    invoice = new_invoice(
        work, customer, lines, reason="upcoming", subscription=subscription, period=period_of(subscription)
    )
    upcoming = {name: value for name, value in public(invoice).items() if name != "id"}
    work.emit("invoice.upcoming", upcoming | {"created": end, "next_payment_attempt": end})


def expire_incomplete(work: Work, subscription: Json) -> None:
    """Expire a subscription whose first payment has not come within 23 hours."""
    now = work.now_of(subscription)
    if invoice := latest(work, subscription):
        void(work, invoice)
    with work.changing(subscription, "customer.subscription.updated"):
        subscription |= {"status": "incomplete_expired", "ended_at": now}


def expire_pending(work: Work, subscription: Json) -> None:
    """Drop a change that was not paid for within 23 hours."""
    if (invoice := latest(work, subscription)) and invoice.get("_applies_pending"):
        void(work, invoice)
    with work.changing(subscription, "customer.subscription.updated"):
        subscription["pending_update"] = None
        subscription.pop("_pending", None)
    work.emit("customer.subscription.pending_update_expired", subscription)


def void(work: Work, invoice: Json) -> None:
    """Void an open invoice."""
    if invoice["status"] == "open":
        moments = {**invoice["status_transitions"], "voided_at": work.now_of(invoice)}
        invoice |= {
            "status": "void",
            "auto_advance": False,
            "next_payment_attempt": None,
            "status_transitions": moments,
        }
        work.emit("invoice.voided", invoice)
