"""Step through schedules as time passes."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.changing import period_of
from sandbox.stripe.resources.ending import end_subscription
from sandbox.stripe.resources.items import changed_items
from sandbox.stripe.resources.phases import current_index
from sandbox.stripe.resources.updating import change_now
from sandbox.stripe.work import Work, merge_metadata


def step_phase(work: Work, schedule: Json) -> None:
    """Enter the next phase, or do what comes after the last."""
    number = current_index(schedule) + 1
    if number < len(schedule["phases"]):
        phase = schedule["phases"][number]
        with work.changing(schedule, "subscription_schedule.updated"):
            schedule["current_phase"] = {name: phase[name] for name in ("start_date", "end_date")}
        enter_phase(work, work.get("subscription", schedule["subscription"]), phase)
    elif schedule["end_behavior"] == "cancel":
        subscription = work.get("subscription", schedule["subscription"])
        schedule |= {"status": "completed", "completed_at": work.now_of(schedule), "current_phase": None}
        work.emit("subscription_schedule.completed", schedule)
        end_subscription(work, subscription, reason="cancellation_requested")
    else:
        release(work, schedule)


def enter_phase(work: Work, subscription: Json, phase: Json) -> None:
    """Give the subscription the phase's items.

    At the period's end the renewal that follows bills them; within a period they are prorated.
    """
    if subscription["status"] in ("canceled", "incomplete_expired"):
        return
    wanted = _items(subscription, phase)
    with work.changing(subscription, "customer.subscription.updated"):
        take_phase_settings(subscription, phase)
        merge_metadata(subscription, phase["metadata"])
        if phase["start_date"] == period_of(subscription)[1]:
            _change_at_boundary(work, subscription, wanted)
        else:
            change_now(
                work,
                subscription,
                Params(
                    {
                        "items": wanted,
                        "proration_behavior": phase["proration_behavior"],
                    }
                ),
            )


def take_phase_settings(subscription: Json, phase: Json) -> None:
    """Give the subscription what the phase says, and nothing where it says nothing: not what it had before."""
    subscription |= {
        "default_payment_method": phase["default_payment_method"],
        "default_tax_rates": list(phase["default_tax_rates"]),
        "discounts": [one["discount"] for one in phase["discounts"]],
    }


def _change_at_boundary(work: Work, subscription: Json, wanted: list[Params]) -> None:
    items = changed_items(work, subscription, wanted)
    if items[0]["price"]["recurring"] != subscription["items"]["data"][0]["price"]["recurring"]:
        subscription["billing_cycle_anchor"] = period_of(subscription)[1]  # another rhythm begins here
    subscription["items"] = {**subscription["items"], "data": items, "total_count": len(items)}


def _items(subscription: Json, phase: Json) -> list[Params]:
    """The phase's items as a change of the present ones, in their order."""
    present = subscription["items"]["data"]
    wanted = []
    for number, item in enumerate(phase["items"]):
        values = {"price": item["price"], "quantity": item["quantity"]}
        if number < len(present):
            values["id"] = present[number]["id"]
        wanted.append(Params(values))
    wanted += [Params({"id": item["id"], "deleted": True}) for item in present[len(phase["items"]) :]]
    return wanted


def release(work: Work, schedule: Json) -> Json:
    """End a schedule without touching its subscription."""
    subscription = work.get("subscription", schedule["subscription"])
    schedule |= {
        "status": "released",
        "released_at": work.now_of(schedule),
        "current_phase": None,
        "released_subscription": subscription["id"],
        "subscription": None,
    }
    with work.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = None
    work.emit("subscription_schedule.released", schedule)
    return schedule
