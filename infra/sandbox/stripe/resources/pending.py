"""Invoice items: prorations and other amounts that wait for the next invoice."""

from __future__ import annotations

from stripe.params import (
    InvoiceItemCreateParams,
    InvoiceItemDeleteParams,
    InvoiceItemListParams,
    InvoiceItemRetrieveParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id


def keep_for_later(work: Work, customer: Json, line: Json) -> Json:
    """Let a proration wait for the next invoice."""
    details = line["parent"]["subscription_item_details"]
    item = complete(
        {
            "id": new_id("ii"),
            "object": "invoiceitem",
            "amount": line["amount"],
            "currency": line["currency"],
            "customer": customer["id"],
            "date": work.now_of(customer),
            "description": line["description"],
            "discountable": False,
            "discounts": [],
            "livemode": False,
            "metadata": {},
            "net_amount": line["amount"],
            "parent": {
                "type": "subscription_details",
                "subscription_details": {
                    "subscription": details["subscription"],
                    "subscription_item": details["subscription_item"],
                },
            },
            "period": line["period"],
            "pricing": line["pricing"],
            "proration": True,
            "proration_details": {"credited_items": None, "discount_amounts": []},
            "quantity": line["quantity"],
            "quantity_decimal": line["quantity_decimal"],
            "tax_rates": [],
            "test_clock": customer["test_clock"],
            "_subscription": details["subscription"],
            "_line": line,
        }
    )
    work.add("invoiceitem", item)
    work.emit("invoiceitem.created", item)
    return item


def waiting_lines(work: Work, subscription: Json, *, claim_for: str | None = None) -> list[Json]:
    """The lines of what waits for this subscription's next invoice; `claim_for` ties them to that invoice."""
    lines = []
    for item in work.rows("invoiceitem", customer=subscription["customer"], invoice=None):
        if item["_subscription"] in (None, subscription["id"]):
            line = {**item["_line"], "id": new_id("il")}
            for details in line["parent"].values():
                if isinstance(details, dict):
                    line["parent"] = {**line["parent"], line["parent"]["type"]: {**details, "invoice_item": item["id"]}}
            lines.append(line)
            if claim_for:
                item["invoice"] = claim_for
    return lines


@operation("POST", "/v1/invoiceitems", InvoiceItemCreateParams)
def create_invoice_item(work: Work, params: Params) -> Json:
    """An amount (negative for a credit) that goes onto the customer's next invoice."""
    customer = work.get("customer", params.need("customer"), "customer")
    subscription = params.get("subscription")
    if subscription:
        work.get("subscription", subscription, "subscription")
    if params.get("amount") is None:
        raise invalid("You must specify `amount` (the fake knows no other pricing).", "amount")
    now = work.now_of(customer)
    period = {"start": now, "end": now}
    line = _plain_line(params, period, subscription)
    item = complete(
        {
            "id": new_id("ii"),
            "object": "invoiceitem",
            "amount": params["amount"],
            "currency": line["currency"],
            "customer": customer["id"],
            "date": now,
            "description": params.get("description"),
            "discountable": True,
            "discounts": [],
            "livemode": False,
            "metadata": {},
            "net_amount": params["amount"],
            "period": period,
            "proration": False,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
            "test_clock": customer["test_clock"],
            "_subscription": subscription,
            "_line": line,
        }
    )
    merge_metadata(item, params.get("metadata"))
    work.add("invoiceitem", item)
    work.emit("invoiceitem.created", item)
    return item


def _plain_line(params: Params, period: Json, subscription: str | None) -> Json:
    return complete(
        {
            "object": "line_item",
            "id": new_id("il"),
            "amount": params["amount"],
            "currency": params.get("currency", "cny"),
            "description": params.get("description"),
            "discount_amounts": [],
            "discountable": True,
            "discounts": [],
            "livemode": False,
            "metadata": {},
            "parent": {
                "type": "invoice_item_details",
                "subscription_item_details": None,
                "invoice_item_details": {
                    "invoice_item": "",
                    "proration": False,
                    "proration_details": None,
                    "subscription": subscription,
                },
            },
            "period": period,
            "pretax_credit_amounts": [],
            "quantity": 1,
            "quantity_decimal": "1",
            "subscription": subscription,
            "subtotal": params["amount"],
            "taxes": [],
        }
    )


@operation("GET", "/v1/invoiceitems/{item}", InvoiceItemRetrieveParams)
def retrieve_invoice_item(work: Work, params: Params, item: str) -> Json:
    return work.get("invoiceitem", item)


@operation("GET", "/v1/invoiceitems", InvoiceItemListParams)
def list_invoice_items(work: Work, params: Params) -> Json:
    """Invoice items by customer, invoice, or only those that wait."""
    rows = work.rows("invoiceitem", **filters(params, "customer", "invoice"))
    if params.get("pending"):
        rows = [row for row in rows if row["invoice"] is None]
    return page(rows, params, "/v1/invoiceitems")


@operation("DELETE", "/v1/invoiceitems/{item}", InvoiceItemDeleteParams)
def delete_invoice_item(work: Work, params: Params, item: str) -> Json:
    """Delete one that still waits."""
    if work.get("invoiceitem", item)["invoice"]:
        raise invalid("You cannot delete an invoice item that is attached to an invoice.")
    work.session.remove("invoiceitem", item)
    return {"id": item, "object": "invoiceitem", "deleted": True}
