"""Test that parameters unknown to the real API are refused at every depth, as are those the fake does not support."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of


def refused(call: Any) -> Any:
    """The SDK's error for a refused call."""
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


def test_unknown_parameters_are_refused(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    error = refused(lambda: v1.customers.create({"emial": "a@example.com"}))
    assert (error.http_status, error.code, error.param) == (400, "parameter_unknown", "emial")
    assert error.user_message.startswith("Received unknown parameter: emial")


def test_unknown_nested_parameters_are_refused(stripe_backend: StripeBackend) -> None:
    v1: Any = stripe_backend.client.v1
    price = stripe_backend.price(100)
    customer = stripe_backend.customer()
    error = refused(
        lambda: v1.subscriptions.create({"customer": customer, "items": [{"price": price, "colour": "red"}]})
    )
    assert (error.code, error.param) == ("parameter_unknown", "items[0][colour]")
    deep = {"end_behavior": {"missing_payment_method": "pause", "and": "more"}}
    error = refused(
        lambda: v1.subscriptions.create({"customer": customer, "items": [{"price": price}], "trial_settings": deep})
    )
    assert (error.code, error.param) == ("parameter_unknown", "trial_settings[end_behavior][and]")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "cny", "unit_amount": "many", "product": "prod_x"}, "parameter_invalid_integer", "unit_amount"),
        ({"unit_amount": 100, "product": "prod_x"}, "parameter_missing", "currency"),
        ({"currency": "cny", "unit_amount": 1, "product": "prod_x", "recurring": {}}, None, "recurring"),
        ({"currency": "cny", "unit_amount": 1, "product": "prod_none"}, "resource_missing", "product"),
        ({"currency": "cny", "unit_amount": 1, "product": ""}, "parameter_invalid_empty", "product"),
    ],
)
def test_wrong_values_are_refused(fake_stripe: FakeStripe, params: Any, code: str | None, param: str) -> None:
    if params.get("recurring") == {}:
        params = {**params, "recurring": {"interval": "fortnight"}}
        param = "recurring[interval]"
    error = refused(lambda: client_of(fake_stripe).v1.prices.create(params))
    assert (error.code, error.param) == (code, param)


def test_a_wrong_word_is_answered_with_the_right_ones(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    error = refused(lambda: v1.subscriptions.list({"status": "alive"}))
    assert "must be one of active, all, canceled" in error.user_message
    error = refused(lambda: v1.customers.create({"tax_exempt": "maybe"}))
    assert error.user_message == "Invalid tax_exempt: must be one of exempt, none or reverse"


def test_what_the_fake_does_not_do_is_said(fake_stripe: FakeStripe) -> None:
    error = refused(lambda: client_of(fake_stripe).v1.customers.create({"tax": {"ip_address": "127.0.0.1"}}))
    assert (error.code, error.param) == ("fake_not_supported", "tax")
    assert client_of(fake_stripe).v1.customers.list().data == []  # and nothing was made


def test_objects_that_do_not_exist(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    error = refused(lambda: v1.subscriptions.retrieve("sub_none"))
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")
    assert error.user_message == "No such subscription: 'sub_none'"
    error = refused(lambda: v1.payment_methods.attach("pm_card_visa", {"customer": "cus_none"}))
    assert (error.http_status, error.code, error.param) == (400, "resource_missing", "customer")


def test_keys_are_checked(fake_stripe: FakeStripe) -> None:
    wrong = stripe.StripeClient("sk_test_wrong", base_addresses={"api": fake_stripe.url})
    error = refused(lambda: wrong.v1.customers.list())
    assert isinstance(error, stripe.AuthenticationError)
    assert error.http_status == 401


def test_metadata_has_its_limits(fake_stripe: FakeStripe) -> None:
    v1 = client_of(fake_stripe).v1
    made = v1.customers.create({"metadata": {"brand": "7", "plan": "basic"}})
    changed = v1.customers.update(made.id, {"metadata": {"plan": "", "colour": "red"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"brand": "7", "colour": "red"}
    assert refused(lambda: v1.customers.create({"metadata": {"k" * 41: "x"}})).http_status == 400
    assert refused(lambda: v1.customers.create({"metadata": {"k": "x" * 501}})).http_status == 400
    assert v1.customers.update(made.id, {"metadata": ""}).metadata.to_dict() == {}  # type: ignore[union-attr]


def test_expanding(stripe_backend: StripeBackend) -> None:
    v1 = stripe_backend.client.v1
    customer = stripe_backend.customer()
    made = v1.subscriptions.create(
        {
            "customer": customer,
            "items": [{"price": stripe_backend.price(360_000)}],
            "expand": [
                "latest_invoice.payments",
                "latest_invoice.confirmation_secret",
                "customer",
                "items.data.price.product",
            ],
        }
    )
    invoice: Any = made.latest_invoice
    assert (invoice.status, invoice.payments.data[0].status) == ("paid", "paid")
    assert getattr(made.customer, "id", "") == customer
    assert getattr(made["items"].data[0].price.product, "name", "") == "Plan"
    error = refused(lambda: v1.subscriptions.retrieve(made.id, {"expand": ["status"]}))
    assert error.user_message.startswith("This property cannot be expanded (status).")
    error = refused(lambda: v1.subscriptions.retrieve(made.id, {"expand": ["a.b.c.d.e"]}))
    assert "more than 4 levels" in error.user_message
