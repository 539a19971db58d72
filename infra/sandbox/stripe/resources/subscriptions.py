"""Subscriptions: creating, reading, changing."""

from __future__ import annotations

from typing import Any

from stripe.params import SubscriptionCreateParams, SubscriptionListParams, SubscriptionRetrieveParams

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError, declined, invalid
from sandbox.stripe.operations import filters, moment_filter, operation, page
from sandbox.stripe.parameters import Params, missing_parameter
from sandbox.stripe.periods import DAY, next_boundary, step
from sandbox.stripe.resources.cancelling import take_cancellation
from sandbox.stripe.resources.changing import part, period_line, period_of, trial_line
from sandbox.stripe.resources.charging import decline_code_of, default_method, outcome_of
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.discounts import take_discounts
from sandbox.stripe.resources.invoicing import finalize, keep_invoice, new_invoice
from sandbox.stripe.resources.items import interval_of, new_item, one_interval, set_period
from sandbox.stripe.shapes import complete, list_of
from sandbox.stripe.work import Work, merge_metadata, new_id

ALIVE = ("active", "incomplete", "past_due", "paused", "trialing", "unpaid")


@operation("POST", "/v1/subscriptions", SubscriptionCreateParams)
def create_subscription(work: Work, params: Params) -> Json:
    """A subscription and its first invoice, charged at once unless there is a trial."""
    customer = work.get("customer", params.need("customer"), "customer")
    subscription = draft_subscription(work, customer, params)
    take_settings(work, subscription, params)
    take_cancellation(work, subscription, params)
    take_discounts(work, subscription, params)
    behavior = params.get("payment_behavior", "allow_incomplete")
    params.get("off_session")
    start_subscription(work, customer, subscription, behavior, params.get("proration_behavior", "create_prorations"))
    return subscription


def draft_subscription(work: Work, customer: Json, params: Params) -> Json:
    """The subscription before anything is charged; it is not kept yet."""
    identifier = new_id("sub")
    now = work.now_of(customer)
    if not params.get("items"):
        raise missing_parameter("items")
    items = one_interval([new_item(work, item, subscription=identifier, created=now) for item in params["items"]])
    trial_end = _trial_end(params, now)
    anchor = trial_end or params.get("billing_cycle_anchor") or now
    if anchor < now:
        raise invalid("billing_cycle_anchor cannot be in the past.", "billing_cycle_anchor")
    interval, count = interval_of(items[0])
    boundary = next_boundary(anchor, now, interval, count)
    if not trial_end and anchor > next_boundary(now, now, interval, count):
        raise invalid("billing_cycle_anchor cannot be later than next natural billing date.", "billing_cycle_anchor")
    set_period(items, now, trial_end or boundary)
    return complete(
        {
            "id": identifier,
            "object": "subscription",
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": anchor,
            "billing_mode": _billing_mode(params),
            "billing_schedules": [],
            "cancel_at_period_end": False,
            "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
            "collection_method": "charge_automatically",
            "created": now,
            "currency": items[0]["price"]["currency"],
            "customer": customer["id"],
            "default_tax_rates": [],
            "discounts": [],
            "invoice_settings": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": {"account": None, "type": "self"},
            },
            "items": list_of(items, f"/v1/subscription_items?subscription={identifier}"),
            "livemode": False,
            "metadata": {},
            "payment_settings": {
                "payment_method_options": None,
                "payment_method_types": None,
                "save_default_payment_method": "off",
            },
            "start_date": now,
            "status": "trialing" if trial_end else "incomplete",
            "test_clock": customer["test_clock"],
            "trial_end": trial_end,
            "trial_start": now if trial_end else None,
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            "_warned_for": None,
            "_upcoming_for": None,
        }
    )


def _billing_mode(params: Params) -> Json:
    mode = params.sub("billing_mode")
    kind = mode.get("type", "flexible")
    mode.get("flexible")
    return {
        "type": kind,
        "updated_at": None,
        "flexible": {"proration_discounts": "included"} if kind == "flexible" else None,
    }


def _trial_end(params: Params, now: int) -> int | None:
    end = params.get("trial_end")
    days = params.get("trial_period_days")
    if end and days:
        raise invalid("You may only specify one of these parameters: trial_end, trial_period_days.", "trial_end")
    if isinstance(end, int):
        if end <= now:
            raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
        if end > now + 730 * DAY:
            raise invalid("Invalid timestamp: can be no more than two years in the future.", "trial_end")
        return end
    if days is not None and not 0 <= days <= 730:
        raise invalid("Trial period days must be between 0 and 730.", "trial_period_days")
    return now + days * DAY if days else None


def take_settings(work: Work, subscription: Json, params: Params) -> None:
    """Take the settings that touch no items, period or money."""
    merge_metadata(subscription, params.get("metadata"))
    for name in ("description", "collection_method", "days_until_due"):
        if name in params:
            subscription[name] = params[name] or None
    if subscription["collection_method"] == "send_invoice" and subscription["days_until_due"] is None:
        raise invalid("Missing required param: days_until_due.", "days_until_due", "parameter_missing")
    if "default_payment_method" in params:
        subscription["default_payment_method"] = _own_method(work, subscription, params["default_payment_method"])
    if "payment_settings" in params:
        subscription["payment_settings"] = {
            **subscription["payment_settings"],
            **params.sub("payment_settings").plain(),
        }
    end_behavior = params.sub("trial_settings").sub("end_behavior")
    if "missing_payment_method" in end_behavior:
        subscription["trial_settings"] = {"end_behavior": end_behavior.plain()}
    if params.get("currency", subscription["currency"]) != subscription["currency"]:
        raise invalid("The price specified does not support the currency.", "currency")


