"""Lists and pages name things in words: no ids, no names of fields, and no statement per row."""

import inspect
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console import columns
from console.sites import brand_site, platform_site
from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.inventory.models import Stock, StockMovement
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, place_retail_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db
RAW = re.compile(r"self\.(\w+_id|pk|id)\b")
OF_OTHERS = {"external_id", "event_id"}  # other systems' own words for a thing
SHOWN = sorted(
    {model for site in (brand_site, platform_site) for model in site._registry}, key=lambda model: model._meta.label
)


@pytest.mark.parametrize("model", SHOWN, ids=[model._meta.label for model in SHOWN])
def test_what_a_console_shows_is_not_named_by_ids(model: Any) -> None:
    named_by = set(RAW.findall(inspect.getsource(model.__str__)))
    assert {name for name in named_by - OF_OTHERS if not name.startswith("stripe_")} == set()


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def signed_in(brand: Brand, role: str) -> Client:
    user = users.create_user(name=role, role=role, email=f"{role}@words.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def console(brand: Brand) -> Client:
    return signed_in(brand, "owner")


def trade(number: int) -> None:
    """Sell and ship to a new customer, and bring a new product with stock."""
    order = place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(phone=f"+861380000{number:04}", name=f"客户{number}"),
        agent_code="LING",
        now=clock.now(),
    )
    pay_order(order_id=order.pk, method="cash", reference=f"c-{number}", now=clock.now())
    ship_order(order_id=order.pk, carrier="SF", tracking_number=f"SF{number}", now=clock.now())
    product = create_product(name=f"商品{number}")
    variant = add_variant(product_id=product.pk, sku=f"N-{number}", retail_price=Decimal(10))
    line = inventory.ReceiptLine(variant.pk, 5, Decimal(4))
    inventory.receive(lines=[line], reference=f"note-{number}", now=clock.now())


@pytest.mark.parametrize(
    "page",
    ["catalog/product/", "customers/customer/", "inventory/stock/", "inventory/stockmovement/", "orders/order/"],
)
def test_a_list_costs_the_same_for_many_rows(shop: Shop, console: Client, page: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert console.get(f"/console/{page}").status_code == 200
        return len(queries)

    trade(1)
    count()
    few = count()
    for number in range(2, 6):
        trade(number)
    assert count() == few


def rows_of(console: Client, page: str) -> list[Any]:
    answer: Any = console.get(f"/console/{page}")
    return list(answer.context_data["cl"].result_list)


def test_a_movement_names_its_document(shop: Shop, console: Client) -> None:
    trade(1)
    shipped = StockMovement.objects.get(quantity=-1)
    row = next(row for row in rows_of(console, "inventory/stockmovement/") if row.pk == shipped.pk)
    assert row.document_named is not None
    name, link = row.document_named
    assert "SO" in name
    assert link.startswith("/console/orders/order/")
    page = console.get("/console/inventory/stockmovement/").content.decode()
    assert "order:" not in page
    assert "note-1" in page


def test_products_and_customers_carry_what_is_sought(shop: Shop, console: Client) -> None:
    trade(1)
    product = next(row for row in rows_of(console, "catalog/product/") if row.name == "商品1")
    assert product.added_available == 5
    customer = next(row for row in rows_of(console, "customers/customer/") if row.name == "客户1")
    assert (customer.added_orders, customer.added_last_agent) == (1, "LING")


def test_added_columns_ask_for_their_permission(shop: Shop, brand: Brand) -> None:
    class Request:
        class user:  # noqa: N801
            own_permissions = ("inventory.view",)

            @staticmethod
            def has_perm(word: str) -> bool:
                return False

    found: Any = Request()
    assert [one.name for one in columns.columns_of("catalog.product", found)] == ["available"]
    assert columns.columns_of("customers.customer", found) == []


@pytest.mark.parametrize("page", ["catalog.product", "customers.customer", "inventory.stock"])
def test_pages_show_their_boxes(shop: Shop, console: Client, page: str) -> None:
    trade(1)
    app, model = page.split(".")
    first = Stock.objects.order_by("id")[0].pk if model == "stock" else rows_of(console, f"{app}/{model}/")[0].pk
    answer: Any = console.get(f"/console/{app}/{model}/{first}/change/")
    keys = {panel.key for panel in answer.context_data["panels"]}
    assert keys >= {"product": {"pictures", "orders", "prices"}, "customer": {"orders"}, "stock": {"movements"}}[model]


@pytest.mark.parametrize("page", ["catalog/product", "customers/customer", "inventory/stockmovement"])
def test_files_hold_what_the_lists_show(shop: Shop, console: Client, page: str) -> None:
    trade(1)
    answer: Any = console.get(f"/console/{page}/export/?form=csv")
    words = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode("utf-8-sig")
    assert answer.status_code == 200
    assert "<" not in words
    assert "order:" not in words
