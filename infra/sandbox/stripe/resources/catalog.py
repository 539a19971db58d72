"""Products and prices with lookup keys."""

from __future__ import annotations

from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductDeleteParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.items import show_current_price
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, fill, merge_metadata, new_id

PRODUCT_FIELDS = (
    "active",
    "description",
    "images",
    "name",
    "shippable",
    "statement_descriptor",
    "unit_label",
    "url",
    "tax_code",
)


@operation("POST", "/v1/products", ProductCreateParams)
def create_product(work: Work, params: Params) -> Json:
    """A product, under an id of the caller's where one is passed."""
    identifier = params.get("id") or new_id("prod", 14)
    if work.find("product", identifier):
        raise invalid(f"Product already exists with id {identifier}.", "id", "resource_already_exists")
    product = complete(
        {
            "id": identifier,
            "object": "product",
            "active": True,
            "created": work.now(),
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": {},
            "type": "service",
            "updated": work.now(),
        }
    )
    _take_product(work, product, params)
    work.add("product", product)
    work.emit("product.created", product)
    if "default_price_data" in params:
        raise unsupported("default_price_data")
    return product


def _take_product(work: Work, product: Json, params: Params) -> None:
    fill(product, {name: params[name] for name in PRODUCT_FIELDS if name in params})
    if "marketing_features" in params:
        product["marketing_features"] = [feature.plain() for feature in params["marketing_features"] or []]
    merge_metadata(product, params.get("metadata"))
    if params.get("default_price"):
        product["default_price"] = work.get("price", params["default_price"], "default_price")["id"]


@operation("GET", "/v1/products/{product}", ProductRetrieveParams)
def retrieve_product(work: Work, params: Params, product: str) -> Json:
    """The product."""
    return work.get("product", product)


@operation("POST", "/v1/products/{product}", ProductUpdateParams)
def update_product(work: Work, params: Params, product: str) -> Json:
    """Change what is named."""
    found = work.get("product", product)
    with work.changing(found, "product.updated"):
        _take_product(work, found, params)
        found["updated"] = work.now()
    return found


@operation("GET", "/v1/products", ProductListParams)
def list_products(work: Work, params: Params) -> Json:
    """Products, by `active` or by ids."""
    rows = work.rows("product", **filters(params, "active", "shippable", "url"))
    if ids := params.get("ids"):
        rows = [row for row in rows if row["id"] in ids]
    return page(rows, params, "/v1/products")


@operation("DELETE", "/v1/products/{product}", ProductDeleteParams)
def delete_product(work: Work, params: Params, product: str) -> Json:
    """Delete a product that has no prices."""
    found = work.get("product", product)
    if work.rows("price", product=product):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.")
    work.session.remove("product", product)
    work.emit("product.deleted", found)
    return {"id": product, "object": "product", "deleted": True}


@operation("POST", "/v1/prices", PriceCreateParams)
def create_price(work: Work, params: Params) -> Json:
    """A price in whole minor units, once or every month or year."""
    if "product_data" in params and "product" not in params:
        product = _product_of(work, params.sub("product_data"))
    else:
        product = work.get("product", params.need("product"), "product")
    if params.get("unit_amount") is None:
        raise invalid("You must specify `unit_amount` (the fake knows no other pricing).", "unit_amount")
    if params["unit_amount"] < 0:
        raise invalid("Invalid non-negative integer", "unit_amount", "parameter_invalid_integer")
    if params.get("billing_scheme", "per_unit") != "per_unit":
        raise unsupported("billing_scheme")
    recurring = _recurring(params.sub("recurring")) if "recurring" in params else None
    price = complete(
        {
            "id": new_id("price"),
            "object": "price",
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "created": work.now(),
            "currency": params["currency"].lower(),
            "livemode": False,
            "metadata": {},
            "nickname": params.get("nickname"),
            "product": product["id"],
            "recurring": recurring,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "type": "recurring" if recurring else "one_time",
            "unit_amount": params["unit_amount"],
            "unit_amount_decimal": str(params["unit_amount"]),
        }
    )
    if len(price["currency"]) != 3:
        raise invalid(f"Invalid currency: {price['currency']}.", "currency")
    merge_metadata(price, params.get("metadata"))
    _take_lookup_key(work, price, params)
    work.add("price", price)
    work.emit("price.created", price)
    return price


def _product_of(work: Work, data: Params) -> Json:
    known = ("active", "id", "metadata", "name", "statement_descriptor", "tax_code", "unit_label")
    return create_product(work, Params({name: data[name] for name in known if name in data}))


def _recurring(params: Params) -> Json:
    if params.get("usage_type", "licensed") != "licensed":
        raise unsupported("recurring[usage_type]")
    return {
        "interval": params["interval"],
        "interval_count": params.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _take_lookup_key(work: Work, price: Json, params: Params) -> None:
    transfer = params.get("transfer_lookup_key", False)
    if "lookup_key" not in params:
        return
    key = params["lookup_key"] or None
    for other in work.rows("price", lookup_key=key) if key else []:
        if other["id"] == price["id"]:
            continue
        if not transfer:
            raise invalid(
                f"A price (`{other['id']}`) already uses that lookup key. You must update that price's lookup key "
                "before reusing it, or pass `transfer_lookup_key=true`.",
                "lookup_key",
                "resource_already_exists",
            )
        with work.changing(other, "price.updated"):
            other["lookup_key"] = None
        show_current_price(work, other)
    price["lookup_key"] = key


@operation("GET", "/v1/prices/{price}", PriceRetrieveParams)
def retrieve_price(work: Work, params: Params, price: str) -> Json:
    """The price."""
    return work.get("price", price)


@operation("POST", "/v1/prices/{price}", PriceUpdateParams)
def update_price(work: Work, params: Params, price: str) -> Json:
    """Change what may be changed: never the amount."""
    found = work.get("price", price)
    with work.changing(found, "price.updated"):
        fill(found, {name: params[name] for name in ("active", "nickname", "tax_behavior") if name in params})
        merge_metadata(found, params.get("metadata"))
        _take_lookup_key(work, found, params)
    show_current_price(work, found)
    return found


@operation("GET", "/v1/prices", PriceListParams)
def list_prices(work: Work, params: Params) -> Json:
    """Prices by lookup keys (at most ten), product, currency, type or `active`."""
    rows = work.rows("price", **filters(params, "active", "currency", "product", "type"))
    if "lookup_keys" in params:
        if len(params["lookup_keys"]) > 10:
            raise invalid("You can pass at most 10 lookup keys.", "lookup_keys")
        rows = [row for row in rows if row["lookup_key"] in params["lookup_keys"]]
    if "recurring" in params:
        wanted = params.sub("recurring").plain()
        rows = [row for row in rows if row["recurring"] and wanted.items() <= row["recurring"].items()]
    return page(rows, params, "/v1/prices")