def _own_method(work: Work, subscription: Json, identifier: str) -> str:
    method = work.get("payment_method", identifier, "default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {identifier}. The payment method must be "
            "attached to the customer.",
            "default_payment_method",
            "resource_missing",
        )
    return identifier


def start_subscription(work: Work, customer: Json, subscription: Json, behavior: str, prorate: str) -> None:
    """Keep it and charge the first invoice, as `payment_behavior` says."""
    lines = first_lines(subscription, prorate)
    invoice = new_invoice(
        work,
        customer,
        lines,
        reason="subscription_create",
        subscription=subscription,
        period=_first_period(subscription),
    )
    charging = subscription["collection_method"] == "charge_automatically"
    method = default_method(work, customer, subscription)
    if charging and invoice["amount_due"] and behavior != "default_incomplete":
        refuse_without_method(method)
        if behavior == "error_if_incomplete":
            refuse_unpaid(customer, method)
    if not (invoice["amount_due"] and charging) and subscription["status"] == "incomplete":
        subscription["status"] = "active"
    work.add("subscription", subscription)
    work.emit("customer.subscription.created", subscription)
    if subscription["trial_end"]:
        warn_of_trial_end(work, subscription)
    finalize(work, keep_invoice(work, invoice))
    if invoice["status"] == "open" and charging and behavior != "default_incomplete":
        collect(work, invoice)


def first_lines(subscription: Json, prorate: str) -> list[Json]:
    """The trial, the first period, or the part of one up to a later anchor."""
    start, end = period_of(subscription)
    items = subscription["items"]["data"]
    if subscription["trial_end"]:
        return [trial_line(item, start, end) for item in items]
    if subscription["billing_cycle_anchor"] == start:
        return [period_line(item, start, end) for item in items]
    interval, count = interval_of(items[0])
    whole = end - _before(end, interval, count)
    lines = [period_line(item, start, end) for item in items]
    for line in lines:
        share = 0 if prorate == "none" else part(line["amount"], end - start, whole)
        line |= {"amount": share, "subtotal": share}
        line["parent"]["subscription_item_details"]["proration"] = True
    return lines


def _before(end: int, interval: str, count: int) -> int:
    return step(end, interval, -count)


def _first_period(subscription: Json) -> tuple[int, int]:
    # Stripe's first invoice names the moment only: its lines name the period.
    return subscription["start_date"], subscription["start_date"]


def refuse_without_method(method: Json | None) -> None:
    """Raise ApiError where nobody can be charged."""
    if method is None:
        raise invalid(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-"
            "setting#payment-method-priority.",
            code="resource_missing",
        )


def refuse_unpaid(customer: Json, method: Json | None) -> None:
    """Raise ApiError 402 where the charge would not succeed; nothing is done then."""
    refuse_without_method(method)
    outcome = outcome_of(customer, method or {})
    if outcome == "requires_action":
        raise ApiError(
            402,
            "Payment for this subscription requires additional user action before it can be completed successfully. "
            "Payment can be completed using the PaymentIntent associated with `subscription.latest_invoice`.",
            type="card_error",
            code="subscription_payment_intent_requires_action",
        )
    if outcome == "declined":
        raise declined(decline_code_of(method or {}), keep=False)


def warn_of_trial_end(work: Work, subscription: Json) -> None:
    """Emit `trial_will_end` three days before, or at once when less is left; once for each end."""
    end = subscription["trial_end"]
    near = end and end - 3 * DAY <= work.now_of(subscription)
    if near and subscription["status"] == "trialing" and subscription["_warned_for"] != end:
        subscription["_warned_for"] = end
        work.emit("customer.subscription.trial_will_end", subscription)


@operation("GET", "/v1/subscriptions/{subscription}", SubscriptionRetrieveParams)
def retrieve_subscription(work: Work, params: Params, subscription: str) -> Json:
    """The subscription, also one that has ended."""
    return work.get("subscription", subscription)


@operation("GET", "/v1/subscriptions", SubscriptionListParams)
def list_subscriptions(work: Work, params: Params) -> Json:
    """Subscriptions by customer, price, status or test clock; the ended ones only where asked."""
    rows = work.rows("subscription", **filters(params, "customer", "collection_method"))
    status = params.get("status")
    rows = [row for row in rows if _has_status(row, status)]
    if wanted := params.get("price") or params.get("plan"):
        rows = [row for row in rows if any(item["price"]["id"] == wanted for item in row["items"]["data"])]
    clock = params.get("test_clock")
    if clock or "customer" not in params:
        rows = [row for row in rows if row["test_clock"] == clock]
    for index, name in enumerate(("current_period_start", "current_period_end")):
        fits = moment_filter(params, name)
        rows = [row for row in rows if fits(period_of(row)[index])]
    return page(rows, params, "/v1/subscriptions")


def _has_status(row: Json, wanted: Any) -> bool:
    if wanted == "all":
        return True
    if wanted == "ended":
        return row["status"] in ("canceled", "incomplete_expired")
    return row["status"] == wanted if wanted else row["status"] in ALIVE
