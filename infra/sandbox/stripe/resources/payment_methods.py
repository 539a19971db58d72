"""Payment methods: Stripe's test cards, Alipay and WeChat Pay, and how each of them behaves."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    CustomerPaymentMethodListParams,
    PaymentMethodAttachParams,
    PaymentMethodCreateParams,
    PaymentMethodDetachParams,
    PaymentMethodListParams,
    PaymentMethodRetrieveParams,
    PaymentMethodUpdateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import declined, invalid, unsupported
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id

# Stripe's test cards: number, ready-made id, brand, and what happens.
#   succeeds              always
#   declines              already when it is attached, and at each charge
#   attaches_then_fails   attaching works, each charge is declined
#   authenticates_once    needs the customer's confirmation, then works without
#   authenticates_always  needs the customer's confirmation at each charge
CARDS: tuple[tuple[str, str, str, str], ...] = (
    ("4242424242424242", "pm_card_visa", "visa", "succeeds"),
    ("5555555555554444", "pm_card_mastercard", "mastercard", "succeeds"),
    ("6200000000000005", "pm_card_unionpay", "unionpay", "succeeds"),
    ("4000000000000002", "pm_card_chargeDeclined", "visa", "declines"),
    ("4000000000009995", "pm_card_chargeDeclinedInsufficientFunds", "visa", "declines_insufficient_funds"),
    ("4000000000000341", "pm_card_chargeCustomerFail", "visa", "attaches_then_fails"),
    ("4000002500003155", "pm_card_authenticationRequiredOnSetup", "visa", "authenticates_once"),
    ("4000002760003184", "pm_card_authenticationRequired", "visa", "authenticates_always"),
)
BY_NUMBER = {number: (brand, behaviour) for number, _, brand, behaviour in CARDS}
BY_NAME = {name: number for number, name, _, _ in CARDS}
WALLETS = {"pm_alipay": "alipay", "pm_wechat_pay": "wechat_pay"}  # the fake's own short names
UNKNOWN_CARD = ("visa", "declines")


def new_card(work: Work, number: str, *, clock: str | None = None, month: int = 8, year: int = 2034) -> Json:
    """A card by its number; a number that is none of the test cards is declined."""
    brand, behaviour = BY_NUMBER.get(number, UNKNOWN_CARD)
    return _new(
        work,
        "card",
        behaviour,
        clock,
        card={
            "brand": brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": f"fp{number[-12:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": [brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
    )


def new_wallet(work: Work, kind: str, *, clock: str | None = None, fails: bool = False) -> Json:
    """An Alipay or WeChat Pay account that the payer has confirmed."""
    return _new(work, kind, "attaches_then_fails" if fails else "succeeds", clock, **{kind: {}})


def _new(work: Work, kind: str, behaviour: str, clock: str | None, **details: Any) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return work.add(
        "payment_method",
        complete(
            {
                "id": new_id("pm"),
                "object": "payment_method",
                "allow_redisplay": "unspecified",
                "billing_details": {"address": address, "email": None, "name": None, "phone": None, "tax_id": None},
                "created": work.now(clock),
                "customer": None,
                "customer_account": None,
                "livemode": False,
                "metadata": {},
                "type": kind,
                "_behaviour": behaviour,
                **details,
            }
        ),
    )


def take(work: Work, identifier: str, param: str, *, clock: str | None = None) -> Json:
    """A payment method by id, where one of Stripe's ready-made ids makes a new one."""
    if identifier in BY_NAME:
        return new_card(work, BY_NAME[identifier], clock=clock)
    if identifier in WALLETS:
        return new_wallet(work, WALLETS[identifier], clock=clock)
    return work.get("payment_method", identifier, param)


