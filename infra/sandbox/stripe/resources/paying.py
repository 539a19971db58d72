"""Complete a Checkout Session: charge, subscribe, save the payment method."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.errors import declined
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.charging import charge, decline_code_of, new_intent, outcome_of
from sandbox.stripe.resources.checkout import session_parameters
from sandbox.stripe.resources.customers import create_customer
from sandbox.stripe.resources.payment_methods import attach
from sandbox.stripe.resources.subscriptions import create_subscription
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, new_id


class ActionNeededError(Exception):
    """The bank wants the customer to confirm first."""


def pay(work: Work, session: Json, method: Json | None, *, email: str = "", confirmed: bool = False) -> None:
    """Complete the session. Raises ApiError 402 for a declined card, ActionNeededError before a confirmation."""
    customer = _customer(work, session, email)
    if method is not None:
        attach(work, method["id"], customer)
        if confirmed:
            method["_authenticated"] = True
        _refuse_now(session, customer, method, confirmed=confirmed)
    forced = method is not None and confirmed and method["_behaviour"] == "authenticates_always"
    if forced and method is not None:
        method["_behaviour"] = "succeeds"  # this one charge was confirmed
    if session["mode"] == "subscription":
        _subscribe(work, session, customer, method)
    elif session["mode"] == "payment" and method is not None:
        _pay_once(work, session, customer, method)
    elif method is not None:
        _set_up(work, session, customer, method)
    if forced and method is not None:
        method["_behaviour"] = "authenticates_always"
    _complete(work, session, customer)


def _customer(work: Work, session: Json, email: str) -> Json:
    if session["customer"]:
        return work.get("customer", session["customer"])
    return create_customer(work, Params({"email": session["customer_email"] or email or "payer@example.com"}))


def _refuse_now(session: Json, customer: Json, method: Json, *, confirmed: bool) -> None:
    if method["_behaviour"].startswith("authenticates") and not confirmed and not method.get("_authenticated"):
        raise ActionNeededError
    if session["amount_total"] and outcome_of(customer, method) == "declined":
        raise declined(decline_code_of(method), keep=False)


def _subscribe(work: Work, session: Json, customer: Json, method: Json | None) -> None:
    made = create_subscription(work, Params(session_parameters(session, customer, method)))
    session |= {"subscription": made["id"], "invoice": made["latest_invoice"]}


def _pay_once(work: Work, session: Json, customer: Json, method: Json) -> None:
    intent = new_intent(
        work, customer, amount=session["amount_total"], currency=session["currency"], description="Checkout"
    )
    charge(work, intent, method)
    session["payment_intent"] = intent["id"]


def _set_up(work: Work, session: Json, customer: Json, method: Json) -> None:
    identifier = new_id("seti")
    intent = complete(
        {
            "id": identifier,
            "object": "setup_intent",
            "client_secret": new_id(f"{identifier}_secret"),
            "created": work.now_of(customer),
            "customer": customer["id"],
            "livemode": False,
            "metadata": {},
            "payment_method": method["id"],
            "payment_method_types": [method["type"]],
            "status": "succeeded",
            "usage": "off_session",
            "_clock": customer["test_clock"],
        }
    )
    session["setup_intent"] = work.add("setup_intent", intent)["id"]
    work.emit("setup_intent.succeeded", intent)


def _complete(work: Work, session: Json, customer: Json) -> None:
    session |= {
        "status": "complete",
        "url": None,
        "customer": customer["id"],
        "payment_status": "paid" if session["amount_total"] else "no_payment_required",
        "customer_details": {
            "address": customer["address"],
            "business_name": None,
            "email": customer["email"],
            "individual_name": None,
            "name": customer["name"],
            "phone": customer["phone"],
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    work.emit("checkout.session.completed", session)
