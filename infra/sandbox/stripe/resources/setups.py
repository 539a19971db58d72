"""Setup intents: keeping a payment method without charging it."""

from __future__ import annotations

from stripe.params import (
    SetupIntentCancelParams,
    SetupIntentConfirmParams,
    SetupIntentCreateParams,
    SetupIntentListParams,
    SetupIntentRetrieveParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.payment_methods import attach
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id


@operation("POST", "/v1/setup_intents", SetupIntentCreateParams)
def create_setup_intent(work: Work, params: Params) -> Json:
    """An intent to keep a customer's payment method, confirmed at once where asked."""
    customer = work.get("customer", params["customer"], "customer") if params.get("customer") else None
    identifier = new_id("seti")
    intent = complete(
        {
            "id": identifier,
            "object": "setup_intent",
            "client_secret": new_id(f"{identifier}_secret"),
            "created": work.now_of(customer or {}),
            "customer": customer and customer["id"],
            "livemode": False,
            "description": params.get("description"),
            "metadata": {},
            "payment_method_types": params.get("allowed_payment_method_types") or ["card"],
            "status": "requires_payment_method",
            "usage": params.get("usage", "off_session"),
            "_clock": customer and customer["test_clock"],
        }
    )
    merge_metadata(intent, params.get("metadata"))
    work.add("setup_intent", intent)
    work.emit("setup_intent.created", intent)
    if params.get("confirm"):
        _confirm(work, intent, params)
    return intent


def _confirm(work: Work, intent: Json, params: Params) -> None:
    customer = work.get("customer", intent["customer"])
    method = attach(work, params.need("payment_method"), customer)
    params.get("return_url")
    asks = method["_behaviour"].startswith("authenticates") and not method.get("_authenticated")
    intent |= {"payment_method": method["id"], "status": "requires_action" if asks else "succeeded"}
    work.emit("setup_intent.requires_action" if asks else "setup_intent.succeeded", intent)


@operation("GET", "/v1/setup_intents/{intent}", SetupIntentRetrieveParams)
def retrieve_setup_intent(work: Work, params: Params, intent: str) -> Json:
    return work.get("setup_intent", intent)


@operation("GET", "/v1/setup_intents", SetupIntentListParams)
def list_setup_intents(work: Work, params: Params) -> Json:
    """Setup intents by customer or payment method."""
    return page(work.rows("setup_intent", **filters(params, "customer", "payment_method")), params, "/v1/setup_intents")


@operation("POST", "/v1/setup_intents/{intent}/confirm", SetupIntentConfirmParams)
def confirm_setup_intent(work: Work, params: Params, intent: str) -> Json:
    """Keep the payment method."""
    found = work.get("setup_intent", intent)
    if found["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise invalid(
            f"You cannot confirm a SetupIntent that is {found['status']}.", code="setup_intent_unexpected_state"
        )
    _confirm(work, found, params)
    return found


@operation("POST", "/v1/setup_intents/{intent}/cancel", SetupIntentCancelParams)
def cancel_setup_intent(work: Work, params: Params, intent: str) -> Json:
    found = work.get("setup_intent", intent)
    if found["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"You cannot cancel a SetupIntent that is {found['status']}.", code="setup_intent_unexpected_state"
        )
    found |= {"status": "canceled", "cancellation_reason": params.get("cancellation_reason")}
    work.emit("setup_intent.canceled", found)
    return found
