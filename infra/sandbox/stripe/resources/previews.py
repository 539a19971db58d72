"""Previews of an invoice: the next one, or the one a change would make."""

from __future__ import annotations

from stripe.params import InvoiceCreatePreviewParams

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError, invalid
from sandbox.stripe.operations import operation
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.changing import Change, period_line, period_of, plan_change, unused_time
from sandbox.stripe.resources.ending import ENDED
from sandbox.stripe.resources.invoicing import new_invoice
from sandbox.stripe.resources.items import interval_of
from sandbox.stripe.resources.pending import waiting_lines
from sandbox.stripe.resources.subscriptions import draft_subscription, first_lines
from sandbox.stripe.resources.updating import change_invoice
from sandbox.stripe.work import Work, new_id


@operation("POST", "/v1/invoices/create_preview", InvoiceCreatePreviewParams)
def create_preview(work: Work, params: Params) -> Json:
    """Compute an invoice: nothing is kept and nothing is charged."""
    details = params.sub("subscription_details")
    params.get("preview_mode")
    if identifier := params.get("subscription"):
        subscription = work.get("subscription", identifier, "subscription")
        if params.get("customer", subscription["customer"]) != subscription["customer"]:
            raise invalid("The subscription does not belong to the customer.", "subscription")
        customer = work.get("customer", subscription["customer"])
        return _as_preview(_of_running(work, customer, subscription, details))
    customer = work.get("customer", params.need("customer"), "customer")
    subscription = draft_subscription(work, customer, details)
    lines = first_lines(subscription, details.get("proration_behavior", "create_prorations"))
    return _as_preview(_invoice(work, customer, subscription, lines, "subscription_create"))


def _of_running(work: Work, customer: Json, subscription: Json, details: Params) -> Json:
    if subscription["status"] in ENDED:
        raise _nothing_upcoming()
    if details.get("cancel_now"):
        lines = waiting_lines(work, subscription)
        if details.get("proration_behavior", "create_prorations") != "none":
            lines += unused_time(subscription, details.get("proration_date") or work.now_of(subscription))
        return _invoice(work, customer, subscription, lines, "upcoming")
    change = plan_change(work, subscription, details)
    proration = details.get("proration_behavior", "create_prorations")
    invoice = change_invoice(work, customer, subscription, change, proration)
    if invoice is not None:
        return invoice
    ends = details.get("cancel_at_period_end", subscription["cancel_at_period_end"])
    return _next_renewal(work, customer, subscription, change, ends=ends)


def _next_renewal(work: Work, customer: Json, subscription: Json, change: Change, *, ends: bool) -> Json:
    lines = [*waiting_lines(work, subscription), *change.prorations]
    after = {**subscription}
    change.apply(after)
    start = period_of(after)[1]
    if not ends:
        from sandbox.stripe.periods import next_boundary

        end = next_boundary(after["billing_cycle_anchor"], start, *interval_of(change.items[0]))
        lines += [period_line(item, start, end) for item in change.items]
    if not lines:
        raise _nothing_upcoming()
    invoice = _invoice(work, customer, subscription, lines, "upcoming")
    return invoice | {"created": start, "next_payment_attempt": start + work.account.draft_seconds}


def _invoice(work: Work, customer: Json, subscription: Json, lines: list[Json], reason: str) -> Json:
    return new_invoice(work, customer, lines, reason=reason, subscription=subscription, period=period_of(subscription))


def _nothing_upcoming() -> ApiError:
    return ApiError(404, "No upcoming invoices for customer", code="invoice_upcoming_none")


def _as_preview(invoice: Json) -> Json:
    identifier = new_id("upcoming_in")
    for line in invoice["lines"]["data"]:
        line |= {"id": new_id("il_tmp"), "invoice": identifier}
    return {**invoice, "id": identifier}
