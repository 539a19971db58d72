"""Subscription schedules: later changes, such as a cheaper plan at the period's end."""

from __future__ import annotations

from stripe.params import (
    SubscriptionScheduleCancelParams,
    SubscriptionScheduleCreateParams,
    SubscriptionScheduleListParams,
    SubscriptionScheduleReleaseParams,
    SubscriptionScheduleRetrieveParams,
    SubscriptionScheduleUpdateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params, missing_parameter
from sandbox.stripe.periods import step
from sandbox.stripe.resources.cancelling import cancel_subscription
from sandbox.stripe.resources.changing import period_of
from sandbox.stripe.resources.discounts import discount_ids
from sandbox.stripe.resources.items import recurring_price
from sandbox.stripe.resources.phases import new_phase, phase_item, phase_items, settings_of
from sandbox.stripe.resources.scheduling import release, take_phase_settings
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id

PHASE_FIELDS = ("default_payment_method", "default_tax_rates", "metadata", "proration_behavior", "trial_end")
ISSUER = {"account": None, "type": "self"}


@operation("POST", "/v1/subscription_schedules", SubscriptionScheduleCreateParams)
def create_schedule(work: Work, params: Params) -> Json:
    """A schedule over a running subscription; its first phase is the current period."""
    subscription = work.get("subscription", params.need("from_subscription"), "from_subscription")
    if len(params.plain()) > len([name for name in ("from_subscription", "expand") if name in params]):
        raise invalid("You cannot set other parameters if `from_subscription` is set.", "from_subscription")
    if subscription["schedule"]:
        raise invalid(
            f"You cannot migrate a subscription that is already attached to a schedule: {subscription['schedule']}",
            "from_subscription",
        )
    if subscription["status"] not in ("active", "trialing", "past_due"):
        raise invalid(f"You cannot schedule a subscription that is {subscription['status']}.", "from_subscription")
    start, end = period_of(subscription)
    schedule = complete(
        {
            "id": new_id("sub_sched"),
            "object": "subscription_schedule",
            "billing_mode": subscription["billing_mode"],
            "created": work.now_of(subscription),
            "current_phase": {"start_date": start, "end_date": end},
            "customer": subscription["customer"],
            "default_settings": complete_settings(subscription),
            "end_behavior": "release",
            "livemode": False,
            "metadata": {},
            "pause_schedules": [],
            "phases": [
                new_phase(
                    phase_items(subscription),
                    start,
                    end,
                    subscription["currency"],
                    trial_end=_trial(subscription),
                    **settings_of(subscription),
                ),
            ],
            "status": "active",
            "subscription": subscription["id"],
            "test_clock": subscription["test_clock"],
        }
    )
    work.add("subscription_schedule", schedule)
    with work.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = schedule["id"]
    work.emit("subscription_schedule.created", schedule)
    return schedule


def _trial(subscription: Json) -> int | None:
    return subscription["trial_end"] if subscription["status"] == "trialing" else None


def complete_settings(subscription: Json) -> Json:
    """Return the settings of a phase that names none of its own."""
    return {
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None, "disabled_reason": None},
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": None,
        "collection_method": subscription["collection_method"],
        "default_payment_method": subscription["default_payment_method"],
        "description": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": ISSUER,
        },
        "on_behalf_of": None,
        "transfer_data": None,
    }


@operation("POST", "/v1/subscription_schedules/{schedule}", SubscriptionScheduleUpdateParams)
def update_schedule(work: Work, params: Params, schedule: str) -> Json:
    """Replace the current and the later phases, or what comes after the last."""
    found = _running(work, schedule)
    with work.changing(found, "subscription_schedule.updated"):
        merge_metadata(found, params.get("metadata"))
        if "end_behavior" in params:
            if params["end_behavior"] not in ("release", "cancel"):
                raise unsupported(f"end_behavior={params['end_behavior']}")
            found["end_behavior"] = params["end_behavior"]
        params.get("proration_behavior")
        if "phases" in params:
            found["phases"] = _phases(work, found, params["phases"])
            current = found["phases"][0]
            found["current_phase"] = {name: current[name] for name in ("start_date", "end_date")}
            subscription = work.get("subscription", found["subscription"])
            with work.changing(subscription, "customer.subscription.updated"):
                take_phase_settings(subscription, current)
    return found


