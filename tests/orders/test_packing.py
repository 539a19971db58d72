"""Pick lists by warehouse and basket, and the page that checks a parcel by scanning."""

import pytest
from django.test import Client

from kernel.core import clock
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.picking import Wanted, lay_out
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import refund_everything
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tests.factories.hands import ConsoleAs, console_as
from tests.factories.trade import Shop, sell

__all__ = ["console_as"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(console_as: ConsoleAs) -> Client:
    return console_as("warehouse")


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*wanted)
    return pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())


def test_a_list_is_laid_out_by_warehouse_sku_and_basket() -> None:
    wanted = [Wanted("B", "2", "b", 1, 3), Wanted("A", "2", "b", 2, 1), Wanted("A", "1", "a", 1, 2)]
    laid_out = lay_out([*wanted, Wanted("A", "2", "b", 1, 4)])
    assert list(laid_out) == ["A", "B"]
    rows = [(line.sku, line.total, line.baskets) for line in laid_out["A"]]
    assert rows == [("1", 2, {1: 2}), ("2", 5, {2: 1, 1: 4})]


def test_orders_leave_the_list_by_themselves(shop: Shop, warehouse: Client) -> None:
    first, second, gone = paid(("G-01", 2)), paid(("G-01", 1), ("G-02", 1)), paid(("G-03", 1))
    address = f"/console/orders/pick-list/?ids={first.pk},{second.pk},{gone.pk}"
    refund_everything(order_id=gone.pk, now=clock.now())
    part = Packing(lines=[ShipmentLine(1, 1)])
    ship_order(order_id=first.pk, packing=part, now=clock.now())
    page = warehouse.get(address)
    ((_name, lines),) = page.context["warehouses"]
    assert [(line.sku, line.total, line.baskets) for line in lines] == [("G-01", 2, {1: 1, 2: 1}), ("G-02", 1, {2: 1})]
    assert page.context["left_out"] == 1
    assert "G-03" not in page.content.decode()


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "99999999999999999999"])
def test_a_list_of_nothing(shop: Shop, warehouse: Client, ids: str) -> None:
    assert warehouse.get(f"/console/orders/pick-list/?ids={ids}").status_code == 200


def test_the_checked_parcel_is_shipped(shop: Shop, warehouse: Client) -> None:
    order = paid(("G-01", 2))
    address = f"/console/orders/pack/{order.pk}/"
    assert [(line.sku, line.open_quantity) for line, _barcode in warehouse.get(address).context["rows"]] == [
        ("G-01", 2)
    ]
    refused = warehouse.post(address, {"carrier": "SF", "tracking_number": ""})
    assert (refused.status_code, len(refused.context["reasons"])) == (409, 1)
    filled = {"carrier": "SF", "tracking_number": "SF1", "weight_grams": "320"}
    assert warehouse.post(address, filled).status_code == 302
    order.refresh_from_db()
    assert (order.fulfilment_state, order.tracking_number) == ("shipped", "SF1")
    assert warehouse.get(address).context["rows"] == []
    assert warehouse.get("/console/orders/pack/999999/").status_code == 404


def test_packing_asks_for_its_permission(shop: Shop, console_as: ConsoleAs) -> None:
    finance = console_as("finance")
    order = paid(("G-01", 1))
    for page in (f"pack/{order.pk}/", f"pick-list/?ids={order.pk}"):
        assert finance.get(f"/console/orders/{page}").status_code == 403
