"""Customers."""

from __future__ import annotations

from stripe.params import (
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerRetrieveParams,
    CustomerUpdateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.resources.ending import end_subscription
from sandbox.stripe.resources.payment_methods import attach
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, fill, merge_metadata, new_id

PLAIN = (
    "address",
    "balance",
    "description",
    "email",
    "invoice_prefix",
    "name",
    "next_invoice_sequence",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)


@operation("POST", "/v1/customers", CustomerCreateParams)
def create_customer(work: Work, params: Params) -> Json:
    """A customer, on a test clock where one is named."""
    clock = params.get("test_clock")
    if clock:
        work.get("test_helpers.test_clock", clock, "test_clock")
    customer = complete(
        {
            "id": new_id("cus", 14),
            "object": "customer",
            "balance": 0,
            "created": work.now(clock),
            "delinquent": False,
            "invoice_prefix": new_id("x", 8).upper()[2:],
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": {},
            "next_invoice_sequence": 1,
            "preferred_locales": [],
            "tax_exempt": "none",
            "test_clock": clock,
        }
    )
    _take(work, customer, params)
    work.add("customer", customer)
    work.emit("customer.created", customer)
    if params.get("payment_method"):
        customer["invoice_settings"]["default_payment_method"] = attach(work, params["payment_method"], customer)["id"]
    return customer


def _take(work: Work, customer: Json, params: Params) -> None:
    fill(
        customer,
        {
            name: params[name].plain() if isinstance(params[name], Params) else params[name]
            for name in PLAIN
            if name in params
        },
    )
    email = customer.get("email")
    if email and "@" not in email:
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")
    merge_metadata(customer, params.get("metadata"))
    settings = params.sub("invoice_settings")
    if "default_payment_method" in settings:
        chosen = settings["default_payment_method"] or None
        if chosen and work.get("payment_method", chosen, "default_payment_method")["customer"] != customer["id"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {chosen}. The payment method must be "
                "attached to the customer.",
                "invoice_settings[default_payment_method]",
                "resource_missing",
            )
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": chosen}


@operation("GET", "/v1/customers/{customer}", CustomerRetrieveParams)
def retrieve_customer(work: Work, params: Params, customer: str) -> Json:
    """The customer; a deleted one is only a stub."""
    found = work.get("customer", customer)
    return {"id": found["id"], "object": "customer", "deleted": True} if found.get("deleted") else found


def living_customer(work: Work, identifier: str, param: str = "customer") -> Json:
    """The customer. Raises ApiError for one that was deleted."""
    return work.get("customer", identifier, param)


@operation("POST", "/v1/customers/{customer}", CustomerUpdateParams)
def update_customer(work: Work, params: Params, customer: str) -> Json:
    """Change what is named."""
    found = living_customer(work, customer)
    with work.changing(found, "customer.updated"):
        _take(work, found, params)
    return found


@operation("GET", "/v1/customers", CustomerListParams)
def list_customers(work: Work, params: Params) -> Json:
    """Customers by exact e-mail or test clock; those on a clock only where it is named."""
    wanted = {"test_clock": None, **filters(params, "email", "test_clock")}
    rows = [row for row in work.rows("customer", **wanted) if not row.get("deleted")]
    return page(rows, params, "/v1/customers")


@operation("DELETE", "/v1/customers/{customer}", CustomerDeleteParams)
def delete_customer(work: Work, params: Params, customer: str) -> Json:
    """Delete it, and cancel its subscriptions at once."""
    found = living_customer(work, customer)
    for subscription in work.rows("subscription", customer=customer):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            end_subscription(work, subscription, reason="cancellation_requested")
    found["deleted"] = True
    work.emit("customer.deleted", {name: value for name, value in found.items() if name != "deleted"})
    return {"id": customer, "object": "customer", "deleted": True}
