"""Invoices: reading, paying, voiding."""

from __future__ import annotations

from stripe.params import (
    InvoiceFinalizeInvoiceParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoiceMarkUncollectibleParams,
    InvoicePayParams,
    InvoiceRetrieveParams,
    InvoiceUpdateParams,
    InvoiceVoidInvoiceParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError, declined, invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.charging import decline_code_of, default_method
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.invoicing import finalize, mark_paid, open_payment, renew_addresses
from sandbox.stripe.resources.payment_methods import take
from sandbox.stripe.resources.status import after_written_off
from sandbox.stripe.work import Work, fill, merge_metadata, public


@operation("GET", "/v1/invoices/{invoice}", InvoiceRetrieveParams)
def retrieve_invoice(work: Work, params: Params, invoice: str) -> Json:
    return renew_addresses(work, work.get("invoice", invoice))


@operation("GET", "/v1/invoices", InvoiceListParams)
def list_invoices(work: Work, params: Params) -> Json:
    """Invoices by customer, subscription or status."""
    rows = work.rows("invoice", **filters(params, "customer", "status", "collection_method"))
    if wanted := params.get("subscription"):
        rows = [row for row in rows if row["_subscription"] == wanted]
    for row in rows:
        renew_addresses(work, row)
    return page(rows, params, "/v1/invoices")


@operation("GET", "/v1/invoices/{invoice}/lines", InvoiceLineItemListParams)
def list_invoice_lines(work: Work, params: Params, invoice: str) -> Json:
    """The invoice's lines, in their order."""
    rows = work.get("invoice", invoice)["lines"]["data"]
    return page(list(reversed(rows)), params, f"/v1/invoices/{invoice}/lines")


@operation("POST", "/v1/invoices/{invoice}", InvoiceUpdateParams)
def update_invoice(work: Work, params: Params, invoice: str) -> Json:
    """Change its metadata, and while it is a draft its texts."""
    found = work.get("invoice", invoice)
    with work.changing(found, "invoice.updated"):
        merge_metadata(found, params.get("metadata"))
        texts = {name: params[name] for name in ("description", "footer", "auto_advance") if name in params}
        if texts and found["status"] != "draft" and texts.keys() != {"auto_advance"}:
            raise invalid("Finalized invoices can't be updated in this way.", next(iter(texts)))
        fill(found, texts)
    return found


@operation("POST", "/v1/invoices/{invoice}/finalize", InvoiceFinalizeInvoiceParams)
def finalize_invoice(work: Work, params: Params, invoice: str) -> Json:
    """Finalise a draft before its hour is over."""
    found = work.get("invoice", invoice)
    if found["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    params.get("auto_advance")
    return finalize(work, found)


@operation("POST", "/v1/invoices/{invoice}/pay", InvoicePayParams)
def pay_invoice(work: Work, params: Params, invoice: str) -> Json:
    """Charge it now, or note that it was paid elsewhere. Raises ApiError 402 where the charge fails."""
    found = work.get("invoice", invoice)
    if found["status"] == "draft":
        finalize(work, found)
    if found["status"] != "open":
        raise invalid(
            "Invoice is already paid"
            if found["status"] == "paid"
            else f"This invoice can't be paid: it is {found['status']}.",
            code="invoice_not_editable",
        )
    if params.get("paid_out_of_band"):
        _close_payment(work, found)
        mark_paid(work, found, out_of_band=True)
        return found
    params.get("off_session")
    method = _method_for(work, found, params)
    outcome = collect(work, found, method, automatic=False)
    if outcome == "requires_action":
        raise ApiError(
            402,
            "Payment for this invoice requires additional user action before it can be completed successfully. "
            "Payment can be completed using the PaymentIntent associated with the invoice.",
            keep=True,
            type="card_error",
            code="invoice_payment_intent_requires_action",
        )
    if outcome == "declined":
        payment = open_payment(work, found)
        intent = work.find("payment_intent", payment["payment"]["payment_intent"] if payment else None)
        raise declined(decline_code_of(method), public(intent) if intent else None)
    return found


def _method_for(work: Work, invoice: Json, params: Params) -> Json:
    customer = work.get("customer", invoice["customer"])
    if identifier := params.get("payment_method"):
        method = take(work, identifier, "payment_method", clock=customer["test_clock"])
        if method["customer"] not in (None, customer["id"]):
            raise invalid("The payment method belongs to another customer.", "payment_method")
        return method
    found = default_method(work, customer, work.find("subscription", invoice["_subscription"]))
    if found is None:
        raise invalid(
            "Cannot charge a customer that has no active card or payment method.",
            code="missing",
        )
    return found


def _close_payment(work: Work, invoice: Json) -> None:
    if payment := open_payment(work, invoice):
        now = work.now_of(invoice)
        payment |= {"status": "canceled", "status_transitions": {"canceled_at": now, "paid_at": None}}
        intent = work.get("payment_intent", payment["payment"]["payment_intent"])
        intent |= {"status": "canceled", "canceled_at": now, "cancellation_reason": "void_invoice"}


@operation("POST", "/v1/invoices/{invoice}/void", InvoiceVoidInvoiceParams)
def void_invoice(work: Work, params: Params, invoice: str) -> Json:
    """Void an open invoice: nobody is to pay it any more."""
    return write_off(work, work.get("invoice", invoice), "void", "voided_at", "invoice.voided")


@operation("POST", "/v1/invoices/{invoice}/mark_uncollectible", InvoiceMarkUncollectibleParams)
def mark_uncollectible(work: Work, params: Params, invoice: str) -> Json:
    """Write an open invoice off."""
    found = work.get("invoice", invoice)
    return write_off(work, found, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")


def write_off(work: Work, invoice: Json, status: str, moment: str, event: str) -> Json:
    """Close an open invoice without its money. Raises ApiError for one that is not open."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only do this to an open invoice.", code="invoice_not_editable")
    _close_payment(work, invoice)
    invoice |= {
        "status": status,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status_transitions": {**invoice["status_transitions"], moment: work.now_of(invoice)},
    }
    work.emit(event, invoice)
    after_written_off(work, invoice)
    return invoice
