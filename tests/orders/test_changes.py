"""Orders changed before anything has left: receiver, note, goods, prices, merged and split."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.hand_over import WrongPickupCode, hand_over_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, place_retail_order
from tenant_apps.orders.services.place_sample import place_sample_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import PHONE, Shop, assert_books_are_sound, balance_of, sell

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db


def pay(order: Order) -> None:
    pay_order(order_id=order.pk, method="cash", reference=order.number, now=clock.now())


def codes(answer: "Response") -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def reserved() -> list[int]:
    return [stock.reserved for stock in Stock.objects.order_by("variant_id")]


def goods_of(order: Order) -> list[tuple[str, int, str]]:
    return [(line.sku, line.quantity, str(line.goods_amount)) for line in order.lines.order_by("line_no")]


def goods(*lines: tuple[str, int], discount: str = "0", freight: str = "0", **prices: str) -> dict[str, object]:
    named = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    for line in named:
        price = prices.get(str(line["sku"]).replace("-", "_"))
        if price:
            line["unit_price"] = price
    return {"lines": named, "discount": discount, "freight": freight, "reason": "buyer asked"}


def test_goods_are_changed_and_reserved_anew(shop: Shop, api: ApiClient) -> None:
    order = sell(("G-01", 3), ("G-02", 1), agent_code="LING")
    path = f"/api/v1/orders/{order.pk}/change-goods"
    answer = api.post(path, goods(("G-02", 1), ("G-03", 2), discount="8.00", freight="5.00"))
    assert (answer.status_code, answer.json()["total"]) == (200, "77.00")
    order.refresh_from_db()
    assert goods_of(order) == [("G-02", 1, "18.00"), ("G-03", 2, "54.00")]
    assert reserved() == [0, 1, 2]
    assert codes(api.post(path, goods(("G-03", 101)))) == [("lines.0.quantity", "insufficient_stock")]
    assert codes(api.post(path, goods(("G-02", 1), ("G-03", 2), discount="8.00", freight="5.00"))) == [
        ("lines", "nothing_changed")
    ]
    assert reserved() == [0, 1, 2]
    record = AuditRecord.objects.get(action="orders.change_goods", subject=f"order:{order.pk}")
    assert (record.after or {})["reason"] == "buyer asked"
    pay(order)
    ship_order(order_id=order.pk, now=clock.now())
    assert_books_are_sound()


def test_a_price_by_hand_needs_its_permission(shop: Shop, brand: Brand, api_as: object, api: ApiClient) -> None:
    order = sell(("G-01", 2))
    assert callable(api_as)
    sales: ApiClient = api_as("sales")
    path = f"/api/v1/orders/{order.pk}/change-goods"
    assert codes(sales.post(path, goods(("G-01", 2), G_01="1"))) == [("lines.0.unit_price", "discount_not_allowed")]
    assert codes(sales.post(path, goods(("G-01", 2), discount="1"))) == [("discount", "discount_not_allowed")]
    assert sales.post(path, goods(("G-01", 3))).status_code == 200
    assert api.post(path, goods(("G-01", 3), G_01="9.5")).json()["total"] == "28.50"
    # The price agreed by hand stays while the quantity stays.
    assert api.post(path, goods(("G-01", 3), ("POST", 1))).json()["total"] == "43.50"


def test_paid_goods_are_exchanged_at_the_same_price_only(shop: Shop, api: ApiClient) -> None:
    order = sell(("G-01", 2), ("G-02", 1), agent_code="LING")
    pay(order)
    path = f"/api/v1/orders/{order.pk}/change-goods"
    ids = list(order.lines.order_by("line_no").values_list("id", flat=True))
    for refused in (goods(("G-01", 3), ("G-02", 1)), goods(("G-03", 2), ("G-02", 1)), goods(("G-01", 2))):
        answer = api.post(path, refused)
        assert (answer.status_code, codes(answer)) == (409, [("lines", "money_would_change")])
    assert api.post(path, goods(("G-03", 2), ("G-02", 1), G_03="10")).status_code == 200
    assert list(order.lines.order_by("line_no").values_list("id", flat=True)) == ids
    assert goods_of(order) == [("G-03", 2, "20.00"), ("G-02", 1, "20.00")]
    assert reserved() == [0, 1, 2]
    ship_order(order_id=order.pk, now=clock.now())
    assert api.post(path, goods(("G-01", 2), ("G-02", 1))).json()["code"] == "already_shipped"
    assert_books_are_sound()


def test_receiver_and_note_are_changed_with_a_reason(shop: Shop, api: ApiClient) -> None:
    order = sell(("G-01", 1))
    receiver = {"name": "李四", "phone": "13900000000", "city": "杭州市", "address": "文三路1号"}
    path = f"/api/v1/orders/{order.pk}"
    answer = api.post(f"{path}/change-receiver", {"receiver": receiver, "reason": "moved"})
    assert answer.json()["receiver"]["phone"] == "+8613900000000"
    record = AuditRecord.objects.get(action="orders.change_receiver")
    assert "13900000000" not in str(record.after)
    for body, field in (
        ({"receiver": receiver, "reason": "again"}, "receiver"),
        ({"receiver": {"phone": "13900000000"}, "reason": "x"}, "receiver.name"),
        ({"receiver": receiver, "reason": " "}, "reason"),
        ({"receiver": {**receiver, "phone": "1"}, "reason": "x"}, "receiver.phone"),
    ):
        refused = api.post(f"{path}/change-receiver", body)
        assert (refused.status_code, [one[0] for one in codes(refused)]) == (422, [field]), body
    assert api.post(f"{path}/change-note", {"note": "gift", "reason": "asked"}).json()["note"] == "gift"
    assert codes(api.post(f"{path}/change-note", {"note": "gift", "reason": "asked"})) == [("note", "nothing_changed")]


def test_orders_of_a_buyer_are_merged(shop: Shop, api: ApiClient) -> None:
    first = sell(("G-01", 1), discount="1.00", freight="8.00")
    second = sell(("G-01", 2), ("G-02", 1), freight="8.00")
    path = f"/api/v1/orders/{first.pk}/merge"
    answer = api.post(path, {"order_ids": [second.pk], "freight": "8.00", "reason": "one parcel"})
    assert (answer.status_code, answer.json()["total"]) == (200, "57.00")
    assert goods_of(first) == [("G-01", 3, "29.00"), ("G-02", 1, "20.00")]
    second.refresh_from_db()
    assert second.state == "cancelled"
    assert reserved() == [3, 1, 0]
    assert Reservation.objects.filter(source=f"order:{second.pk}", state="active").count() == 0
    pay(first)
    third = sell(("G-02", 1))
    stranger = place_retail_order(lines=[NewLine("G-01", 1)], buyer=Buyer(phone="13700000000"), now=clock.now())
    pickup = place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(phone=PHONE),
        adjustments=OrderAdjustments(is_pickup=True),
        now=clock.now(),
    )
    for other, code in ((first, "paid_already"), (stranger, "not_mergeable"), (pickup, "not_mergeable")):
        body = {"order_ids": [other.pk], "freight": "0", "reason": "x"}
        assert api.post(f"/api/v1/orders/{third.pk}/merge", body).json()["code"] == code
    assert codes(api.post(path, {"order_ids": [first.pk], "freight": "0", "reason": "x"})) == [
        ("order_ids", "invalid_merge")
    ]
    gone = api.post(path, {"order_ids": [999_999], "freight": "0", "reason": "x"})
    assert gone.json()["code"] == "order_not_found"


def test_an_unpaid_order_is_split_to_the_cent(shop: Shop, api: ApiClient) -> None:
    order = sell(("G-01", 3), ("G-02", 1), discount="1.00", freight="8.00", agent_code="LING")
    path = f"/api/v1/orders/{order.pk}/split"
    body = {"lines": [{"line_no": 1, "quantity": 2}], "reason": "one is late"}
    answer = api.post(path, body)
    assert answer.status_code == 201
    second = Order.objects.get(pk=answer.json()["id"])
    order.refresh_from_db()
    assert order.total + second.total == Decimal("57.00")
    assert (second.customer_id, second.agent_id, second.upline) == (order.customer_id, order.agent_id, order.upline)
    assert [line[:2] for line in goods_of(order)] == [("G-01", 1), ("G-02", 1)]
    assert goods_of(second) == [("G-01", 2, "19.60")]
    assert reserved() == [3, 1, 0]
    for lines, field in (
        ([{"line_no": 1, "quantity": 2}], "pieces.1"),
        ([{"line_no": 9, "quantity": 1}], "pieces.9"),
        ([{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1}], "pieces"),
    ):
        assert [one[0] for one in codes(api.post(path, {"lines": lines, "reason": "x"}))] == [field]
    pay(order)
    assert api.post(path, {"lines": [{"line_no": 1, "quantity": 1}], "reason": "x"}).json()["code"] == "paid_already"
    pay(second)
    for one in (order, second):
        ship_order(order_id=one.pk, now=clock.now())
    assert_books_are_sound()


def test_a_sample_costs_the_brand_a_selling_expense(shop: Shop) -> None:
    sample = place_sample_order(lines=[NewLine("G-01", 2)], agent_id=shop.ling.pk, now=clock.now())
    assert (sample.total, sample.payment_state, sample.number[:2]) == (Decimal(0), "paid", "SP")
    ship_order(order_id=sample.pk, now=clock.now())
    assert balance_of(AccountCode.SELLING_EXPENSE) == Decimal("8.00")
    assert balance_of(AccountCode.COST_OF_GOODS) == 0
    assert_books_are_sound()


def test_a_sample_is_cancelled_while_it_is_here(shop: Shop, api: ApiClient) -> None:
    sample = place_sample_order(lines=[NewLine("G-01", 2)], now=clock.now())
    assert api.post(f"/api/v1/orders/{sample.pk}/cancel").json()["state"] == "cancelled"
    assert reserved() == [0, 0, 0]
    other = place_sample_order(lines=[NewLine("G-01", 2)], now=clock.now())
    ship_order(order_id=other.pk, now=clock.now())
    assert api.post(f"/api/v1/orders/{other.pk}/cancel").json()["code"] == "already_shipped"


def test_collected_goods_are_handed_over_by_code(shop: Shop, api: ApiClient) -> None:
    order = place_retail_order(
        lines=[NewLine("G-01", 1)], adjustments=OrderAdjustments(is_pickup=True), now=clock.now()
    )
    pay(order)
    wrong = f"{(int(order.pickup_code) + 1) % 1_000_000:06}"
    with pytest.raises(WrongPickupCode):
        hand_over_order(order_id=order.pk, code=wrong, now=clock.now())
    answer = api.post(f"/api/v1/orders/{order.pk}/hand-over", {"code": order.pickup_code})
    assert (answer.json()["fulfilment_state"], "pickup_code" in answer.json()) == ("delivered", False)
    sent = sell(("G-01", 1))
    assert api.post(f"/api/v1/orders/{sent.pk}/hand-over", {"code": "123456"}).json()["code"] == "not_for_pickup"


def test_the_dialogs_change_orders(shop: Shop, brand: Brand) -> None:
    person = users.create_user(name="Fang", role="owner", email="fang@changes.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    first = sell(("G-01", 3))
    other = sell(("G-02", 1))
    page = f"/console/orders/order/{first.pk}/"
    receiver = {"name": "李四", "phone": "13900000000", "address": "1号"}
    for act in ("change_receiver", "change_note", "change_goods", "split", "merge"):
        assert console.get(f"{page}{act}/").status_code == 200, act
    for act, fields in (
        ("change_note", {"note": "gift", "reason": "asked"}),
        ("change_receiver", receiver | {"region": "杭州西湖", "reason": "x"}),
        ("merge", {"order_ids": [other.pk], "freight": "0", "reason": "x"}),
        (
            "change_goods",
            {"line_0_sku": "G-01", "line_0_quantity": "4", "discount": "0", "freight": "3", "reason": "x"},
        ),
        ("split", {"line_1": "1", "reason": "x"}),
    ):
        answer = console.post(f"{page}{act}/", fields)
        assert answer.status_code == 302, (act, answer.content.decode()[-3000:])
    first.refresh_from_db()
    assert (first.note, first.receiver["district"], first.total) == ("gift", "西湖区", Decimal("33.00"))
