"""Changing a running subscription, and resuming a paused one."""

from __future__ import annotations

from stripe.params import SubscriptionPauseParams, SubscriptionResumeParams, SubscriptionUpdateParams

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.operations import operation
from sandbox.stripe.parameters import Params
from sandbox.stripe.periods import next_boundary
from sandbox.stripe.resources.cancelling import take_cancellation
from sandbox.stripe.resources.changing import Change, period_line, period_of, plan_change, unused_time
from sandbox.stripe.resources.charging import default_method, outcome_of
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.discounts import take_discounts
from sandbox.stripe.resources.ending import ENDED
from sandbox.stripe.resources.invoicing import finalize, keep_invoice, new_invoice
from sandbox.stripe.resources.items import interval_of, set_period
from sandbox.stripe.resources.pausing import pause
from sandbox.stripe.resources.pending import keep_for_later, waiting_lines
from sandbox.stripe.resources.phases import current_index, phase_items
from sandbox.stripe.resources.renewing import void
from sandbox.stripe.resources.subscriptions import refuse_unpaid, take_settings, warn_of_trial_end
from sandbox.stripe.work import Work

PENDING_HOURS = 23
PLANNED = ("items", "trial_end", "billing_cycle_anchor")


@operation("POST", "/v1/subscriptions/{subscription}", SubscriptionUpdateParams)
def update_subscription(work: Work, params: Params, subscription: str) -> Json:
    """Change settings, items, trial, or the end; a change of items is prorated and invoiced as asked."""
    found = work.get("subscription", subscription)
    if found["status"] in ENDED:
        raise missing("subscription", subscription, "id")
    if found["status"] == "incomplete" and any(name in params for name in PLANNED):
        raise invalid("A subscription that is `incomplete` can only change its metadata and default payment method.")
    with work.changing(found, "customer.subscription.updated"):
        take_settings(work, found, params)
        take_cancellation(work, found, params)
        _take_pause_of_collection(found, params)
        take_discounts(work, found, params)
        change_now(work, found, params)
    return found


def _take_pause_of_collection(subscription: Json, params: Params) -> None:
    if "pause_collection" not in params:
        return
    wanted = params["pause_collection"]
    subscription["pause_collection"] = (
        {"behavior": wanted["behavior"], "resumes_at": wanted.get("resumes_at")} if isinstance(wanted, Params) else None
    )


@operation("POST", "/v1/subscriptions/{subscription}/pause", SubscriptionPauseParams)
def pause_subscription(work: Work, params: Params, subscription: str) -> Json:
    """Pause it now; unused time is credited to the next invoice unless asked otherwise."""
    found = work.get("subscription", subscription)
    if found["status"] not in ("active", "trialing", "past_due", "unpaid"):
        raise invalid(f"You cannot pause a subscription that is {found['status']}.")
    if found["billing_mode"]["type"] != "flexible":
        raise invalid("You can only pause subscriptions with `billing_mode` set to `flexible`.")
    params.get("type")
    params.get("invoicing_behavior")
    bill_for = params.sub("bill_for")
    bill_for.sub("outstanding_usage_through").get("type")
    customer = work.get("customer", found["customer"])
    if bill_for.sub("unused_time_from").get("type", "now") == "now" and found["status"] == "active":
        for line in unused_time(found, work.now_of(found)):
            keep_for_later(work, customer, line)
    with work.changing(found, "customer.subscription.updated"):
        pause(work, found, "pause_requested")
    return found


def change_now(work: Work, subscription: Json, params: Params) -> None:
    """Make the planned change, and charge for it."""
    behavior = params.get("payment_behavior", "allow_incomplete")
    proration = params.get("proration_behavior", "create_prorations")
    for name in ("off_session", "proration_date"):
        params.get(name)
    if not any(name in params for name in PLANNED):
        return
    customer = work.get("customer", subscription["customer"])
    change = plan_change(work, subscription, params)
    invoice = change_invoice(work, customer, subscription, change, proration)
    if invoice is None:
        change.apply(subscription)
        for line in change.prorations:
            keep_for_later(work, customer, line)
        _follow_schedule(work, subscription)
        warn_of_trial_end(work, subscription)
        return
    _charge_change(work, customer, subscription, change, invoice, behavior)


