"""Render objects for the answer: without private notes, with `expand[]` followed."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError
from sandbox.stripe.shapes import list_of
from sandbox.stripe.work import Work, public

KINDS = {
    "ch": "charge",
    "di": "discount",
    "clock": "test_helpers.test_clock",
    "cs": "checkout.session",
    "cus": "customer",
    "in": "invoice",
    "inpay": "invoice_payment",
    "bpc": "billing_portal.configuration",
    "pi": "payment_intent",
    "pm": "payment_method",
    "price": "price",
    "prod": "product",
    "seti": "setup_intent",
    "sub": "subscription",
    "sub_sched": "subscription_schedule",
}
INCLUDABLE = {
    ("invoice", "payments"),
    ("invoice", "confirmation_secret"),
    ("customer", "subscriptions"),
    ("checkout.session", "line_items"),
}


def render(work: Work, thing: Json, expand: list[str]) -> Json:
    """The answer. Raises ApiError for a property that cannot be expanded."""
    answer = public(thing)
    for path in expand:
        parts = path.split(".")
        if len(parts) > 4:
            raise ApiError(400, f"You cannot expand more than 4 levels of a property ({path}).", param="expand")
        _expand(work, answer, parts, path)
    return answer


def _expand(work: Work, node: Json, parts: list[str], path: str) -> None:
    name = parts[0]
    rest = parts[1:]
    if name not in node and (node.get("object"), name) in INCLUDABLE:
        node[name] = _include(work, node, name)
    if name not in node:
        raise ApiError(400, f"This property cannot be expanded ({path}).", param="expand[0]")
    value = node[name]
    if isinstance(value, str):
        node[name] = value = _object(work, value, name, path)
    elif not rest and not isinstance(value, dict | list | None):
        raise ApiError(400, f"This property cannot be expanded ({path}).", param="expand[0]")
    if rest:
        for below in value if isinstance(value, list) else [value]:
            if isinstance(below, dict):
                _expand(work, below, rest, path)


def _object(work: Work, identifier: str, name: str, path: str) -> Json:
    # A product's id may be the caller's own, so the field tells what it is.
    kind = "product" if name == "product" else KINDS.get(identifier.rpartition("_")[0].removesuffix("_test"))
    found = work.find(kind, identifier) if kind else None
    if found is None:
        raise ApiError(400, f"This property cannot be expanded ({path}).", param="expand[0]")
    return public(found)


def _include(work: Work, node: Json, name: str) -> Json | None:
    if name == "subscriptions":
        alive = [row for row in work.rows("subscription", customer=node["id"]) if row["status"] != "canceled"]
        return list_of([public(row) for row in reversed(alive)], f"/v1/customers/{node['id']}/subscriptions")
    if name == "line_items":
        stored = work.get("checkout.session", node["id"])["_line_items"]
        return list_of([public(row) for row in stored], f"/v1/checkout/sessions/{node['id']}/line_items")
    payments = work.rows("invoice_payment", invoice=node["id"])
    if name == "payments":
        return list_of([public(row) for row in payments], "/v1/invoice_payments")
    intent = work.find("payment_intent", payments[-1]["payment"]["payment_intent"]) if payments else None
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent else None
