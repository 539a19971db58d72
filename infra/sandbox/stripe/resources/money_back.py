"""Money that goes back: refunds, credit notes, disputes, and the charges they are about."""

from __future__ import annotations

from stripe.params import (
    ChargeListParams,
    ChargeRetrieveParams,
    CreditNoteCreateParams,
    CreditNoteListParams,
    DisputeListParams,
    DisputeRetrieveParams,
    RefundCreateParams,
    RefundListParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.periods import DAY
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id

CLOSED = ("lost", "won", "warning_closed")


@operation("GET", "/v1/charges/{charge}", ChargeRetrieveParams)
def retrieve_charge(work: Work, params: Params, charge: str) -> Json:
    return work.get("charge", charge)


@operation("GET", "/v1/charges", ChargeListParams)
def list_charges(work: Work, params: Params) -> Json:
    """Charges, by customer or payment intent."""
    return page(work.rows("charge", **filters(params, "customer", "payment_intent")), params, "/v1/charges")


# --- refunds ---------------------------------------------------------------------------------------------------------


@operation("POST", "/v1/refunds", RefundCreateParams)
def create_refund(work: Work, params: Params) -> Json:
    """Pay a charge back, all that is left of it or an amount."""
    if identifier := params.get("charge"):
        charge = work.get("charge", identifier, "charge")
    else:
        intent = work.get("payment_intent", params.need("payment_intent"), "payment_intent")
        charge = work.get("charge", intent["latest_charge"] or "", "payment_intent")
    params.get("reason")
    made = refund(work, charge, params.get("amount"))
    merge_metadata(made, params.get("metadata"))
    return made


def refund(work: Work, charge: Json, amount: int | None) -> Json:
    """Pay back what is asked, in minor units. Raises ApiError for more than is left, or after a dispute."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise invalid("This charge has been charged back and cannot be refunded.", code="charge_disputed")
    if not left:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    paid_back = left if amount is None else amount
    if not 0 < paid_back <= left:
        raise invalid(f"Refund amount ({paid_back}) is greater than unrefunded amount on charge ({left})", "amount")
    made = complete(
        {
            "id": new_id("re"),
            "object": "refund",
            "amount": paid_back,
            "charge": charge["id"],
            "created": work.now(charge["_clock"]),
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "status": "succeeded",
        }
    )
    work.add("refund", made)
    with work.changing(charge, "charge.updated"):
        charge["amount_refunded"] += paid_back
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    work.emit("charge.refunded", charge)
    work.emit("refund.created", made)
    return made


@operation("GET", "/v1/refunds", RefundListParams)
def list_refunds(work: Work, params: Params) -> Json:
    """Refunds, by charge or payment intent."""
    return page(work.rows("refund", **filters(params, "charge", "payment_intent")), params, "/v1/refunds")


# --- credit notes ----------------------------------------------------------------------------------------------------


@operation("POST", "/v1/credit_notes", CreditNoteCreateParams)
def create_credit_note(work: Work, params: Params) -> Json:
    """Take an amount of a paid invoice back: refunded, credited to the customer's balance, or paid back elsewhere."""
    invoice = work.get("invoice", params.need("invoice"), "invoice")
    if "lines" in params:
        raise unsupported("lines")
    if invoice["status"] != "paid":
        raise unsupported("credit notes of invoices that are not paid")
    amount = params.get("amount") or 0
    parts = {name: params.get(name) or 0 for name in ("refund_amount", "credit_amount", "out_of_band_amount")}
    if not amount or sum(parts.values()) != amount:
        raise invalid(
            "The sum of refund, credit and out-of-band amounts must equal the credit note's amount.", "amount"
        )
    if invoice["post_payment_credit_notes_amount"] + amount > invoice["total"]:
        raise invalid("The credit note is larger than what is left of the invoice.", "amount")
    params.get("reason")
    params.get("memo")
    refunds = _refund_invoice(work, invoice, parts["refund_amount"]) if parts["refund_amount"] else []
    customer = work.get("customer", invoice["customer"])
    if parts["credit_amount"]:
        with work.changing(customer, "customer.updated"):
            customer["balance"] -= parts["credit_amount"]
    note = complete(
        {
            "id": new_id("cn"),
            "object": "credit_note",
            "amount": amount,
            "amount_shipping": 0,
            "created": work.now_of(invoice),
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "discount_amount": 0,
            "discount_amounts": [],
            "invoice": invoice["id"],
            "lines": {"object": "list", "data": [], "has_more": False, "url": ""},
            "livemode": False,
            "metadata": {},
            "number": f"{invoice['number']}-CN-01",
            "out_of_band_amount": parts["out_of_band_amount"] or None,
            "pdf": f"{invoice['invoice_pdf']}/credit",
            "post_payment_amount": amount,
            "pre_payment_amount": 0,
            "pretax_credit_amounts": [],
            "refunds": refunds,
            "status": "issued",
            "subtotal": amount,
            "total": amount,
            "type": "post_payment",
        }
    )
    work.add("credit_note", note)
    invoice["post_payment_credit_notes_amount"] += amount
    work.emit("credit_note.created", note)
    return note


def _refund_invoice(work: Work, invoice: Json, amount: int) -> list[Json]:
    for payment in work.rows("invoice_payment", invoice=invoice["id"], status="paid"):
        intent = work.get("payment_intent", payment["payment"]["payment_intent"])
        made = refund(work, work.get("charge", intent["latest_charge"]), amount)
        return [{"amount_refunded": amount, "payment_record_refund": None, "refund": made["id"], "type": "refund"}]
    raise invalid("There is no payment to refund.", "refund_amount")


@operation("GET", "/v1/credit_notes", CreditNoteListParams)
def list_credit_notes(work: Work, params: Params) -> Json:
    """Credit notes, by customer or invoice."""
    return page(work.rows("credit_note", **filters(params, "customer", "invoice")), params, "/v1/credit_notes")


# --- disputes --------------------------------------------------------------------------------------------------------


def open_dispute(work: Work, charge: Json) -> Json:
    """Let the payer's bank take a charge back for the time being, as the payer asked it to."""
    now = work.now(charge["_clock"])
    dispute = complete(
        {
            "id": new_id("du"),
            "object": "dispute",
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": now + 9 * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "manual",
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": "fraudulent",
            "status": "needs_response",
            "_clock": charge["_clock"],
        }
    )
    work.add("dispute", dispute)
    charge["disputed"] = True
    work.emit("charge.dispute.created", dispute)
    work.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(work: Work, dispute: Json, status: str) -> Json:
    """End it as `lost`, `won` or `warning_closed`."""
    dispute["status"] = status
    if status == "won":
        work.emit("charge.dispute.funds_reinstated", dispute)
    work.emit("charge.dispute.closed", dispute)
    return dispute


@operation("GET", "/v1/disputes/{dispute}", DisputeRetrieveParams)
def retrieve_dispute(work: Work, params: Params, dispute: str) -> Json:
    return work.get("dispute", dispute)


@operation("GET", "/v1/disputes", DisputeListParams)
def list_disputes(work: Work, params: Params) -> Json:
    """Disputes, by charge or payment intent."""
    return page(work.rows("dispute", **filters(params, "charge", "payment_intent")), params, "/v1/disputes")
