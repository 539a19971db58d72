"""Checkout sessions: what is to be paid, and what paying on the page does."""

from __future__ import annotations

from typing import Any

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params, missing_parameter
from sandbox.stripe.periods import DAY
from sandbox.stripe.resources.items import recurring_price
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id, public

SUBSCRIPTION_DATA = (
    "billing_cycle_anchor",
    "description",
    "metadata",
    "proration_behavior",
    "trial_end",
    "trial_period_days",
    "trial_settings",
    "billing_mode",
)
# Checkout takes neither in subscription mode, whatever the account has.
PAID_ONCE = ("alipay", "wechat_pay")
# Countries of businesses that may take them (Stripe's table of payment methods by country).
COUNTRIES = {
    "alipay": (
        "AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IT JP LI LT LU LV MT MY NL NO NZ PT RO SE SG "
        "SI SK US"
    ),
    "wechat_pay": "AT AU BE CA CH DE DK ES FI FR GB HK IE IT JP LU NL NO PT SE SG US",
}
ECHOED = (
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "locale",
    "payment_method_collection",
    "submit_type",
    "success_url",
    "origin_context",
)


@operation("POST", "/v1/checkout/sessions", SessionCreateParams)
def create_session(work: Work, params: Params) -> Json:
    """A page to pay on, for a subscription, a single payment, or to leave a payment method."""
    mode = params.get("mode", "subscription" if "subscription_data" in params else None)
    if mode is None:
        raise missing_parameter("mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported("ui_mode")
    params.need("success_url")
    customer = work.get("customer", params["customer"], "customer") if params.get("customer") else None
    if customer and "customer_email" in params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    clock: str | None = customer["test_clock"] if customer else None
    now = work.now(clock)
    lines = _line_items(work, params, mode)
    total = sum(line["amount_total"] for line in lines)
    trial = params.sub("subscription_data")
    due = 0 if trial.get("trial_end") or trial.get("trial_period_days") else total
    identifier = new_id("cs_test", 58)
    session = complete(
        {
            "id": identifier,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": False},
            "amount_subtotal": due,
            "amount_total": due,
            "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
            "created": now,
            "currency": lines[0]["currency"] if lines else params.get("currency"),
            "custom_fields": [],
            "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
            "customer": customer and customer["id"],
            "expires_at": params.get("expires_at", now + DAY),
            "livemode": False,
            "metadata": {},
            "mode": mode,
            "payment_method_collection": "always",
            "payment_method_types": _types(work, params, mode),
            "payment_status": "unpaid",
            "shipping_options": [],
            "status": "open",
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": f"{work.account.base_url}/pay/{identifier}",
            "_line_items": lines,
            "_subscription_data": _subscription_data(params, mode, now),
            "_clock": clock,
        }
    )
    if not now + 1800 <= session["expires_at"] <= now + DAY:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from now.", "expires_at"
        )
    session |= {name: params[name] for name in ECHOED if name in params}
    merge_metadata(session, params.get("metadata"))
    _take_customer_settings(session, params, mode)
    return work.add("checkout.session", session)


def _take_customer_settings(session: Json, params: Params, mode: str) -> None:
    if "customer_creation" in params and mode == "subscription":
        raise invalid("`customer_creation` can only be used in `payment` and `setup` mode.", "customer_creation")
    for name in ("customer_update", "saved_payment_method_options", "tax_id_collection", "phone_number_collection"):
        if name in params:
            session[name] = params.sub(name).plain() if name != "customer_update" else None
            params.sub(name).plain()
    for name in ("automatic_tax", "adaptive_pricing"):
        if params.sub(name).get("enabled"):
            raise unsupported(name)


def _types(work: Work, params: Params, mode: str) -> list[str]:
    """Filter the account's payment methods by its country, and by whether they can be charged again later."""
    country = work.account.country
    has = [name for name in work.account.payment_method_types if country in COUNTRIES.get(name, country)]
    possible = [name for name in has if mode == "payment" or name not in PAID_ONCE]
    wished = params.get("allowed_payment_method_types") or possible
    unwished = params.get("excluded_payment_method_types") or []
    chosen = [name for name in possible if name in wished and name not in unwished]
    if not chosen:
        raise invalid("No valid payment method types for this Checkout Session.", "allowed_payment_method_types")
    return chosen