def _running(work: Work, identifier: str) -> Json:
    found = work.get("subscription_schedule", identifier)
    if found["status"] != "active":
        raise invalid(
            f"You cannot update a subscription schedule that is currently in the `{found['status']}` status. You can "
            "only update a schedule that is in the `not_started` or `active` status."
        )
    return found


def _phases(work: Work, schedule: Json, wanted: list[Params]) -> list[Json]:
    now = work.now_of(schedule)
    start = schedule["current_phase"]["start_date"]
    currency = schedule["phases"][0]["currency"]
    phases: list[Json] = []
    for number, params in enumerate(wanted):
        begins = params.get("start_date")
        begins = now if begins == "now" else begins
        if number == 0 and begins is None:
            raise missing_parameter("phases[0][start_date]")
        if begins not in (None, start):
            raise invalid(
                "You can not modify the start date of the current phase."
                if number == 0
                else f"The start_date of phase {number} must be the end_date of the phase before it.",
                f"phases[{number}][start_date]",
            )
        phase = _phase(work, params, start, currency, now)
        discounts = discount_ids(work, params.get("discounts"), schedule["customer"], schedule["subscription"])
        phase["discounts"] = [
            {"coupon": None, "discount": identifier, "promotion_code": None} for identifier in discounts
        ]
        phases.append(phase)
        start = phase["end_date"]
    if not any(phase["end_date"] > now for phase in phases):
        raise invalid("The phases must reach into the future.", "phases")
    return phases


def _phase(work: Work, params: Params, start: int, currency: str, now: int) -> Json:
    items = [_wanted_item(work, item) for item in params["items"]]
    end = params.get("end_date")
    if end is not None and "duration" in params:
        raise invalid("You may only specify one of these parameters: end_date, duration.", params.name_of("duration"))
    if end is None:
        recurring = work.get("price", items[0]["price"])["recurring"]
        length = params.sub("duration")
        interval = length.get("interval", recurring["interval"])
        end = step(start, interval, length.get("interval_count", recurring["interval_count"]))
    end = now if end == "now" else end
    if end <= start:
        raise invalid("The end_date of a phase must be after its start_date.", params.name_of("end_date"))
    fields = {name: params[name] for name in PHASE_FIELDS if name in params}
    return new_phase(items, start, end, currency, **fields)


def _wanted_item(work: Work, params: Params) -> Json:
    identifier = params.get("price") or params.get("plan")
    if not identifier:
        raise missing_parameter(params.name_of("price"))
    price = recurring_price(work, identifier, params.name_of("price"))
    return phase_item(price["id"], params.get("quantity", 1), params.get("metadata", {}))


@operation("GET", "/v1/subscription_schedules/{schedule}", SubscriptionScheduleRetrieveParams)
def retrieve_schedule(work: Work, params: Params, schedule: str) -> Json:
    return work.get("subscription_schedule", schedule)


@operation("GET", "/v1/subscription_schedules", SubscriptionScheduleListParams)
def list_schedules(work: Work, params: Params) -> Json:
    """Schedules by customer."""
    return page(work.rows("subscription_schedule", **filters(params, "customer")), params, "/v1/subscription_schedules")


@operation("POST", "/v1/subscription_schedules/{schedule}/release", SubscriptionScheduleReleaseParams)
def release_schedule(work: Work, params: Params, schedule: str) -> Json:
    """End the schedule; the subscription goes on as it is."""
    return release(work, _running(work, schedule))


@operation("POST", "/v1/subscription_schedules/{schedule}/cancel", SubscriptionScheduleCancelParams)
def cancel_schedule(work: Work, params: Params, schedule: str) -> Json:
    """End the schedule and its subscription at once."""
    found = _running(work, schedule)
    passed = {name: params[name] for name in ("invoice_now", "prorate") if name in params}
    cancel_subscription(work, Params(passed), found["subscription"])
    return found
