"""Orders, stock and ledger in the brand console: lists, details, buttons."""

from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.finance.models import Account, LedgerEntry
from tenant_apps.inventory.models import Stock
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.trade import Shop, assert_books_are_sound, sell

pytestmark = pytest.mark.django_db


def signed_in(brand: Brand, role: str) -> Client:
    user: User = users.create_user(name=role, role=role, email=f"{role}@console.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def console(brand: Brand) -> Client:
    """The console, signed in as an owner."""
    return signed_in(brand, "owner")


@pytest.mark.parametrize(
    "page",
    [
        "orders/order/",
        "orders/order/?q=SO2",
        "orders/order/?q=13800000001",
        "orders/order/?state__exact=open",
        "orders/channel/",
        "inventory/stock/",
        "inventory/stock/?low=yes",
        "inventory/stock/?q=G-0",
        "inventory/stockmovement/",
        "inventory/warehouse/",
        "finance/ledgerentry/",
        "finance/account/",
    ],
)
def test_lists_are_drawn(shop: Shop, console: Client, page: str) -> None:
    sell(("G-01", 1), agent_code="LING")
    answer = console.get(f"/console/{page}")
    assert answer.status_code == 200
    assert answer.context is not None


def test_details_are_drawn(shop: Shop, console: Client) -> None:
    order = sell(("G-01", 1), agent_code="LING")
    pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())
    stock = Stock.objects.first()
    entry = LedgerEntry.objects.first()
    account = Account.objects.first()
    assert stock is not None
    assert entry is not None
    assert account is not None
    for page in (
        f"orders/order/{order.pk}/change/",
        f"inventory/stock/{stock.pk}/change/",
        f"finance/ledgerentry/{entry.pk}/change/",
        f"finance/account/{account.pk}/change/",
    ):
        answer = console.get(f"/console/{page}")
        assert answer.status_code == 200, page
    assert "G-01" in console.get(f"/console/orders/order/{order.pk}/change/").content.decode()


def press(console: Client, order: Order, button: str, **fields: str) -> Any:
    return console.post(f"/console/orders/order/{order.pk}/{button}/", fields)


def test_an_order_is_moved_on_by_buttons(shop: Shop, console: Client) -> None:
    order = sell(("G-01", 3))
    for button, fields, states in (
        ("pay", {"method": "bank", "reference": "b-1"}, ("open", "paid", "unfulfilled")),
        ("ship", {"carrier": "SF", "tracking_number": "SF1"}, ("open", "paid", "shipped")),
        ("deliver", {}, ("open", "paid", "delivered")),
        ("refund", {"line_1": "1", "restock": "on", "_sum": "10.00"}, ("open", "partly_refunded", "delivered")),
        ("complete", {}, ("completed", "partly_refunded", "delivered")),
    ):
        assert press(console, order, button, **fields).status_code == 302, button
        order.refresh_from_db()
        assert (order.state, order.payment_state, order.fulfilment_state) == states


def test_a_refusal_is_shown_in_the_dialog(shop: Shop, console: Client) -> None:
    order = sell(("G-01", 3))
    answer = press(console, order, "ship")
    assert answer.status_code == 200
    assert not Order.objects.exclude(fulfilment_state="unfulfilled").exists()


def test_a_button_asks_for_its_permission(shop: Shop, brand: Brand) -> None:
    order = sell(("G-01", 3))
    assert press(signed_in(brand, "warehouse"), order, "pay", method="cash", reference="x").status_code == 403


def test_goods_are_received_and_corrected(shop: Shop, console: Client) -> None:
    fields = {
        "line_0_sku": "g-01",
        "line_0_quantity": "5",
        "line_0_unit_cost": "4.0000",
        "line_2_sku": "G-02",
        "line_2_quantity": "1",
        "line_2_unit_cost": "8",
        "reference": "D-1",
    }
    assert console.post("/console/inventory/stock/receive/", fields).status_code == 302
    stock = Stock.objects.get(variant_id=shop.variant_ids[0])
    assert (stock.on_hand, Stock.objects.get(variant_id=shop.variant_ids[1]).on_hand) == (105, 101)
    answer = console.post(f"/console/inventory/stock/{stock.pk}/adjust/", {"change": "-5", "reference": "C-1"})
    assert answer.status_code == 302
    count = {
        "line_0_sku": "G-01",
        "line_0_change": "2",
        "line_1_sku": "G-02",
        "line_1_change": "-1",
        "reference": "C-2",
    }
    assert console.post("/console/inventory/stock/count/", count).status_code == 302
    answer = console.post(f"/console/inventory/stock/{stock.pk}/set_threshold/", {"low_stock_threshold": "500"})
    stock.refresh_from_db()
    assert (stock.on_hand, stock.low_stock_threshold) == (102, 500)
    assert console.post("/console/inventory/stock/receive/", fields).status_code == 200  # the note was booked already
    assert_books_are_sound()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "__all__"),
        ({"line_3_sku": "G-01"}, "line_3_quantity"),
        ({"line_3_quantity": "1", "line_3_unit_cost": "1"}, "line_3_sku"),
        ({"line_1_sku": "G-01", "line_1_quantity": "0", "line_1_unit_cost": "1"}, "line_1_quantity"),
        ({"line_5_sku": "NONE", "line_5_quantity": "1", "line_5_unit_cost": "1"}, "line_5_sku"),
        ({"line_9_sku": "G-01", "line_9_quantity": "1", "_rows": "16"}, "line_9_unit_cost"),
    ],
)
def test_a_document_names_the_line_that_is_wrong(
    shop: Shop, console: Client, fields: dict[str, str], wrong: str
) -> None:
    answer = console.post("/console/inventory/stock/receive/", {"reference": "D-1", **fields})
    assert answer.status_code == 200
    assert wrong in answer.context["form"].errors
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).on_hand == 100


def test_a_document_grows_by_lines_and_keeps_what_was_typed(shop: Shop, console: Client) -> None:
    fields = {"line_7_sku": "G-01", "_rows": "8", "_more": "1"}
    form = console.post("/console/inventory/stock/receive/", fields).context["form"]
    assert (form.row_count, form.errors, form["line_7_sku"].value()) == (16, {}, "G-01")
