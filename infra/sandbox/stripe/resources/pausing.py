"""Pausing a subscription: its period ends at that moment, and nothing is billed until it is resumed."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.work import Work


def pause(work: Work, subscription: Json, reason: str) -> None:
    """Pause it now, for one of Stripe's reasons: `pause_requested`, `final_payment_failure` …"""
    now = work.now_of(subscription)
    for item in subscription["items"]["data"]:
        if item["current_period_start"] < now < item["current_period_end"]:
            item["current_period_end"] = now
    subscription |= {
        "status": "paused",
        "status_details": {
            "paused": {"subscription": {"type": reason}, "transitioned_at": now, "type": "subscription"},
        },
    }
    work.emit("customer.subscription.paused", subscription)
