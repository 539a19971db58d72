"""Payment intents, and charging a payment method for one."""

from __future__ import annotations

import secrets
from typing import Literal

from sandbox.core.errors import Json
from sandbox.stripe.errors import declined
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, new_id, public

Outcome = Literal["succeeded", "declined", "requires_action"]


def default_method(work: Work, customer: Json, subscription: Json | None = None) -> Json | None:
    """Find the payment method to charge: the subscription's own, else the customer's default."""
    for identifier in (
        subscription["default_payment_method"] if subscription else None,
        customer["invoice_settings"]["default_payment_method"],
    ):
        if method := work.find("payment_method", identifier):
            return method
    return None


def outcome_of(customer: Json, method: Json) -> Outcome:
    """Predict a charge. `_charges` on the customer is set by the control API."""
    if forced := customer.get("_charges"):
        return "declined" if forced == "fail" else "succeeded"
    behaviour = method["_behaviour"]
    if behaviour == "succeeds" or (behaviour == "authenticates_once" and method.get("_authenticated")):
        return "succeeded"
    return "requires_action" if behaviour.startswith("authenticates") else "declined"


def decline_code_of(method: Json) -> str:
    """Return the bank's reason for declining."""
    return "insufficient_funds" if "insufficient" in method["_behaviour"] else "generic_decline"


def new_intent(work: Work, customer: Json, *, amount: int, currency: str, description: str) -> Json:
    """A payment intent that waits for a payment method."""
    identifier = new_id("pi")
    intent = complete(
        {
            "id": identifier,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "amount_details": {"tip": {}},
            "capture_method": "automatic",
            "confirmation_method": "automatic",
            "client_secret": f"{identifier}_secret_{secrets.token_hex(12)}",
            "created": work.now_of(customer),
            "currency": currency,
            "customer": customer["id"],
            "description": description,
            "livemode": False,
            "metadata": {},
            "payment_method_types": list(work.account.payment_method_types),
            "setup_future_usage": "off_session",
            "status": "requires_payment_method",
            "_clock": customer["test_clock"],
        }
    )
    work.add("payment_intent", intent)
    work.emit("payment_intent.created", intent)
    return intent


def charge(work: Work, intent: Json, method: Json) -> Outcome:
    """Try once to take the money."""
    customer = work.get("customer", intent["customer"])
    outcome = outcome_of(customer, method)
    intent["payment_method"] = method["id"]
    if outcome == "requires_action":
        intent |= {
            "status": "requires_action",
            "last_payment_error": None,
            "next_action": {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_redirect"},
            },
        }
        work.emit("payment_intent.requires_action", intent)
        return outcome
    made = _new_charge(work, intent, method, paid=outcome == "succeeded")
    intent |= {"latest_charge": made["id"], "next_action": None}
    if outcome == "succeeded":
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None}
    else:
        error = declined(decline_code_of(method)).body["error"]
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "last_payment_error": {**error, "charge": made["id"], "payment_method": public(method)},
        }
    work.emit(f"charge.{'succeeded' if outcome == 'succeeded' else 'failed'}", made)
    work.emit(f"payment_intent.{'succeeded' if outcome == 'succeeded' else 'payment_failed'}", intent)
    return outcome


def _new_charge(work: Work, intent: Json, method: Json, *, paid: bool) -> Json:
    identifier = new_id("ch")
    code = None if paid else "card_declined"
    return work.add(
        "charge",
        complete(
            {
                "id": identifier,
                "object": "charge",
                "amount": intent["amount"],
                "amount_captured": intent["amount"] if paid else 0,
                "amount_refunded": 0,
                "billing_details": method["billing_details"],
                "captured": paid,
                "created": work.now(intent["_clock"]),
                "currency": intent["currency"],
                "customer": intent["customer"],
                "description": intent["description"],
                "disputed": False,
                "failure_code": code,
                "failure_message": None if paid else "Your card was declined.",
                "fraud_details": {},
                "livemode": False,
                "metadata": {},
                "paid": paid,
                "payment_intent": intent["id"],
                "payment_method": method["id"],
                "payment_method_details": {"type": method["type"], method["type"]: _details(method)},
                "receipt_url": f"{work.account.base_url}/receipts/{identifier}" if paid else None,
                "refunded": False,
                "status": "succeeded" if paid else "failed",
                "_clock": intent["_clock"],
            }
        ),
    )


def _details(method: Json) -> Json:
    """Return the facts of the payment method that a charge keeps."""
    names = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {name: method["card"][name] for name in names} if method["type"] == "card" else {}
