"""Making invoices: lines, totals, the customer's balance, finalising."""

from __future__ import annotations

from sandbox.core.errors import Json
from sandbox.stripe.resources.charging import new_intent
from sandbox.stripe.resources.discounts import take_off
from sandbox.stripe.resources.status import after_paid
from sandbox.stripe.shapes import complete, list_of
from sandbox.stripe.work import Work, new_id


def amount_of(price: Json, quantity: int) -> int:
    """Minor units for a whole period."""
    return int(price["unit_amount"]) * quantity


def new_line(item: Json, *, amount: int, start: int, end: int, text: str, proration: bool = False) -> Json:
    """One line for a subscription's item; `amount` in minor units, negative for a credit."""
    price = item["price"]
    return complete(
        {
            "id": new_id("il"),
            "object": "line_item",
            "amount": amount,
            "currency": price["currency"],
            "description": text,
            "discount_amounts": [],
            "discountable": not proration,
            "discounts": [],
            "livemode": False,
            "metadata": dict(item["metadata"]),
            "parent": {
                "invoice_item_details": None,
                "subscription_item_details": {
                    "invoice_item": None,
                    "proration": proration,
                    "proration_details": {"credited_items": None},
                    "subscription": item["subscription"],
                    "subscription_item": item["id"],
                },
                "type": "subscription_item_details",
            },
            "period": {"start": start, "end": end},
            "pretax_credit_amounts": [],
            "pricing": {
                "price_details": {"price": price["id"], "product": price["product"]},
                "type": "price_details",
                "unit_amount_decimal": price["unit_amount_decimal"],
            },
            "quantity": item["quantity"],
            "quantity_decimal": str(item["quantity"]),
            "subscription": item["subscription"],
            "subtotal": amount,
            "taxes": [],
        }
    )


