"""Taking the money of an open invoice, and trying again."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.periods import DAY
from sandbox.stripe.resources.charging import Outcome, charge, default_method
from sandbox.stripe.resources.invoicing import mark_paid, open_payment
from sandbox.stripe.resources.status import after_failed, end_of_retries
from sandbox.stripe.work import Work


def collect(work: Work, invoice: Json, method: Json | None = None, *, automatic: bool = True) -> Outcome:
    """Charge the given or the default payment method once; `automatic` for Stripe's own attempts."""
    payment = open_payment(work, invoice)
    if payment is None:
        return "succeeded"
    customer = work.get("customer", invoice["customer"])
    subscription = work.find("subscription", invoice["_subscription"])
    chosen = method or work.find("payment_method", invoice["default_payment_method"])
    chosen = chosen or default_method(work, customer, subscription)
    intent = work.get("payment_intent", payment["payment"]["payment_intent"])
    outcome = charge(work, intent, chosen) if chosen else "declined"
    settle(work, invoice, payment, outcome, automatic=automatic)
    return outcome


def settle(work: Work, invoice: Json, payment: Json, outcome: Outcome, *, automatic: bool = False) -> None:
    """Apply an attempt's outcome to the invoice and its subscription."""
    now = work.now_of(invoice)
    if outcome == "succeeded":
        payment |= {
            "status": "paid",
            "amount_paid": payment["amount_requested"],
            "status_transitions": {"canceled_at": None, "paid_at": now},
        }
        if automatic or not invoice["attempt_count"]:
            invoice["attempt_count"] += 1
        mark_paid(work, invoice)
        return
    invoice["attempted"] = True
    if automatic or not invoice["attempt_count"]:
        invoice["attempt_count"] += 1
        invoice["next_payment_attempt"] = _next_attempt(work, invoice, now)
    last = automatic and invoice["next_payment_attempt"] is None
    if outcome == "requires_action":
        work.emit("invoice.payment_action_required", invoice)
    work.emit("invoice.payment_failed", invoice)
    after_failed(work, invoice)
    if last:
        end_of_retries(work, invoice)


def _next_attempt(work: Work, invoice: Json, now: int) -> int | None:
    """Plan the next attempt. Retries follow renewals and changes; a first payment waits for the customer."""
    subscription = work.find("subscription", invoice["_subscription"])
    tries = invoice["attempt_count"]
    if subscription is None or subscription["status"] in ("incomplete", "canceled") or not invoice["auto_advance"]:
        return None
    return now + work.account.retry_days[tries - 1] * DAY if tries <= len(work.account.retry_days) else None
