"""Every object has the fields of the SDK's class, and no others, at every depth."""

from __future__ import annotations

import typing
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from sandbox.stripe.shapes import ABSENT, CLASSES
from tests.factories.stripe_backends import StripeBackend, client_of

# What Stripe sends and its SDK's classes do not name.
UNNAMED = {"customer.invoice_settings": {"rendering_options"}, "list": {"total_count"}}


def _portal(v1: Any, customer: str, configuration: str) -> Any:
    return v1.billing_portal.sessions.create({"customer": customer, "configuration": configuration})


@pytest.fixture
def everything(fake_stripe: FakeStripe) -> dict[str, Any]:
    """One object of each kind, as the API answers it."""
    client = client_of(fake_stripe)
    v1: Any = client.v1
    backend = StripeBackend("fake", client, v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000}).id, {})
    customer = backend.customer()
    price = backend.price(360_000)
    method = v1.payment_methods.list({"customer": customer}).data[0]
    made = v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "expand": ["latest_invoice.payments"]}
    )
    invoice = made.latest_invoice
    payment = invoice.payments.data[0]
    intent = v1.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})
    standard = backend.price(880_000, name="Standard")
    v1.subscriptions.update(made.id, {"items": [{"id": made["items"].data[0].id, "price": standard}]})
    session: Any = {"mode": "subscription", "success_url": "http://localhost/", "line_items": [{"price": price}]}
    configuration = v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    note = v1.credit_notes.create({"invoice": invoice.id, "amount": 100, "credit_amount": 100})
    dispute = v1.disputes.retrieve(fake_stripe.dispute(invoice.id))
    renewal = backend.customer()
    v1.subscriptions.create({"customer": renewal, "items": [{"price": price}]})
    paid = v1.charges.list({"customer": renewal}).data[0]
    return {
        "billing_portal.configuration": configuration,
        "billing_portal.session": _portal(v1, customer, configuration.id),
        "charge": intent.latest_charge,
        "checkout.session": v1.checkout.sessions.create(session),
        "credit_note": note,
        "customer": v1.customers.retrieve(customer),
        "dispute": dispute,
        "event": v1.events.list().data[0],
        "invoice": v1.invoices.retrieve(invoice.id),
        "invoice_payment": payment,
        "invoiceitem": v1.invoice_items.list({"customer": customer}).data[0],
        "line_item": invoice.lines.data[0],
        "payment_intent": v1.payment_intents.retrieve(intent.id),
        "payment_method": method,
        "price": v1.prices.retrieve(price),
        "product": v1.products.list().data[0],
        "refund": v1.refunds.create({"charge": paid.id}),
        "setup_intent": v1.setup_intents.create({"customer": customer}),
        "subscription": v1.subscriptions.retrieve(made.id),
        "subscription_item": made["items"].data[0],
        "subscription_schedule": v1.subscription_schedules.create({"from_subscription": made.id}),
        "test_helpers.test_clock": v1.test_helpers.test_clocks.retrieve(backend.clock),
        "webhook_endpoint": v1.webhook_endpoints.create({"url": "http://localhost/", "enabled_events": ["*"]}),
    }


def problems(cls: Any, value: Any, path: str) -> list[str]:
    """Fields too many or too few, going down by the SDK's nested classes."""
    hints = {name: hint for name, hint in cls.__annotations__.items() if name != "OBJECT_NAME" and name[0] != "_"}
    inner = getattr(cls, "_inner_class_types", {})
    found = [f"{path}.{name} is unknown" for name in value.keys() - hints.keys() - UNNAMED.get(path, set())]
    found += [
        f"{path}.{name} is missing"
        for name, hint in hints.items()
        if name not in value and type(None) not in typing.get_args(hint)
    ]
    for name, nested in inner.items():
        below = value.get(name)
        for part in below if isinstance(below, list) else [below]:
            if isinstance(part, dict):
                found += problems(nested, part, f"{path}.{name}")
    return found


def test_every_kind_has_its_shape(everything: dict[str, Any]) -> None:
    assert everything.keys() == CLASSES.keys()
    found = []
    for kind, thing in everything.items():
        plain = thing.to_dict()
        assert plain["object"] == kind
        found += problems(CLASSES[kind], plain, kind)
    assert found == []


def test_every_field_that_may_be_null_is_there(everything: dict[str, Any]) -> None:
    for kind, thing in everything.items():
        if kind == "payment_method":
            continue
        hints = CLASSES[kind].__annotations__
        optional = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
        assert optional - ABSENT.get(kind, frozenset()) - thing.to_dict().keys() == set(), kind


def test_the_sdk_reads_them_as_its_own(everything: dict[str, Any]) -> None:
    for kind, thing in everything.items():
        assert type(thing) is CLASSES[kind]
    assert isinstance(everything["subscription"]["items"], stripe.ListObject)
    assert everything["price"].unit_amount_decimal == 360_000
    assert "_secrets" not in everything["webhook_endpoint"]
