"""Refusals of order pages and changes; their dialogs and lists at the edges."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.core.errors import DomainError
from sandbox.couriers.fake import CHINA, FakeKdniao
from tenant_apps.orders.admin import lists_below
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services import merge_orders as merging
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
from tenant_apps.orders.services.place_sample import place_sample_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tenant_apps.orders.views import shipping as ship_page
from tenant_apps.shipping.selectors.parcels import ParcelNotFound
from tenant_apps.shipping.services import settings as shipping
from tests.factories.api_client import ApiClient
from tests.factories.hands import console, console_as
from tests.factories.lists import act_on
from tests.factories.trade import PHONE, Shop, assert_books_are_sound, sell

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db
ORDERS = "/console/orders/order/"
FAR = "浙江省杭州市西湖区文三路"


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*(wanted or (("G-01", 1),)))
    return pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())


def shipped() -> Order:
    return ship_order(order_id=paid().pk, carrier="SF", tracking_number="SF1", now=clock.now())


def in_two_parcels() -> Order:
    order = paid(("G-01", 2))
    for number, lines in (("A", [ShipmentLine(1, 1)]), ("B", None)):
        packing = Packing(lines=lines)
        ship_order(order_id=order.pk, carrier="SF", tracking_number=number, packing=packing, now=clock.now())
    return order


def errors_of(answer: "Response") -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def states_of(*orders: Order) -> list[str]:
    return list(Order.objects.filter(pk__in=[one.pk for one in orders]).order_by("pk").values_list("state", flat=True))


def read(owner: Client, text: str) -> dict[str, list[str]]:
    answer = owner.post("/console/orders/new/read/", {"text": text}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, list[str]] = answer.json()
    return found


def test_a_text_without_an_address_fills_in_no_receiver(shop: Shop, console: Client) -> None:
    found = read(console, "寄件人：张三 13800000000 广东省深圳市南山区科技园1栋")
    assert not found["receiver"]
    assert len(found["says"]) == 1


def test_a_text_says_what_the_form_does_not_show(shop: Shop, console: Client) -> None:
    one = "张三 13800000000 广东省深圳市南山区科技园1栋"
    plain = read(console, one)["says"]
    two = read(console, f"{one}\n\n李四 13900000000 {FAR}2号")["says"]
    extended = read(console, "张三 13800000000-1234 广东省深圳市南山区科技园1栋")["says"]
    assert any("1" in said for said in two)
    assert len(two) > len(plain)
    assert any("1234" in said for said in extended)


def merge(api: ApiClient, target: Order, *others: Order, freight: str = "0") -> "Response":
    body = {"order_ids": [one.pk for one in others], "freight": freight, "reason": "one parcel"}
    return api.post(f"/api/v1/orders/{target.pk}/merge", body)


def test_orders_that_differ_are_not_merged(shop: Shop, api: ApiClient) -> None:
    first, second = sell(("G-01", 1)), sell(("G-01", 2))
    nobody = [place_retail_order(lines=[NewLine("G-01", 1)], now=clock.now()) for _ in range(2)]
    assert errors_of(merge(api, nobody[0], nobody[1])) == [("order_ids", "not_mergeable")]
    cheaper = {"lines": [{"sku": "G-01", "quantity": 2, "unit_price": "9"}], "discount": "0", "freight": "0"}
    answer = api.post(f"/api/v1/orders/{second.pk}/change-goods", {**cheaper, "reason": "agreed"})
    assert answer.status_code == 200
    assert errors_of(merge(api, first, second)) == [("order_ids", "not_mergeable")]
    assert states_of(first, second, *nobody) == ["open"] * 4


def test_sent_and_collected_orders_are_not_merged(shop: Shop, api: ApiClient) -> None:
    first = sell(("G-01", 1))
    second = place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(phone=PHONE),
        adjustments=OrderAdjustments(is_pickup=True),
        now=clock.now(),
    )
    Order.objects.filter(pk=second.pk).update(customer_id=first.customer_id, upline=first.upline)
    answer = merge(api, first, second)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_mergeable")
    assert states_of(first, second) == ["open", "open"]


def test_a_merge_stays_within_what_an_order_may_be(shop: Shop, monkeypatch: pytest.MonkeyPatch, api: ApiClient) -> None:
    first, second = sell(("G-01", 1)), sell(("G-02", 1))
    for freight in (Decimal("-1"), Decimal("1.005")):
        with pytest.raises(DomainError) as refusal:
            merging.merge_orders(order_id=first.pk, other_ids=[second.pk], freight=freight, reason="x", now=clock.now())
        assert [(one.field, one.code) for one in refusal.value.errors] == [("freight", "invalid_terms")]
    with monkeypatch.context() as smaller:
        smaller.setattr(merging, "MAX_LINES", 1)
        assert errors_of(merge(api, first, second)) == [("order_ids", "too_many_lines")]
    with monkeypatch.context() as smaller:
        smaller.setattr(merging, "MAX_MONEY", Decimal(20))
        assert errors_of(merge(api, first, second)) == [("order_ids", "invalid_terms")]
    assert states_of(first, second) == ["open", "open"]
    first.refresh_from_db()
    assert first.total == Decimal("10.00")


def test_goods_of_a_restock_are_priced_for_the_agent(shop: Shop, api: ApiClient) -> None:
    order = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 2)], now=clock.now())
    lines = [{"sku": "G-01", "quantity": 3}, {"sku": "G-02", "quantity": 1}]
    body = {"lines": lines, "discount": "0", "freight": "0", "reason": "asked"}
    answer = api.post(f"/api/v1/orders/{order.pk}/change-goods", body)
    assert (answer.status_code, answer.json()["total"]) == (200, "35.00")


def test_a_job_without_a_number_is_not_started(shop: Shop, console: Client) -> None:
    order = paid()
    answer = console.post(f"/console/orders/ship/?ids={order.pk}", {"ids": str(order.pk), "in_background": "1"})
    assert answer.status_code == 200
    assert [parcel.order.pk for parcel in answer.context["parcels"]] == [order.pk]
    order.refresh_from_db()
    assert order.fulfilment_state == "unfulfilled"


def test_a_correction_names_one_of_several_parcels(shop: Shop, console: Client) -> None:
    order = in_two_parcels()
    first, second = order_parcels.list_parcels(order_id=order.pk)
    address = f"{ORDERS}{order.pk}/correct_tracking/"
    form = console.get(address).context["form"]
    assert [pk for pk, _label in form.fields["parcel_id"].choices] == [second.pk, first.pk]
    filled = {"carrier": "ZTO", "tracking_number": "A2", "reason": "typo"}
    refused = console.post(address, {**filled, "parcel_id": "999999"})
    assert list(refused.context["form"].errors) == ["parcel_id"]
    assert console.post(address, {**filled, "parcel_id": str(first.pk)}).status_code == 302
    assert [one.tracking_number for one in order_parcels.list_parcels(order_id=order.pk)] == ["A2", "B"]
    order.refresh_from_db()
    assert order.tracking_number == "B"


def test_a_parcel_of_another_order_is_not_corrected(shop: Shop) -> None:
    order, other = shipped(), in_two_parcels()
    theirs = order_parcels.list_parcels(order_id=other.pk)[0]
    with pytest.raises(ParcelNotFound) as refusal:
        correct_parcel(order_id=order.pk, parcel_id=theirs.pk, carrier="ZTO", tracking_number="X", reason="typo")
    assert [one.field for one in refusal.value.errors] == ["parcel_id"]
    assert [one.tracking_number for one in order_parcels.list_parcels(order_id=other.pk)] == ["A", "B"]


def test_the_ship_dialog_says_what_is_left(shop: Shop, console: Client) -> None:
    order = paid(("G-01", 2), ("G-02", 1))
    filled = {"carrier": "SF", "tracking_number": "1"}
    assert console.post(f"{ORDERS}{order.pk}/ship/", {**filled, "line_1": "3"}).status_code == 200
    for pieces, state in (({"line_2": "1"}, "partly_shipped"), ({"line_1": "2"}, "shipped")):
        assert console.post(f"{ORDERS}{order.pk}/ship/", {**filled, **pieces}).status_code == 302
        order.refresh_from_db()
        assert order.fulfilment_state == state
    assert_books_are_sound()


def test_goods_are_handed_over_by_the_right_code(shop: Shop, console: Client) -> None:
    adjustments = OrderAdjustments(is_pickup=True)
    order = place_retail_order(lines=[NewLine("G-01", 1)], adjustments=adjustments, now=clock.now())
    pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())
    wrong = f"{(int(order.pickup_code) + 1) % 1_000_000:06}"
    for code, status, state in ((wrong, 200, "unfulfilled"), (order.pickup_code, 302, "delivered")):
        assert console.post(f"{ORDERS}{order.pk}/hand_over/", {"code": code}).status_code == status
        order.refresh_from_db()
        assert order.fulfilment_state == state


def test_a_waybill_needs_a_carrier_and_an_account(shop: Shop, console: Client) -> None:
    order = paid()
    address = f"{ORDERS}{order.pk}/get_waybill/"
    form = console.get(address).context["form"]
    assert form.fields["carrier"].initial == order_parcels.list_carriers()[0]
    assert list(console.post(address, {"carrier": " "}).context["form"].errors) == ["carrier"]
    refused = console.post(address, {"carrier": "圆通速递"})
    assert (refused.status_code, bool(refused.context["form"].errors)) == (200, True)
    assert order_parcels.find_prepared_parcel(order_id=order.pk) is None


def test_an_order_is_cancelled_and_linked_by_its_buttons(shop: Shop, console: Client) -> None:
    order, other = sell(("G-01", 1)), paid()
    for act, one, there in (
        ("order_again", order, f"/console/orders/new/?again={order.pk}"),
        ("print_slip", order, f"/console/orders/packing-slips/?ids={order.pk}"),
        ("pack", other, f"/console/orders/pack/{other.pk}/"),
    ):
        answer = console.get(f"{ORDERS}{one.pk}/{act}/")
        assert (answer.status_code, answer["Location"]) == (302, there), act
    assert console.post(f"{ORDERS}{order.pk}/cancel/").status_code == 302
    assert states_of(order) == ["cancelled"]


def test_acts_of_the_list_move_what_may_be_moved(shop: Shop, console: Client) -> None:
    sent, unpaid = shipped(), sell(("G-01", 1))
    both = [sent.pk, unpaid.pk]
    for action, fulfilment, states in (
        ("deliver_selected", "delivered", ["open", "open"]),
        ("complete_selected", "delivered", ["completed", "open"]),
        ("cancel_selected", "delivered", ["completed", "cancelled"]),
    ):
        assert act_on(console, ORDERS, action, both).status_code in (200, 302), action
        sent.refresh_from_db()
        assert (sent.fulfilment_state, states_of(sent, unpaid)) == (fulfilment, states), action


def test_the_list_prints_and_exports_the_ticked_orders(shop: Shop, console: Client) -> None:
    first, second = paid(), paid()
    for action, page in (("pick_selected", "pick-list"), ("print_selected", "packing-slips")):
        answer = console.post(ORDERS, {"action": action, "_selected_action": [second.pk, first.pk]})
        assert answer["Location"].endswith(f"/console/orders/{page}/?ids={first.pk},{second.pk}"), action
    for action in ("export_selected", "export_selected_masked"):
        answer = console.post(ORDERS, {"action": action, "_selected_action": [first.pk]})
        assert (answer.status_code, ".xlsx" in answer["Content-Disposition"]) == (200, True), action
    assert console.get(f"{ORDERS}new_order/")["Location"] == "/console/orders/new/"


def test_boxes_of_orders_ask_for_the_permission(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid()
    monkeypatch.setattr(lists_below, "may_read", lambda request, permission: False)
    assert order.customer_id is not None
    request = HttpRequest()
    assert lists_below.orders_of_customer(request, order.customer_id) is None
    assert lists_below.refunds_of_customer(request, order.customer_id) is None
    assert lists_below.happenings_of_customer(request, order.customer_id) == []
    assert lists_below.orders_of_product(request, 1) is None
    assert lists_below.name_orders(request, [order.pk])[order.pk][1] == ""


def test_a_waybill_is_got_and_voided_by_the_buttons(shop: Shop, console: Client, settings: Settings) -> None:
    with FakeKdniao(now=datetime(2026, 11, 30, 8, 0, tzinfo=CHINA)) as fake:
        settings.KDNIAO_API_BASE = fake.url
        sender = shipping.Sender("榕易", "+8613900000000", "广东省", "深圳市", "福田区", "深南大道1号")
        shipping.change_carriers(carriers=[], sender=sender)
        shipping.change_account(account=shipping.WaybillKeys(fake.business_id, {"YTO": "K1"}, fake.app_key))
        shipping.change_rules(rules=[], usual_carrier="圆通速递")
        receiver = Receiver(
            name="范琳", phone=PHONE, province="广东省", city="深圳市", district="南山区", address="科技园1栋"
        )
        buyer = Buyer(phone=PHONE, receiver=receiver)
        order = place_retail_order(lines=[NewLine("G-01", 1)], buyer=buyer, now=clock.now())
        pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())
        page = f"{ORDERS}{order.pk}/"
        for act in ("get_waybill", "ship"):
            assert console.get(f"{page}{act}/").context["form"].fields["carrier"].initial == "圆通速递"
        assert console.post(f"{page}get_waybill/", {"carrier": "圆通速递"}).status_code == 302
        prepared = order_parcels.find_prepared_parcel(order_id=order.pk)
        assert prepared is not None
        form = console.get(f"{page}ship/").context["form"]
        assert form.fields["tracking_number"].initial == prepared.tracking_number
        for _time in range(2):  # the second finds no parcel any more
            console.post(f"{page}void_parcel/")
            assert order_parcels.find_prepared_parcel(order_id=order.pk) is None
        assert [row["cancelled"] for row in fake.waybills()] == [True]


def test_a_quote_without_weight_names_the_line(shop: Shop, console: Client) -> None:
    prices = {"first": 1000, "first_price": "8.00", "step": 1000, "step_price": "2.00"}
    template = {"name": "重", "charge_by": "weight", "zones": [], "default": prices, "is_default": True}
    made = console.post("/api/v1/freight-templates", template, content_type="application/json")
    assert made.status_code == 201, made.content
    asked = {
        "lines": [{"sku": "NIX", "quantity": 1}, {"sku": "G-01", "quantity": 2}],
        "receiver": {"address": "科技园1栋"},
        "region": "广东 深圳 南山",
    }
    answer = console.post("/console/orders/new/quote/", asked, content_type="application/json")
    assert [field for field, _code in errors_of(answer)] == ["lines.0.sku", "lines.1.sku"]
    empty = console.post("/console/orders/new/quote/", {"lines": []}, content_type="application/json")
    assert errors_of(empty) == [("lines", "too_many_lines")]


def test_goods_of_a_sample_stay_free(shop: Shop, api: ApiClient) -> None:
    order = place_sample_order(lines=[NewLine("G-01", 1)], now=clock.now())
    body = {"lines": [{"sku": "G-01", "quantity": 2}], "discount": "0", "freight": "0", "reason": "asked"}
    answer = api.post(f"/api/v1/orders/{order.pk}/change-goods", body)
    assert (answer.status_code, answer.json()["total"]) == (200, "0.00")
    assert list(order.lines.values_list("quantity", flat=True)) == [2]


def test_an_order_shipped_meanwhile_stays_on_the_page_with_the_reason(
    shop: Shop, console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid()

    def ship_after_another(*, order_id: int, now: datetime, **filled: object) -> Order:
        ship_order(order_id=order_id, carrier="ZTO", tracking_number="Z1", now=now)
        return ship_order(order_id=order_id, carrier="SF", tracking_number="SF1", now=now)

    monkeypatch.setattr(ship_page, "ship_order", ship_after_another)
    fields = {"ids": str(order.pk), f"carrier_{order.pk}": "SF", f"tracking_number_{order.pk}": "SF1"}
    answer = console.post(f"/console/orders/ship/?ids={order.pk}", fields)
    (parcel,) = answer.context["parcels"]
    assert (answer.status_code, list(parcel.errors)) == (200, [""])
    order.refresh_from_db()
    assert order.tracking_number == "Z1"


def test_words_that_nobody_understands_are_said(shop: Shop, console: Client) -> None:
    says = read(console, "张三 13800000000 广东省深圳市南山区科技园1栋\n#8848#")["says"]
    assert any("#8848#" in said for said in says)
