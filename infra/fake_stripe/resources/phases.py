"""A schedule's phase begins: the subscription's items become the phase's."""

from __future__ import annotations

from fake_stripe.errors import Json
from fake_stripe.parameters import Params
from fake_stripe.resources.changing import period_of
from fake_stripe.resources.items import changed_items
from fake_stripe.resources.updating import change_now
from fake_stripe.work import Work, merge_metadata


def enter_phase(work: Work, subscription: Json, phase: Json) -> None:
    """At the period's end the renewal that follows bills the new items; within a period they are prorated."""
    if subscription["status"] in ("canceled", "incomplete_expired"):
        return
    wanted = _items(subscription, phase)
    with work.changing(subscription, "customer.subscription.updated"):
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