def new_invoice(
    work: Work, customer: Json, lines: list[Json], *, reason: str, subscription: Json | None, period: tuple[int, int]
) -> Json:
    """A draft that is not kept yet: `keep_invoice` does that, a preview leaves it."""
    identifier = new_id("in")
    currency = lines[0]["currency"] if lines else (subscription or {}).get("currency", "cny")
    collection = (subscription or {}).get("collection_method", "charge_automatically")
    subtotal = sum(line["amount"] for line in lines)
    discount = take_off(work, subscription, lines)
    total = subtotal - discount
    now = work.now_of(customer)
    invoice = complete(
        {
            "id": identifier,
            "object": "invoice",
            "account_country": work.account.country,
            "account_name": work.account.name,
            "amount_due": 0,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": 0,
            "amount_shipping": 0,
            "attempt_count": 0,
            "attempted": False,
            "auto_advance": True,
            "automatic_tax": {
                "disabled_reason": None,
                "enabled": False,
                "liability": None,
                "provider": None,
                "status": None,
            },
            "billing_reason": reason,
            "collection_method": collection,
            "created": now,
            "currency": currency,
            "customer": customer["id"],
            "customer_address": customer["address"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "customer_phone": customer["phone"],
            "customer_tax_exempt": customer["tax_exempt"],
            "customer_tax_ids": [],
            "default_tax_rates": [],
            "discounts": list((subscription or {}).get("discounts") or []),
            "issuer": {"account": None, "type": "self"},
            "lines": list_of([line | {"invoice": identifier} for line in lines], f"/v1/invoices/{identifier}/lines"),
            "livemode": False,
            "metadata": {},
            "parent": _parent(subscription),
            "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
            "period_end": period[1],
            "period_start": period[0],
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": customer["balance"],
            "status": "draft",
            "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
            "subtotal": subtotal,
            "subtotal_excluding_tax": subtotal,
            "test_clock": customer["test_clock"],
            "total": total,
            "total_discount_amounts": [part for line in lines for part in line["discount_amounts"]],
            "total_excluding_tax": total,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": None,
            "_subscription": subscription and subscription["id"],
        }
    )
    _set_due(invoice, customer)
    return invoice


def _parent(subscription: Json | None) -> Json | None:
    if subscription is None:
        return None
    details = {
        "metadata": dict(subscription["metadata"]),
        "subscription": subscription["id"],
        "subscription_proration_date": None,
    }
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _set_due(invoice: Json, customer: Json) -> int:
    """Set the amount due after the customer's balance; returns the balance that is left."""
    balance = customer["balance"]
    total = invoice["total"]
    invoice["starting_balance"] = balance
    due = max(0, total + balance)
    invoice["amount_due"] = invoice["amount_remaining"] = due
    return int(balance + total - due)


def keep_invoice(work: Work, invoice: Json, *, draft_until: int | None = None) -> Json:
    """Keep the draft; it becomes its subscription's latest invoice."""
    if draft_until is not None:
        invoice["automatically_finalizes_at"] = draft_until
    work.add("invoice", invoice)
    subscription = work.find("subscription", invoice["_subscription"])
    if subscription is not None:
        subscription["latest_invoice"] = invoice["id"]
    work.emit("invoice.created", invoice)
    return invoice


def finalize(work: Work, invoice: Json) -> Json:
    """Give it a number and fix what is due; where nothing is due it is paid."""
    customer = work.get("customer", invoice["customer"])
    now = work.now_of(invoice)
    left = _set_due(invoice, customer)
    with work.changing(customer, "customer.updated"):
        customer["balance"] = left
        number = customer["next_invoice_sequence"]
        customer["next_invoice_sequence"] = number + 1
        customer["currency"] = customer["currency"] or invoice["currency"]
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{number:04d}",
        "ending_balance": left,
        "effective_at": now,
        "automatically_finalizes_at": None,
        "period_end": invoice["period_end"],
        "status_transitions": {**invoice["status_transitions"], "finalized_at": now},
    }
    renew_addresses(work, invoice)
    if invoice["collection_method"] == "send_invoice":
        subscription = work.find("subscription", invoice["_subscription"]) or {}
        invoice["due_date"] = now + (subscription.get("days_until_due") or 30) * 86_400
    if invoice["amount_due"]:
        _new_payment(work, invoice, customer)
    work.emit("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        mark_paid(work, invoice)
    return invoice


def renew_addresses(work: Work, invoice: Json) -> Json:
    """Give the invoice the addresses of its page and PDF as they are told now: they hold for a time."""
    if invoice["status"] != "draft":
        base = f"{work.account.base_url}/i/{invoice['id']}/{work.now_of(invoice):x}"
        invoice |= {"hosted_invoice_url": base, "invoice_pdf": f"{base}/pdf"}
    return invoice


def address_holds(work: Work, invoice: Json, told_at: int) -> bool:
    """Tell whether an address still leads anywhere: 30 days after finalising, and 10 days after it was told."""
    finalized_at = invoice["status_transitions"]["finalized_at"] or told_at
    return work.now_of(invoice) < max(finalized_at + 30 * 86_400, told_at + 10 * 86_400)


def _new_payment(work: Work, invoice: Json, customer: Json) -> None:
    text = {"subscription_create": "Subscription creation", "subscription_update": "Subscription update"}.get(
        invoice["billing_reason"], f"Payment for Invoice {invoice['number']}"
    )
    intent = new_intent(work, customer, amount=invoice["amount_due"], currency=invoice["currency"], description=text)
    work.add(
        "invoice_payment",
        complete(
            {
                "id": new_id("inpay"),
                "object": "invoice_payment",
                "amount_paid": None,
                "amount_requested": invoice["amount_due"],
                "created": work.now_of(invoice),
                "currency": invoice["currency"],
                "invoice": invoice["id"],
                "is_default": True,
                "livemode": False,
                "payment": {
                    "type": "payment_intent",
                    "payment_intent": intent["id"],
                    "charge": None,
                    "payment_record": None,
                },
                "status": "open",
                "status_transitions": {"canceled_at": None, "paid_at": None},
            }
        ),
    )


def open_payment(work: Work, invoice: Json) -> Json | None:
    """The payment that the invoice waits for."""
    return next((row for row in work.rows("invoice_payment", invoice=invoice["id"]) if row["status"] == "open"), None)


def mark_paid(work: Work, invoice: Json, *, out_of_band: bool = False) -> None:
    """Mark the invoice paid, and let its subscription follow."""
    now = work.now_of(invoice)
    paid = invoice["amount_due"]
    invoice |= {
        "status": "paid",
        "attempted": True,
        "amount_paid": 0 if out_of_band else paid,
        "amount_remaining": 0,
        "next_payment_attempt": None,
        "auto_advance": False,
        "status_transitions": {**invoice["status_transitions"], "paid_at": now},
    }
    if out_of_band:
        invoice["amount_paid_off_stripe"] = paid
    work.emit("invoice.paid", invoice)
    work.emit("invoice.payment_succeeded", invoice)
    after_paid(work, invoice)


def latest(work: Work, subscription: Json) -> Json | None:
    return work.find("invoice", subscription["latest_invoice"])