def _subscription_data(params: Params, mode: str, now: int) -> Json:
    data = params.sub("subscription_data")
    trial_end = data.get("trial_end")
    if trial_end is not None and not now + 2 * DAY <= trial_end <= now + 730 * DAY:
        raise invalid(
            "The `trial_end` date has to be at least 2 days, and at most two years, in the future.",
            "subscription_data[trial_end]",
        )
    if "subscription_data" in params and mode != "subscription":
        raise invalid("You can not pass `subscription_data` in `payment` or `setup` mode.", "subscription_data")
    taken = {name: data[name] for name in SUBSCRIPTION_DATA if name in data}
    return Params(taken).plain()


def _line_items(work: Work, params: Params, mode: str) -> list[Json]:
    if mode == "setup":
        return []
    wanted: list[Params] = params.need("line_items")
    lines = [_line_item(work, line) for line in wanted]
    recurring = [line for line in lines if line["price"]["recurring"]]
    if mode == "subscription" and not recurring:
        raise invalid(
            "You must provide at least one recurring price in `subscription` mode when using prices.", "line_items"
        )
    if mode == "payment" and recurring:
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices."
        )
    if len(recurring) not in (0, len(lines)):
        raise unsupported("one-time prices in subscription mode")
    return lines


def _line_item(work: Work, params: Params) -> Json:
    if "price_data" in params:
        raise unsupported(params.name_of("price_data"))
    param = params.name_of("price")
    price = work.get("price", params.need("price"), param)
    if price["recurring"]:
        recurring_price(work, price["id"], param)
    quantity = params.get("quantity", 1)
    amount = price["unit_amount"] * quantity
    name = work.get("product", price["product"])["name"]
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": name,
        "metadata": {},
        "price": public(price),
        "quantity": quantity,
    }


@operation("GET", "/v1/checkout/sessions/{session}", SessionRetrieveParams)
def retrieve_session(work: Work, params: Params, session: str) -> Json:
    return work.get("checkout.session", session)


@operation("GET", "/v1/checkout/sessions", SessionListParams)
def list_sessions(work: Work, params: Params) -> Json:
    """Sessions by customer, status, subscription or payment intent."""
    wanted = filters(params, "customer", "status", "subscription", "payment_intent")
    return page(work.rows("checkout.session", **wanted), params, "/v1/checkout/sessions")


@operation("GET", "/v1/checkout/sessions/{session}/line_items", SessionLineItemListParams)
def list_line_items(work: Work, params: Params, session: str) -> Json:
    """List the items of a session."""
    rows = work.get("checkout.session", session)["_line_items"]
    return page(list(reversed(rows)), params, f"/v1/checkout/sessions/{session}/line_items")


@operation("POST", "/v1/checkout/sessions/{session}/expire", SessionExpireParams)
def expire_session(work: Work, params: Params, session: str) -> Json:
    found = work.get("checkout.session", session)
    if found["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of {found['status']}."
        )
    return close_session(work, found)


def close_session(work: Work, session: Json) -> Json:
    """Expire a session, which can no longer be paid then."""
    session |= {"status": "expired", "url": None}
    work.emit("checkout.session.expired", session)
    return session


def needs_method(session: Json) -> bool:
    """Tell whether the page asks for a payment method."""
    return bool(session["amount_total"]) or session["payment_method_collection"] == "always"


def session_parameters(session: Json, customer: Json, method: Json | None) -> Json:
    """Return the parameters that the page passes on to the creation of the subscription."""
    items = [Params({"price": line["price"]["id"], "quantity": line["quantity"]}) for line in session["_line_items"]]
    values: Json = {**session["_subscription_data"], "customer": customer["id"], "items": items}
    if isinstance(values.get("trial_settings"), dict):
        ends: Any = values["trial_settings"]["end_behavior"]
        values["trial_settings"] = Params({"end_behavior": Params(ends)})
    if isinstance(values.get("billing_mode"), dict):
        values["billing_mode"] = Params(values["billing_mode"])
    if method is not None:
        values["default_payment_method"] = method["id"]
    return values
