"""An order's page and the list of orders: what they name, and what they cost."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.orders.selectors import documents
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, sell

pytestmark = pytest.mark.django_db


def context_of(browser: Client, page: str) -> dict[str, Any]:
    """Return what the page was drawn with."""
    answer: Any = browser.get(f"/console/orders/order/{page}")
    assert answer.status_code == 200
    return dict(answer.context_data)


def signed_in(brand: Brand, role: str) -> Client:
    user = users.create_user(name=role, role=role, email=f"{role}@page.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def console(brand: Brand) -> Client:
    return signed_in(brand, "owner")


def test_the_next_act_is_the_one_primary_button(shop: Shop, console: Client) -> None:
    order = sell(("G-01", 1))
    for act, fields in (
        ("pay", {"method": "cash", "reference": "c"}),
        ("ship", {"carrier": "SF", "tracking_number": "1", "line_1": "1"}),
        ("deliver", {}),
        ("complete", {}),
    ):
        context = context_of(console, f"{order.pk}/change/")
        assert [one["path"].split("/")[-2] for one in context["next_act"]] == [act]
        assert console.post(f"/console/orders/order/{order.pk}/{act}/", fields).status_code == 302
    assert context_of(console, f"{order.pk}/change/")["next_act"] == []


def test_margin_is_what_was_kept_less_the_cost_of_what_was_kept(shop: Shop) -> None:
    order = sell(("G-01", 3), ("G-02", 1), freight="8.00")
    pay_order(order_id=order.pk, method="cash", reference="c", now=clock.now())
    assert documents.get_margin(order_id=order.pk) is None
    ship_order(order_id=order.pk, carrier="SF", tracking_number="1", now=clock.now())
    assert str(documents.get_margin(order_id=order.pk)) == "30.00"  # 50.00 − 3 × 4.00 − 8.00
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], restock=True, reason="", now=clock.now())
    assert str(documents.get_margin(order_id=order.pk)) == "24.00"


@pytest.mark.parametrize(("role", "sees"), [("owner", True), ("warehouse", False)])
def test_margin_asks_for_the_permission_to_see_costs(shop: Shop, brand: Brand, role: str, sees: bool) -> None:
    order = sell(("G-01", 1))
    panels = context_of(signed_in(brand, role), f"{order.pk}/change/")["panels"]
    money = next(panel for panel in panels if panel.key == "money")
    assert len(money.facts) == (5 if sees else 4)


def test_people_are_named_and_no_ids(shop: Shop, console: Client) -> None:
    order = sell(("G-01", 1), agent_code="LING")
    people = next(panel for panel in context_of(console, f"{order.pk}/change/")["panels"] if panel.key == "people")
    assert [fact.value for fact in people.facts][:3] == ["王芳", "LING · 金牌", "MEI"]
    words = console.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    assert not re.search(r"agent.id|level.id", words)


def test_the_list_costs_the_same_for_many_orders(shop: Shop, console: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert console.get("/console/orders/order/").status_code == 200
        return len(queries)

    sell(("G-01", 1), agent_code="LING")
    count()
    few = count()
    for agent in ("LING", "MEI", "HUA"):
        sell(("G-01", 1), ("G-02", 2), agent_code=agent)
    assert count() == few


def test_the_list_sums_what_is_filtered(shop: Shop, console: Client) -> None:
    sell(("G-01", 1))
    pay_order(order_id=sell(("G-02", 3)).pk, method="cash", reference="c", now=clock.now())
    for query, total in (("", "70.00"), ("?payment_state__exact=paid", "60.00"), ("?q=nothing-like-it", None)):
        sums = context_of(console, query)["list_totals"]
        assert [None if value is None else str(value) for _name, value in sums] == [total]


def test_each_line_names_the_warehouses_of_its_goods(shop: Shop, console: Client) -> None:
    def places(order_id: int) -> list[str]:
        return [row.places for row in context_of(console, f"{order_id}/change/")["goods"]]

    main = Warehouse.objects.get(is_default=True)
    east = create_warehouse(code="EAST", name="东仓", priority=main.priority + 1)
    more = [inventory.ReceiptLine(shop.variant_ids[0], 10, Decimal("4.00"))]
    inventory.receive(lines=more, reference="east", warehouse_id=east.pk, now=clock.now())
    order = sell(("G-01", 104), ("G-02", 2), ("POST", 1))
    expected = [f"{main.name} × 100, 东仓 × 4", f"{main.name} × 2", ""]
    assert [sorted(said.split(", ")) for said in places(order.pk)] == [sorted(one.split(", ")) for one in expected]
    pay_order(order_id=order.pk, method="cash", reference="c", now=clock.now())
    ship_order(order_id=order.pk, carrier="SF", tracking_number="1", now=clock.now())
    assert [sorted(said.split(", ")) for said in places(order.pk)] == [sorted(one.split(", ")) for one in expected]
