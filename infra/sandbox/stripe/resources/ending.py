"""The end of a subscription."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.work import Work

ENDED = ("canceled", "incomplete_expired")


def end_subscription(work: Work, subscription: Json, *, reason: str) -> None:
    """End it now: no more invoices, no more retries; a schedule over it ends with it."""
    now = work.now_of(subscription)
    details = subscription["cancellation_details"]
    subscription |= {
        "status": "canceled",
        "ended_at": now,
        "canceled_at": subscription["canceled_at"] or now,
        "cancellation_details": {**details, "reason": details["reason"] or reason},
        "pending_update": None,
    }
    subscription.pop("_pending", None)
    for invoice in work.rows("invoice", customer=subscription["customer"]):
        if invoice["_subscription"] == subscription["id"] and invoice["status"] in ("draft", "open"):
            invoice |= {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}
    schedule = work.find("subscription_schedule", subscription["schedule"])
    if schedule is not None and schedule["status"] in ("active", "not_started"):
        schedule |= {"status": "canceled", "canceled_at": now, "current_phase": None}
        work.emit("subscription_schedule.canceled", schedule)
    work.emit("customer.subscription.deleted", subscription)
