"""A subscription's items: a price, a quantity, and the current period."""

from __future__ import annotations

from typing import Any

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.parameters import Params
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id, public

PLAN_COPIES = ("active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product")


def plan_of(price: Json) -> Json:
    """The older form of a price, which items still carry."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "meter": None,
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
        **{name: price[name] for name in PLAN_COPIES},
    }


def recurring_price(work: Work, identifier: str, param: str) -> Json:
    """A price to subscribe to. Raises ApiError for one that is unknown, inactive or not recurring."""
    price = work.get("price", identifier, param)
    if not price["active"]:
        raise invalid(f"The price specified is inactive. This field only accepts active prices. ({identifier})", param)
    if price["recurring"] is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            param,
        )
    return price


def new_item(work: Work, params: Params, *, subscription: str, created: int) -> Json:
    """An item by its parameters; the period is set by its subscription."""
    if "price_data" in params:
        raise unsupported(params.name_of("price_data"))
    identifier = params.get("price") or params.get("plan")
    if not identifier:
        raise invalid(
            f"Missing required param: {params.name_of('price')}.", params.name_of("price"), "parameter_missing"
        )
    price = recurring_price(work, identifier, params.name_of("price"))
    item = complete(
        {
            "id": new_id("si", 14),
            "object": "subscription_item",
            "created": created,
            "current_period_end": 0,
            "current_period_start": 0,
            "discounts": [],
            "metadata": {},
            "plan": plan_of(price),
            "price": public(price),
            "quantity": params.get("quantity", 1),
            "subscription": subscription,
            "tax_rates": [],
        }
    )
    item["_name"] = name_of(work, price)
    merge_metadata(item, params.get("metadata"))
    return item


def show_current_price(work: Work, price: Json) -> None:
    """Let the items of subscriptions show a price as it is now."""
    for subscription in work.rows("subscription"):
        for item in subscription["items"]["data"]:
            if item["price"]["id"] == price["id"]:
                item |= {"price": public(price), "plan": plan_of(price)}


def name_of(work: Work, price: Json) -> str:
    """Return the product's name, as it stands on invoices."""
    return str(work.get("product", price["product"])["name"])


def changed_items(work: Work, subscription: Json, wanted: list[Params]) -> list[Json]:
    """The items as they would be: named ones changed or removed, those without an id added."""
    items = {item["id"]: dict(item) for item in subscription["items"]["data"]}
    for params in wanted:
        identifier = params.get("id")
        if identifier is None:
            added = new_item(work, params, subscription=subscription["id"], created=work.now_of(subscription))
            if any(item["price"]["id"] == added["price"]["id"] for item in items.values()):
                raise invalid(
                    "Cannot add multiple subscription items with the same plan: " + added["price"]["id"],
                    params.name_of("price"),
                )
            items[added["id"]] = added
        elif identifier not in items:
            raise invalid(f"No such subscription item: '{identifier}'", params.name_of("id"), "resource_missing")
        elif params.get("deleted"):
            del items[identifier]
        else:
            _change(work, items[identifier], params)
    if not items:
        raise invalid("A subscription must have at least one active plan.", "items")
    return one_interval(list(items.values()))


def _change(work: Work, item: Json, params: Params) -> None:
    if "price_data" in params:
        raise unsupported(params.name_of("price_data"))
    identifier = params.get("price") or params.get("plan")
    if identifier and identifier != item["price"]["id"]:
        price = recurring_price(work, identifier, params.name_of("price"))
        item |= {"price": public(price), "plan": plan_of(price), "_name": name_of(work, price)}
    if "quantity" in params:
        item["quantity"] = params["quantity"]
    item["metadata"] = dict(item["metadata"])
    merge_metadata(item, params.get("metadata"))


def one_interval(items: list[Json]) -> list[Json]:
    """Return the items. Raises ApiError where they differ in currency, or in interval, which the fake does not do."""
    if len({item["price"]["currency"] for item in items}) > 1:
        raise invalid("All prices on a subscription must have the same currency.", "items")
    if len({interval_of(item) for item in items}) > 1:
        raise unsupported("items with different intervals")
    return items


def interval_of(item: Json) -> tuple[str, int]:
    """Interval and how many of them: ("month", 3)."""
    recurring: dict[str, Any] = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def set_period(items: list[Json], start: int, end: int) -> None:
    """Set the current period of all items."""
    for item in items:
        item |= {"current_period_start": start, "current_period_end": end, "billed_until": end}
