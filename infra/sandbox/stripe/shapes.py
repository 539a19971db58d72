"""Complete objects: each field that a response always carries, by the SDK's class, null where nothing is set."""

from __future__ import annotations

import functools
import typing

import stripe
import stripe.checkout
import stripe.test_helpers
from stripe import billing_portal

from sandbox.core.errors import Json

CLASSES: dict[str, type] = {
    "billing_portal.configuration": billing_portal.Configuration,
    "billing_portal.session": billing_portal.Session,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "credit_note": stripe.CreditNote,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "subscription_schedule": stripe.SubscriptionSchedule,
    "test_helpers.test_clock": stripe.test_helpers.TestClock,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
# Fields that a response carries only when they are asked for by `expand`, or in a certain case.
ABSENT: dict[str, frozenset[str]] = {
    "customer": frozenset(
        {
            "deleted",
            "sources",
            "subscriptions",
            "tax",
            "tax_ids",
            "cash_balance",
            "invoice_credit_balance",
            "customer_account",
            "individual_name",
            "business_name",
        }
    ),
    "invoice": frozenset({"deleted", "payments", "confirmation_secret", "amount_paid_off_stripe", "status_details"}),
    "price": frozenset({"deleted", "currency_options", "tiers"}),
    "product": frozenset({"deleted"}),
    "checkout.session": frozenset({"line_items"}),
    "webhook_endpoint": frozenset({"deleted", "secret"}),
    "event": frozenset({"account", "context"}),
    "subscription_item": frozenset({"deleted", "current_trial"}),
    "invoiceitem": frozenset({"deleted"}),
    "line_item": frozenset({"proration"}),
    "subscription": frozenset({"presentment_details", "status_details", "managed_payments"}),
    "charge": frozenset({"refunds", "level3", "authorization_code", "presentment_details"}),
    "test_helpers.test_clock": frozenset({"deleted"}),
}
ONLY_OWN_TYPE = ("payment_method",)  # carries no null for the types it is not of


@functools.cache
def optional_fields(kind: str) -> frozenset[str]:
    """The fields that may be null and are always there."""
    hints = CLASSES[kind].__annotations__
    optional = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
    return frozenset(optional - ABSENT.get(kind, frozenset()))


def complete(thing: Json) -> Json:
    """The object with null in each field it does not set."""
    kind = thing["object"]
    if kind in ONLY_OWN_TYPE:
        return thing
    return {**thing, **{name: None for name in optional_fields(kind) if name not in thing}}


def list_of(rows: list[Json], url: str) -> Json:
    """A list that stands inside an object."""
    return {"object": "list", "data": rows, "has_more": False, "total_count": len(rows), "url": url}