def attach(work: Work, identifier: str, customer: Json) -> Json:
    """Attach it to the customer. Raises ApiError 402 for a card that is declined at once."""
    method = take(work, identifier, "payment_method", clock=customer["test_clock"])
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] or method.get("_detached"):
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
            if method.get("_detached")
            else "The payment method you provided has already been attached to a customer.",
            "payment_method",
            "payment_method_unactivated" if method.get("_detached") else None,
        )
    if method["_behaviour"].startswith("declines"):
        raise declined(
            "insufficient_funds" if "insufficient" in method["_behaviour"] else "generic_decline", keep=False
        )
    method |= {"customer": customer["id"], "_clock": customer["test_clock"]}
    work.emit("payment_method.attached", method)
    return method


@operation("POST", "/v1/payment_methods", PaymentMethodCreateParams)
def create_payment_method(work: Work, params: Params) -> Json:
    """A card by number or token, or a wallet."""
    kind = params.need("type")
    if kind in ("alipay", "wechat_pay"):
        params.sub(kind)
        method = new_wallet(work, kind)
    elif kind == "card":
        card = params.sub("card")
        if card.get("token"):
            number = BY_NAME.get(card["token"].replace("tok_", "pm_card_"), "")
            method = new_card(work, number)
        else:
            number = card.need("number")
            card.get("cvc")
            method = new_card(work, number, month=card.need("exp_month"), year=card.need("exp_year"))
    else:
        raise unsupported(f"type={kind}")
    if "billing_details" in params:
        method["billing_details"] |= params.sub("billing_details").plain()
    merge_metadata(method, params.get("metadata"))
    return method


@operation("GET", "/v1/payment_methods/{payment_method}", PaymentMethodRetrieveParams)
def retrieve_payment_method(work: Work, params: Params, payment_method: str) -> Json:
    return take(work, payment_method, "payment_method")


@operation("POST", "/v1/payment_methods/{payment_method}", PaymentMethodUpdateParams)
def update_payment_method(work: Work, params: Params, payment_method: str) -> Json:
    """Change its metadata, the payer's details, or a card's expiry."""
    method = work.get("payment_method", payment_method)
    with work.changing(method, "payment_method.updated"):
        merge_metadata(method, params.get("metadata"))
        if "billing_details" in params:
            method["billing_details"] |= params.sub("billing_details").plain()
        if "card" in params:
            method["card"] |= params.sub("card").plain()
        if "allow_redisplay" in params:
            method["allow_redisplay"] = params["allow_redisplay"]
    return method


@operation("POST", "/v1/payment_methods/{payment_method}/attach", PaymentMethodAttachParams)
def attach_payment_method(work: Work, params: Params, payment_method: str) -> Json:
    return attach(work, payment_method, work.get("customer", params.need("customer"), "customer"))


@operation("POST", "/v1/payment_methods/{payment_method}/detach", PaymentMethodDetachParams)
def detach_payment_method(work: Work, params: Params, payment_method: str) -> Json:
    """Take it from its customer, for ever; it stops being anybody's default."""
    method = work.get("payment_method", payment_method)
    if not method["customer"]:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = work.get("customer", method["customer"])
    with work.changing(customer, "customer.updated"):
        if customer["invoice_settings"]["default_payment_method"] == payment_method:
            customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": None}
    for subscription in work.rows("subscription", customer=customer["id"]):
        with work.changing(subscription, "customer.subscription.updated"):
            if subscription["default_payment_method"] == payment_method:
                subscription["default_payment_method"] = None
    method |= {"customer": None, "_detached": True}
    work.emit("payment_method.detached", method, {"customer": customer["id"]})
    return method


@operation("GET", "/v1/payment_methods", PaymentMethodListParams)
def list_payment_methods(work: Work, params: Params) -> Json:
    """A customer's payment methods, by type."""
    work.get("customer", params.need("customer"), "customer")
    return page(work.rows("payment_method", **filters(params, "customer", "type")), params, "/v1/payment_methods")


@operation("GET", "/v1/customers/{customer}/payment_methods", CustomerPaymentMethodListParams)
def list_customer_payment_methods(work: Work, params: Params, customer: str) -> Json:
    """A customer's payment methods, by type."""
    work.get("customer", customer)
    rows = work.rows("payment_method", customer=customer, **filters(params, "type"))
    return page(rows, params, f"/v1/customers/{customer}/payment_methods")