def change_invoice(work: Work, customer: Json, subscription: Json, change: Change, proration: str) -> Json | None:
    """The invoice a change makes at once (not kept yet), or None where its prorations wait."""
    if not (change.charges or (proration == "always_invoice" and change.prorations)):
        return None
    lines = [*waiting_lines(work, subscription), *change.prorations, *change.charges]
    period = (work.now_of(subscription), work.now_of(subscription))
    return new_invoice(work, customer, lines, reason="subscription_update", subscription=subscription, period=period)


def _charge_change(
    work: Work, customer: Json, subscription: Json, change: Change, invoice: Json, behavior: str
) -> None:
    charging = subscription["collection_method"] == "charge_automatically"
    due = charging and bool(invoice["amount_due"])
    method = default_method(work, customer, subscription)
    fails = due and (method is None or outcome_of(customer, method) != "succeeded")
    if fails and behavior == "error_if_incomplete":
        refuse_unpaid(customer, method)
    if fails and behavior == "pending_if_incomplete":
        _leave_pending(work, subscription, change)
        invoice["_applies_pending"] = True
    else:
        change.apply(subscription)
        _follow_schedule(work, subscription)
    waiting_lines(work, subscription, claim_for=invoice["id"])
    finalize(work, keep_invoice(work, invoice))
    if invoice["status"] != "open" or not charging:
        return
    if behavior == "default_incomplete":
        subscription["status"] = "past_due"  # until the customer confirms the payment
    else:
        collect(work, invoice)


def _leave_pending(work: Work, subscription: Json, change: Change) -> None:
    earlier = work.find("invoice", subscription["latest_invoice"])
    if earlier is not None and earlier.get("_applies_pending"):  # another change takes the place of one that waits
        void(work, earlier)
    after = {**subscription}
    change.apply(after)
    waiting = {name: value for name, value in after.items() if subscription.get(name) != value}
    expires = work.now_of(subscription) + PENDING_HOURS * 3600
    subscription |= {
        "_pending": waiting,
        "pending_update": {
            "billing_cycle_anchor": waiting.get("billing_cycle_anchor"),
            "cancel_at_period_end": None,
            "discount": None,
            "discounts": None,
            "expires_at": expires,
            "metadata": None,
            "subscription_items": change.items,
            "trial_end": waiting.get("trial_end"),
            "trial_from_plan": None,
        },
    }


def _follow_schedule(work: Work, subscription: Json) -> None:
    """Repeat a direct change of the items in the schedule's current phase."""
    schedule = work.find("subscription_schedule", subscription["schedule"])
    if schedule is None or schedule["status"] != "active":
        return
    schedule["phases"][current_index(schedule)]["items"] = phase_items(subscription)


@operation("POST", "/v1/subscriptions/{subscription}/resume", SubscriptionResumeParams)
def resume_subscription(work: Work, params: Params, subscription: str) -> Json:
    """Bring back a paused subscription: a new period begins, and is charged."""
    found = work.get("subscription", subscription)
    if found["status"] != "paused":
        raise invalid("You can only resume a subscription that is `paused`.")
    params.sub("billing_cycle_anchor").get("type")
    for name in ("proration_behavior", "payment_behavior", "proration_date"):
        params.get(name)
    now = work.now_of(found)
    items = found["items"]["data"]
    end = next_boundary(now, now, *interval_of(items[0]))
    customer = work.get("customer", found["customer"])
    with work.changing(found, "customer.subscription.updated"):
        set_period(items, now, end)
        found |= {"billing_cycle_anchor": now, "status": "past_due"}
        found.pop("status_details", None)
        lines = [*waiting_lines(work, found), *[period_line(item, now, end) for item in items]]
        invoice = new_invoice(
            work, customer, lines, reason="subscription_cycle", subscription=found, period=period_of(found)
        )
        waiting_lines(work, found, claim_for=invoice["id"])
        finalize(work, keep_invoice(work, invoice))
        if invoice["status"] == "open":
            collect(work, invoice)
    if found["status"] == "active":
        work.emit("customer.subscription.resumed", found)
    return found
