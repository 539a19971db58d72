"""The refund's dialog: what is typed counts, nothing typed is nothing refunded, and the button names the sum."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import Order, Refund
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, assert_books_are_sound, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(brand: Brand) -> Client:
    """The console, signed in as an owner."""
    owner = users.create_user(name="owner", role="owner", email="owner@console.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(owner)
    return client


@pytest.fixture
def order(shop: Shop) -> Order:
    """Three pieces at 10.00, one at 20.00, freight 8.00: paid and shipped."""
    made = sell(("G-01", 3), ("G-02", 1), freight="8.00")
    pay_order(order_id=made.pk, method="bank", reference="b-1", now=clock.now())
    return ship_order(order_id=made.pk, carrier="SF", tracking_number="SF1", now=clock.now())


def ask(console: Client, order: Order, **fields: str) -> Any:
    return console.post(f"/console/orders/order/{order.pk}/refund/", fields)


def codes_of(answer: Any) -> list[str]:
    return [error.code for errors in answer.context["form"].errors.as_data().values() for error in errors]


@pytest.mark.parametrize(
    ("fields", "amount", "freight"),
    [
        ({"amount": "50"}, "50.00", "0.00"),
        ({"line_1": "1"}, "10.00", "0.00"),
        ({"line_1": "2", "line_2": "1"}, "40.00", "0.00"),
        ({"line_1": "1", "amount": "7.5"}, "7.50", "0.00"),
        ({"freight": "on"}, "8.00", "8.00"),
        ({"freight": "on", "amount": "3"}, "3.00", "3.00"),
        ({"line_2": "1", "freight": "on", "amount": "14"}, "14.00", "4.00"),
        ({"everything": "on"}, "58.00", "8.00"),
    ],
)
def test_what_is_typed_is_refunded(
    console: Client, order: Order, fields: dict[str, str], amount: str, freight: str
) -> None:
    answer = ask(console, order, **fields)
    assert (answer.status_code, codes_of(answer)) == (200, ["sum_not_seen"])
    assert not Refund.objects.exists()
    assert answer.context["form"].sum == Decimal(amount)
    assert f"¥{amount}" in answer.content.decode()
    assert ask(console, order, **fields, _sum=amount).status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount, refund.freight) == (Decimal(amount), Decimal(freight))
    order.refresh_from_db()
    assert order.refunded_amount == Decimal(amount)
    assert_books_are_sound()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reason": "x", "restock": "on"},
        {"line_1": "0"},
        {"line_1": "4"},
        {"amount": "0"},
        {"amount": "50.01"},
        {"freight": "on", "amount": "8.01"},
        {"everything": "on", "amount": "50"},
        {"everything": "on", "line_1": "1"},
        {"line_1": "x", "_sum": "58.00"},
    ],
)
def test_what_is_empty_or_contradictory_refunds_nothing(console: Client, order: Order, fields: dict[str, str]) -> None:
    answer = ask(console, order, **fields)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert ask(console, order, **{"_sum": "58.00", **fields}).status_code == 200
    assert not Refund.objects.exists()


def test_another_sum_than_the_button_named_is_not_refunded(console: Client, order: Order) -> None:
    assert codes_of(ask(console, order, line_1="2", _sum="10.00")) == ["sum_not_seen"]
    assert not Refund.objects.exists()


def test_a_draft_names_the_sum_and_does_nothing(console: Client, order: Order) -> None:
    answer = ask(console, order, line_1="1", _sum="10.00", _draft="1")
    assert (answer.status_code, codes_of(answer)) == (200, [])
    assert answer.context["form"].sum == Decimal("10.00")
    assert not Refund.objects.exists()


def test_goods_are_restocked_unless_said_otherwise(console: Client, order: Order) -> None:
    page = console.get(f"/console/orders/order/{order.pk}/refund/")
    assert page.context["form"].fields["restock"].initial is True
    ask(console, order, line_1="1", _sum="10.00")
    assert not Refund.objects.get().restocked
