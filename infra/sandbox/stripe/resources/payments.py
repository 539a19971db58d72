"""Payment intents and invoice payments, as the API shows them."""

from __future__ import annotations

from stripe.params import (
    InvoicePaymentListParams,
    InvoicePaymentRetrieveParams,
    PaymentIntentConfirmParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import declined, invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.charging import charge, decline_code_of
from sandbox.stripe.resources.collecting import settle
from sandbox.stripe.resources.payment_methods import attach
from sandbox.stripe.work import Work, public


@operation("GET", "/v1/payment_intents/{intent}", PaymentIntentRetrieveParams)
def retrieve_payment_intent(work: Work, params: Params, intent: str) -> Json:
    params.get("client_secret")
    return work.get("payment_intent", intent)


@operation("GET", "/v1/payment_intents", PaymentIntentListParams)
def list_payment_intents(work: Work, params: Params) -> Json:
    """Payment intents, by customer."""
    return page(work.rows("payment_intent", **filters(params, "customer")), params, "/v1/payment_intents")


@operation("POST", "/v1/payment_intents/{intent}/confirm", PaymentIntentConfirmParams)
def confirm_payment_intent(work: Work, params: Params, intent: str) -> Json:
    """Pay an invoice's open payment intent with a payment method, as Stripe's page in the browser does."""
    found = work.get("payment_intent", intent)
    if found["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise invalid(
            f"You cannot confirm this PaymentIntent because it has already {found['status']}.",
            code="payment_intent_unexpected_state",
        )
    params.get("return_url")
    customer = work.get("customer", found["customer"])
    method = attach(work, params.need("payment_method"), customer)
    outcome = charge(work, found, method)
    for payment in work.rows("invoice_payment"):
        if payment["payment"]["payment_intent"] == intent and payment["status"] == "open":
            settle(work, work.get("invoice", payment["invoice"]), payment, outcome)
    if outcome == "declined":
        raise declined(decline_code_of(method), public(found))
    return found


@operation("GET", "/v1/invoice_payments", InvoicePaymentListParams)
def list_invoice_payments(work: Work, params: Params) -> Json:
    """Payments of invoices, by invoice, status, or payment intent."""
    rows = work.rows("invoice_payment", **filters(params, "invoice", "status"))
    if intent := params.sub("payment").get("payment_intent"):
        params.sub("payment").get("type")
        rows = [row for row in rows if row["payment"]["payment_intent"] == intent]
    return page(rows, params, "/v1/invoice_payments")


@operation("GET", "/v1/invoice_payments/{payment}", InvoicePaymentRetrieveParams)
def retrieve_invoice_payment(work: Work, params: Params, payment: str) -> Json:
    return work.get("invoice_payment", payment)
