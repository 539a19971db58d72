"""Follow paid and unpaid invoices in the subscription's status."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.resources.ending import end_subscription
from sandbox.stripe.resources.pausing import pause
from sandbox.stripe.work import Work


def after_paid(work: Work, invoice: Json) -> None:
    """Bring an unpaid subscription back when its latest invoice is paid; a change that waited is made."""
    subscription = work.find("subscription", invoice["_subscription"])
    if subscription is None or subscription["status"] in ("canceled", "incomplete_expired"):
        return
    with work.changing(subscription, "customer.subscription.updated"):
        if invoice.get("_applies_pending") and subscription.get("_pending"):
            subscription |= subscription.pop("_pending")
            subscription["pending_update"] = None
        if subscription["latest_invoice"] == invoice["id"] and subscription["status"] != "paused":
            trial = subscription["trial_end"]
            subscription["status"] = "trialing" if trial and trial > work.now_of(subscription) else "active"
        _save_method(work, subscription, invoice)
    _set_delinquent(work, invoice["customer"])


def _save_method(work: Work, subscription: Json, invoice: Json) -> None:
    settings = subscription["payment_settings"] or {}
    if settings.get("save_default_payment_method") != "on_subscription":
        return
    for payment in work.rows("invoice_payment", invoice=invoice["id"], status="paid"):
        intent = work.get("payment_intent", payment["payment"]["payment_intent"])
        method = work.get("payment_method", intent["payment_method"])
        if method["customer"] is None:
            method |= {"customer": subscription["customer"], "_clock": subscription["test_clock"]}
            work.emit("payment_method.attached", method)
        customer = work.get("customer", subscription["customer"])
        if method["id"] != customer["invoice_settings"]["default_payment_method"]:
            subscription["default_payment_method"] = method["id"]


def after_failed(work: Work, invoice: Json) -> None:
    """Make a running subscription past due from the first failure on."""
    subscription = work.find("subscription", invoice["_subscription"])
    if subscription is not None and not invoice.get("_applies_pending"):
        with work.changing(subscription, "customer.subscription.updated"):
            if subscription["status"] in ("active", "trialing") and subscription["latest_invoice"] == invoice["id"]:
                subscription["status"] = "past_due"
    _set_delinquent(work, invoice["customer"])


def after_written_off(work: Work, invoice: Json) -> None:
    """Take a subscription out of past due when its latest invoice is void or uncollectible."""
    subscription = work.find("subscription", invoice["_subscription"])
    if subscription is None or subscription["latest_invoice"] != invoice["id"]:
        return
    with work.changing(subscription, "customer.subscription.updated"):
        if subscription["status"] == "past_due":
            subscription["status"] = "active"
        if invoice.get("_applies_pending"):
            subscription.pop("_pending", None)
            subscription["pending_update"] = None
    _set_delinquent(work, invoice["customer"])


def end_of_retries(work: Work, invoice: Json) -> None:
    """Cancel, mark unpaid or leave past due after the last failed attempt, as the account says."""
    subscription = work.find("subscription", invoice["_subscription"])
    if subscription is None or subscription["status"] != "past_due":
        return
    invoice["auto_advance"] = False
    if work.account.after_retries == "paused" and subscription["billing_mode"]["type"] == "flexible":
        with work.changing(subscription, "customer.subscription.updated"):
            pause(work, subscription, "final_payment_failure")
    elif work.account.after_retries == "canceled":
        end_subscription(work, subscription, reason="payment_failed")
    elif work.account.after_retries == "unpaid":
        with work.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "unpaid"


def _set_delinquent(work: Work, identifier: str) -> None:
    customer = work.get("customer", identifier)
    with work.changing(customer, "customer.updated"):
        customer["delinquent"] = any(
            invoice["status"] == "open" and invoice["attempted"]
            for invoice in work.rows("invoice", customer=identifier)
        )
