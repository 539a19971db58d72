"""The end of a subscription: at once, at the period's end, and the undoing of the latter."""

from __future__ import annotations

from stripe.params import SubscriptionCancelParams

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.operations import operation
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.changing import period_of, unused_time
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.ending import ENDED, end_subscription
from sandbox.stripe.resources.invoicing import finalize, keep_invoice, new_invoice
from sandbox.stripe.resources.pending import keep_for_later, waiting_lines
from sandbox.stripe.work import Work


@operation("DELETE", "/v1/subscriptions/{subscription}", SubscriptionCancelParams)
def cancel_subscription(work: Work, params: Params, subscription: str) -> Json:
    """End it now, with a credit for unused time (`prorate`) and a last invoice (`invoice_now`) where asked."""
    found = work.get("subscription", subscription)
    if found["status"] in ENDED:
        raise missing("subscription", subscription, "id")
    details = params.sub("cancellation_details")
    found["cancellation_details"] |= {
        name: details[name] or None for name in ("comment", "feedback") if name in details
    }
    customer = work.get("customer", found["customer"])
    if params.get("prorate", False) and found["status"] != "trialing":
        for line in unused_time(found, work.now_of(found)):
            keep_for_later(work, customer, line)
    end_subscription(work, found, reason="cancellation_requested")
    if params.get("invoice_now", False):
        _last_invoice(work, found, customer)
    return found


def _last_invoice(work: Work, subscription: Json, customer: Json) -> None:
    lines = waiting_lines(work, subscription)
    if not lines:
        return
    invoice = new_invoice(
        work, customer, lines, reason="subscription_update", subscription=subscription, period=period_of(subscription)
    )
    waiting_lines(work, subscription, claim_for=invoice["id"])
    finalize(work, keep_invoice(work, invoice))
    if invoice["status"] == "open":
        collect(work, invoice)


def take_cancellation(work: Work, subscription: Json, params: Params) -> None:
    """`cancel_at_period_end`, `cancel_at`, and what the customer said."""
    if "cancellation_details" in params:
        details = params.sub("cancellation_details")
        subscription["cancellation_details"] = {
            **subscription["cancellation_details"],
            **{name: details[name] or None for name in ("comment", "feedback") if name in details},
        }
    if not ("cancel_at_period_end" in params or "cancel_at" in params):
        return
    if subscription["schedule"]:
        raise invalid(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead."
        )
    if "cancel_at_period_end" in params and params.get("cancel_at"):
        raise invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at")
    cancel_at = params.get("cancel_at") or None
    at_end = params.get("cancel_at_period_end", False)
    if at_end or cancel_at in ("min_period_end", "max_period_end"):
        cancel_at = period_of(subscription)[1]
    if isinstance(cancel_at, int) and cancel_at <= work.now_of(subscription):
        raise invalid("`cancel_at` must be in the future.", "cancel_at")
    set_cancellation(work, subscription, cancel_at, at_period_end=at_end)


def set_cancellation(work: Work, subscription: Json, cancel_at: int | None, *, at_period_end: bool) -> None:
    """Plan the end, or undo the plan with None."""
    details = {**subscription["cancellation_details"], "reason": "cancellation_requested" if cancel_at else None}
    if not cancel_at:
        details |= {"comment": None, "feedback": None}
    subscription |= {
        "cancel_at": cancel_at,
        "cancel_at_period_end": at_period_end,
        "canceled_at": work.now_of(subscription) if cancel_at else None,
        "cancellation_details": details,
    }
