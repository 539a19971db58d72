"""Test clocks: customers that live in a time of their own."""

from __future__ import annotations

from stripe.params.test_helpers import (
    TestClockAdvanceParams,
    TestClockCreateParams,
    TestClockDeleteParams,
    TestClockListParams,
    TestClockRetrieveParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.periods import DAY
from sandbox.stripe.resources.timeline import run_until
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, new_id

KIND = "test_helpers.test_clock"
ITS_OWN = ("customer", "subscription", "invoice", "subscription_schedule", "invoiceitem")


@operation("POST", "/v1/test_helpers/test_clocks", TestClockCreateParams)
def create_clock(work: Work, params: Params) -> Json:
    clock = complete(
        {
            "id": new_id("clock"),
            "object": KIND,
            "created": work.wall,
            "deletes_after": work.wall + 30 * DAY,
            "frozen_time": params["frozen_time"],
            "livemode": False,
            "name": params.get("name"),
            "status": "ready",
            "status_details": {},
        }
    )
    work.add(KIND, clock)
    clock["test_clock"] = clock["id"]
    work.emit("test_helpers.test_clock.created", clock)
    del clock["test_clock"]
    return clock


@operation("GET", "/v1/test_helpers/test_clocks/{clock}", TestClockRetrieveParams)
def retrieve_clock(work: Work, params: Params, clock: str) -> Json:
    return work.get(KIND, clock)


@operation("GET", "/v1/test_helpers/test_clocks", TestClockListParams)
def list_clocks(work: Work, params: Params) -> Json:
    return page(work.rows(KIND), params, "/v1/test_helpers/test_clocks")


@operation("POST", "/v1/test_helpers/test_clocks/{clock}/advance", TestClockAdvanceParams)
def advance_clock(work: Work, params: Params, clock: str) -> Json:
    """Let time pass for the clock's customers. The fake is done when it answers; Stripe says `advancing` first."""
    found = work.get(KIND, clock)
    until = params["frozen_time"]
    if until <= found["frozen_time"]:
        raise invalid("You can only advance a test clock forward in time.", "frozen_time")
    if until > found["frozen_time"] + 731 * DAY:
        raise invalid("You can only advance a test clock by up to two years at once.", "frozen_time")
    run_until(work, clock, until)
    return found


@operation("DELETE", "/v1/test_helpers/test_clocks/{clock}", TestClockDeleteParams)
def delete_clock(work: Work, params: Params, clock: str) -> Json:
    """Delete the clock and all its customers."""
    work.get(KIND, clock)
    for kind in ITS_OWN:
        for row in work.rows(kind, test_clock=clock):
            work.session.remove(kind, row["id"])
    work.session.remove(KIND, clock)
    return {"id": clock, "object": KIND, "deleted": True}
