"""One box finds orders: by number, phone, name, pinyin, tracking number, SKU, product, agent and customer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from kernel.core import clock
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.customers import services as customers
from tenant_apps.orders.models import Order, OrderSearch
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.parcels import correct_parcel
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import (
    Buyer,
    NewLine,
    OrderAdjustments,
    Receiver,
    place_restock_order,
    place_retail_order,
)
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

pytestmark = pytest.mark.django_db

RECEIVER = Receiver(name="张小明", phone="+8613812345678", province="广东省", address="科技园1栋")


def place(shop: Shop, *, receiver: Receiver = RECEIVER, external_number: str = "", sku: str = "") -> Order:
    return place_retail_order(
        lines=[NewLine(sku or shop.skus[0], 2), NewLine(shop.skus[1], 1)],
        buyer=Buyer(phone="+8613900001111", name="李雷", receiver=receiver),
        agent_code="LING",
        adjustments=OrderAdjustments(external_number=external_number),
        now=clock.now(),
    )


def ship(order: Order, tracking_number: str, line_no: int) -> None:
    packing = Packing(lines=[ShipmentLine(line_no, 1)])
    ship_order(order_id=order.pk, carrier="顺丰速运", tracking_number=tracking_number, packing=packing, now=clock.now())


def find(text: str) -> list[tuple[int, list[str]]]:
    rows, _cursor = lists.list_order_rows(filters={"search": text}, cursor=None, limit=50)
    found = [(row["id"], row["matched"]) for row in rows]
    return [(order_id, fields) for order_id, fields in found if isinstance(order_id, int) and isinstance(fields, list)]


KINDS = [
    ("{number}", ["number"]),
    ("{lower}", ["number"]),
    ("{end}", ["number"]),
    ("T-2026/0099", ["external_number"]),
    ("t20260099", ["external_number"]),
    ("0099", ["external_number"]),
    ("5678", ["phone"]),
    ("345678", ["phone"]),
    ("138 1234 5678", ["phone"]),
    ("１３８１２３４５６７８", ["phone"]),
    ("+86 138-1234-5678", ["phone"]),
    ("张小明", ["receiver"]),
    ("小明", ["receiver"]),
    ("张", ["receiver"]),
    ("zhangxiaoming", ["receiver"]),
    ("ZXM", ["receiver"]),
    ("zhangx", ["receiver"]),
    ("李雷", ["customer"]),
    ("lilei", ["customer"]),
    ("13900001111", ["customer"]),
    ("1111", ["customer"]),
    ("ling", ["agent"]),
    ("ＬＩＮＧ", ["agent"]),
    ("SF1234567890123", ["tracking_number"]),
    ("sf 1234 5678 90123", ["tracking_number"]),
    ("0123", ["tracking_number"]),
    ("90456", ["tracking_number"]),
    ("{sku}", ["goods"]),
    ("面霜", ["goods"]),
    ("mianshuang", ["goods"]),
    ("张小明 {sku}", ["receiver", "goods"]),
    ("面霜 5678", ["phone", "goods"]),
]
MISSES = ["5679", "678", "张小红", "zhangxiaohong", "HUA", "面霜 5679", "-", "%", "_", "sf", "SO1999", "'", "\\"]


def test_each_kind_of_word_finds_the_order_and_says_where(shop: Shop) -> None:
    order = place(shop, external_number="T-2026/0099")
    other = place(shop, receiver=Receiver(name="韩梅梅", phone="+8615000000000"), sku=shop.skus[2])
    pay_order(order_id=order.pk, method="bank", reference="R1", now=clock.now())
    ship(order, "SF1234567890123", 1)
    ship(order, "SF1234567890456", 2)
    words = {"number": order.number, "lower": order.number.lower(), "end": order.number[-6:], "sku": shop.skus[0]}
    wrong = {}
    for text, fields in KINDS:
        found = dict(find(text.format(**words)))
        if found.get(order.pk) != fields:
            wrong[text] = found
    assert wrong == {}
    assert {text: find(text) for text in MISSES if find(text)} == {}
    assert [found for found, _fields in find("hmm")] == [other.pk]


def test_old_parcels_and_corrected_ones_are_found_by_what_stands_on_them(shop: Shop) -> None:
    order = place(shop)
    pay_order(order_id=order.pk, method="bank", reference="R1", now=clock.now())
    ship(order, "SF1234567890123", 1)
    correct_parcel(order_id=order.pk, carrier="顺丰速运", tracking_number="SF9999999990000", reason="mistyped")
    assert find("SF1234567890123") == []
    assert find("SF9999999990000") == [(order.pk, ["tracking_number"])]


def test_a_restock_order_is_found_by_its_agent(shop: Shop) -> None:
    order = place_restock_order(agent_id=shop.mei.pk, lines=[NewLine(shop.skus[0], 2)], now=clock.now())
    assert find("mei") == [(order.pk, ["agent"])]


def test_names_are_those_of_today(shop: Shop) -> None:
    order = place(shop)
    assert order.customer_id is not None
    customers.change_customer(customer_id=order.customer_id, name="王芳")
    assert find("李雷") == []
    assert find("wangfang") == [(order.pk, ["customer"])]


def test_a_changed_receiver_is_found_anew(shop: Shop) -> None:
    order = place(shop)
    Order.objects.filter(pk=order.pk).update(receiver={"name": "赵六", "phone": "+8613700007777"})
    search_index.index_orders(order_ids=[order.pk, order.pk + 1_000])
    assert find("张小明") == find("5678") == []
    assert find("赵六") == [(order.pk, ["receiver"])]
    assert find("7777") == [(order.pk, ["phone"])]


def test_orders_of_an_older_release_are_indexed_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [place(shop) for _ in range(5)]
    monkeypatch.setattr(search_index, "BATCH_SIZE", 2)
    monkeypatch.setattr(search_index, "BATCHES", 1)
    now = clock.now()
    assert search_index.next_indexing(now) is None
    OrderSearch.objects.all().delete()
    assert find("5678") == []
    turns = 0
    while search_index.next_indexing(now) is not None:
        search_index.index_unknown_orders(now=now)
        turns += 1
    assert turns == 3
    OrderSearch.objects.filter(pk__in=[one.pk for one in orders]).delete()
    search_index.index_later(order_ids=[order.pk for order in orders])
    search_index.index_later(order_ids=[])
    assert search_index.next_indexing(now) == now
    monkeypatch.setattr(search_index, "BATCHES", 3)
    assert search_index.index_unknown_orders(now=now) is None
    assert [found for found, _fields in find("5678")] == [order.pk for order in reversed(orders)]
    OrderSearch.objects.filter(pk=orders[3].pk).delete()  # a process of the older release placed it just now
    assert search_index.index_unknown_orders(now=now) is None
    assert len(find("5678")) == 5


def test_pages_follow_each_other_newest_first(shop: Shop) -> None:
    orders = [place(shop) for _ in range(5)]
    for age, order in enumerate(orders):
        Order.objects.filter(pk=order.pk).update(placed_at=clock.now() - timedelta(days=age % 2))
    wanted = list(Order.objects.order_by("-placed_at", "-id").values_list("id", flat=True))
    found: list[object] = []
    cursor = None
    while True:
        rows, cursor = lists.list_order_rows(filters={"search": "5678"}, cursor=cursor, limit=2)
        found += [row["id"] for row in rows]
        if cursor is None:
            break
    assert found == wanted


def test_the_api_searches_and_refuses_what_it_would_ignore(shop: Shop, api: ApiClient) -> None:
    order = place(shop)
    (row,) = api.get("/api/v1/orders?search=5678&state=open").json()["items"]
    assert (row["id"], row["matched"], row["total"]) == (
        order.pk,
        ["phone"],
        str(order.total.quantize(Decimal("0.01"))),
    )
    assert api.get("/api/v1/orders?search=5678&state=completed").json()["items"] == []
    assert api.get("/api/v1/orders").json()["items"][0]["matched"] == []
    assert api.get("/api/v1/orders?search=%20").status_code == 422
    assert api.get(f"/api/v1/orders?search={'a' * 101}").status_code == 422
    assert order.number in api.get("/api/v1/exports/orders.csv?search=zxm").getvalue().decode()
    assert order.number not in api.get("/api/v1/exports/orders.csv?search=zxn").getvalue().decode()


def test_the_console_finds_alike_and_says_where(shop: Shop, brand: Brand) -> None:
    order = place(shop)
    place(shop, receiver=Receiver(name="韩梅梅", phone="+8615000000000"))
    user: User = users.create_user(name="s", role="owner", email="s@find.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost", "accept-language": "zh-hans"})
    console.force_login(user)
    listed = console.get("/console/orders/order/", {"q": "138 1234 5678"}).content.decode()
    assert listed.count("收货人手机号") == 1
    assert order.number in listed
    assert "韩梅梅" not in listed
    assert "匹配内容" not in console.get("/console/orders/order/").content.decode()
    hits = console.get("/console/search/", {"s": "zhangxiaoming", "extended": "1"}).content.decode()
    assert order.number in hits
    assert "· 收货人" in hits
