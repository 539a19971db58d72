"""The orders' API: answers, filters, pages, permissions, and bad input named field by field."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenant_apps.orders.models import Order
from tenant_apps.orders.services.place_order import NewLine, place_retail_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, sell

pytestmark = pytest.mark.django_db


def place(api: ApiClient, **changes: Any) -> Any:
    return api.post("/api/v1/orders", {"lines": [{"sku": "G-01", "quantity": 2}], **changes})


def complaints(answer: Any) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def test_an_order_through_its_whole_life(shop: Shop, api: ApiClient) -> None:
    answer = place(
        api,
        buyer={"phone": "13800000001", "name": "王芳🌸"},
        receiver={"name": "王芳", "city": "杭州市"},
        agent_code="LING",
        discount="1.00",
        freight=8,
    )
    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert (order["total"], order["goods_amount"], order["discount"], order["freight"]) == (
        "27.00",
        "19.00",
        "1.00",
        "8.00",
    )
    assert [member["code"] for member in order["upline"]] == ["LING", "MEI"]
    assert order["lines"][0]["unit_price"] == "10.0000"
    assert order["lines"][0]["tax_rate"] == "0.130000"
    path = f"/api/v1/orders/{order['id']}"
    assert order.pop("pickup_code") == ""
    assert api.get(path).json() == order
    paid = api.post(f"{path}/pay", {"method": "wechat", "reference": "wx-1", "amount": "27.00"}).json()
    assert paid["payment_state"] == "paid"
    assert paid["payments"][0]["reference"] == "wx-1"
    shipped = api.post(f"{path}/ship", {"carrier": "SF", "tracking_number": "SF1"}).json()
    assert shipped["fulfilment_state"] == "shipped"
    right = {"carrier": "SF", "tracking_number": "SF2", "reason": "typo"}
    assert api.post(f"{path}/correct-parcel", right).json()["tracking_number"] == "SF2"
    assert api.post(f"{path}/deliver").json()["fulfilment_state"] == "delivered"
    refund = api.post(f"{path}/refund", {"lines": [{"line_no": 1, "quantity": 1}], "freight": True, "restock": True})
    assert refund.status_code == 201
    assert (refund.json()["amount"], refund.json()["freight"]) == ("17.50", "8.00")
    assert refund.json()["lines"] == [{"line_no": 1, "quantity": 1, "amount": "9.50"}]
    assert api.post(f"{path}/complete").json()["state"] == "completed"
    read = api.get(path).json()
    assert read["refunded_amount"] == "17.50"
    assert read["refunds"][0]["number"].startswith("RF")
    assert api.get(f"/api/v1/orders/by-number/{order['number'].lower()}").json()["id"] == order["id"]


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({}, None),
        ({"restock": True, "reason": "x"}, None),
        ({"freight_amount": "3.00"}, "3.00"),
        ({"freight": True}, "8.00"),
        ({"freight": True, "freight_amount": "3.00"}, "3.00"),
        ({"lines": [{"line_no": 1, "amount": "2.50"}], "freight_amount": "1.00"}, "3.50"),
        ({"everything": True}, "18.00"),
    ],
)
def test_only_what_is_named_is_refunded(shop: Shop, api: ApiClient, body: dict[str, Any], amount: str | None) -> None:
    order = sell(("G-01", 1), freight="8.00")
    api.post(f"/api/v1/orders/{order.pk}/pay", {"method": "bank", "reference": "b-1"})
    answer = api.post(f"/api/v1/orders/{order.pk}/refund", body)
    assert (answer.status_code, answer.json().get("amount")) == ((201, amount) if amount else (422, None))
    order.refresh_from_db()
    assert order.refunded_amount == Decimal(amount or 0)


def test_a_restock_through_the_api(shop: Shop, api: ApiClient) -> None:
    answer = place(api, kind="restock", agent_id=shop.ling.pk)
    assert answer.json()["total"] == "14.00"
    assert api.get(f"/api/v1/orders/{answer.json()['id']}").json() | {"pickup_code": ""} == answer.json()
    assert complaints(place(api, kind="restock")) == [("agent_id", "agent_missing")]


def test_cancelling(shop: Shop, api: ApiClient) -> None:
    order = place(api).json()
    assert api.post(f"/api/v1/orders/{order['id']}/cancel").json()["state"] == "cancelled"
    again = api.post(f"/api/v1/orders/{order['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "order_not_open")


@pytest.mark.parametrize(
    ("body", "status", "field", "code"),
    [
        ({"lines": []}, 422, "lines", "too_many_lines"),
        ({"lines": [{"sku": "G-01", "quantity": 1}] * 10_000}, 422, "lines", "too_many_lines"),
        ({"lines": [{"sku": "G-01", "quantity": 0}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01", "quantity": -1}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01", "quantity": 1_000_001}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01", "quantity": "1"}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01", "quantity": 1.5}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01", "quantity": True}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "G-01"}]}, 422, "lines.0.quantity", None),
        ({"lines": [{"sku": "", "quantity": 1}]}, 422, "lines.0.sku", None),
        ({"lines": [{"sku": "x" * 65, "quantity": 1}]}, 422, "lines.0.sku", None),
        ({"lines": [{"sku": "G-01", "quantity": 1, "price": "1.00"}]}, 422, "lines.0.price", None),
        ({"lines": "G-01"}, 422, "lines", None),
        ({"lines": [{"sku": sku, "quantity": 1} for sku in ("G-01", "g-01")]}, 422, "lines.1.sku", "duplicate_sku"),
        ({"lines": [{"sku": "NIX", "quantity": 1}]}, 422, "lines.0.sku", "unknown_sku"),
        ({"lines": [{"sku": "G-01", "quantity": 101}]}, 409, "lines.0.quantity", "insufficient_stock"),
        ({"total": "1.00"}, 422, "total", None),
        ({"discount": "1.001"}, 422, "discount", None),
        ({"discount": 1.5}, 422, "discount", None),
        ({"discount": "-1.00"}, 422, "discount", None),
        ({"discount": "NaN"}, 422, "discount", None),
        ({"discount": "20.01"}, 422, "discount", "invalid_terms"),
        ({"freight": "1e3"}, 422, "freight", None),
        ({"kind": "return"}, 422, "kind", None),
        ({"channel": "nowhere"}, 422, "channel", "unknown_reference"),
        ({"agent_code": "NIX"}, 404, "agent_code", "agent_not_found"),
        ({"agent_code": ""}, 422, "agent_code", None),
        ({"buyer": {"phone": "abc"}}, 422, "buyer.phone", None),
        ({"buyer": {"customer_id": 0}}, 422, "buyer.customer_id", None),
        ({"buyer": {"customer_id": 10**12}}, 422, "buyer.customer_id", "unknown_reference"),
        ({"buyer": {"customer_id": 2**63}}, 422, "buyer.customer_id", None),
        ({"note": "x" * 501}, 422, "note", None),
    ],
)
def test_bad_orders_are_named_and_change_nothing(
    shop: Shop, api: ApiClient, body: dict[str, Any], status: int, field: str, code: str | None
) -> None:
    answer = place(api, **body)
    assert answer.status_code == status, answer.content
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert code is None or complaints(answer) == [(field, code)]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "body", [{"lines": [{"sku": "G\u0000", "quantity": 1}]}, {"receiver": {"address": "\u0000"}}, {"note": "\u0000"}]
)
def test_nul_is_refused_wherever_it_stands(shop: Shop, api: ApiClient, body: dict[str, Any]) -> None:
    answer = place(api, **body)
    assert answer.status_code == 422
    assert [one["field"].partition(".")[0] for one in answer.json()["errors"]] == list(body)


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("pay", {"method": "gold", "reference": "x"}, "method"),
        ("pay", {"method": "bank", "reference": ""}, "reference"),
        ("pay", {"method": "bank"}, "reference"),
        ("pay", {"method": "bank", "reference": "x", "amount": "1.234"}, "amount"),
        ("pay", {"method": "bank", "reference": "x", "amount": "1.00"}, "amount"),
        ("ship", {"carrier": "x" * 41}, "carrier"),
        ("ship", {"parcel": 1}, "parcel"),
        ("refund", {"lines": []}, "lines"),
        ("refund", {"everything": True, "freight": True}, "everything"),
        ("refund", {"everything": True, "freight_amount": "1.00"}, "everything"),
        ("refund", {"everything": True, "lines": [{"line_no": 1, "quantity": 1}]}, "everything"),
        ("refund", {"lines": [{"line_no": 0, "quantity": 1}]}, "lines.0.line_no"),
        ("refund", {"lines": [{"line_no": 1, "quantity": -1}]}, "lines.0.quantity"),
        ("refund", {"lines": [{"line_no": 1, "amount": "-1"}]}, "lines.0.amount"),
    ],
)
def test_bad_steps_are_named(shop: Shop, api: ApiClient, step: str, body: dict[str, Any], field: str) -> None:
    order = sell(("G-01", 1))
    answer = api.post(f"/api/v1/orders/{order.pk}/{step}", body)
    assert answer.status_code == 422, answer.content
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    order.refresh_from_db()
    assert order.payment_state == "unpaid"


@pytest.mark.parametrize("step", ["pay", "ship", "deliver", "complete", "cancel", "refund"])
def test_unknown_orders_are_404(api: ApiClient, step: str) -> None:
    body = {"method": "bank", "reference": "x"} if step == "pay" else {}
    answer = api.post(f"/api/v1/orders/999999999/{step}", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert api.get("/api/v1/orders/999999999").status_code == 404
    assert api.get(f"/api/v1/orders/{10**30}").status_code == 404
    assert api.get("/api/v1/orders/by-number/SO1").status_code == 404


@pytest.mark.parametrize(
    ("role", "step", "allowed"),
    [("warehouse", "ship", True), ("warehouse", "refund", False), ("sales", "refund", False), ("finance", "pay", True)],
)
def test_steps_ask_for_their_permission(
    shop: Shop, api_as: Callable[[str], ApiClient], role: str, step: str, allowed: bool
) -> None:
    order = sell(("G-01", 1))
    body = {"method": "bank", "reference": "x"} if step == "pay" else {}
    answer = api_as(role).post(f"/api/v1/orders/{order.pk}/{step}", body)
    assert (answer.status_code != 403) is allowed, answer.content


def test_nobody_reads_without_a_key(anonymous: Any) -> None:
    assert anonymous.get("/api/v1/orders").status_code == 401


def test_the_list_filters_and_pages(shop: Shop, api: ApiClient) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    orders = [
        place_retail_order(
            lines=[NewLine("G-01", 1)], agent_code="LING" if day % 2 else None, now=start + timedelta(days=day)
        )
        for day in range(5)
    ]
    mine = sell(("G-01", 1))
    api.post(f"/api/v1/orders/{mine.pk}/pay", {"method": "cash", "reference": "c"})

    def ids(query: str) -> list[int]:
        answer = api.get(f"/api/v1/orders?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["items"]]

    newest_first = [mine.pk, *[order.pk for order in reversed(orders)]]
    assert ids("") == newest_first
    assert ids("payment_state=paid") == [mine.pk]
    assert ids("state=cancelled") == []
    assert ids("fulfilment_state=unfulfilled&state=open") == newest_first
    assert ids(f"agent_id={shop.ling.pk}") == [orders[3].pk, orders[1].pk]
    assert ids("customer_phone=138%200000%200001") == [mine.pk]
    assert ids("customer_phone=13900000000") == []
    assert ids(f"number={orders[2].number}") == [orders[2].pk]
    assert ids("channel=api") == []
    assert ids("since=2026-03-02T00:00:00Z&until=2026-03-04T00:00:00Z") == [orders[2].pk, orders[1].pk]
    seen: list[int] = []
    cursor = ""
    while True:
        page = api.get(f"/api/v1/orders?limit=4&cursor={cursor}").json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == newest_first
    assert set(page["items"][0]) >= {"number", "total", "placed_at", "channel"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("state=gone", "state"),
        ("agent_id=0", "agent_id"),
        ("since=2026-01-01", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("cursor=MjAyNi0wMS0wMSwx", "cursor"),
    ],
)
def test_bad_queries_are_named(shop: Shop, api: ApiClient, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/orders?{query}")
    assert answer.status_code == 422, answer.content
    assert [one["field"].removeprefix("filters.") for one in answer.json()["errors"]] == [field]


def test_a_page_takes_the_same_statements_however_long(shop: Shop, api: ApiClient) -> None:
    for _order in range(3):
        sell(("G-01", 1))
    api.get("/api/v1/orders")
    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as captured:
            api.get(f"/api/v1/orders?limit={limit}")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_channels(api: ApiClient) -> None:
    assert {one["code"] for one in api.get("/api/v1/channels").json()["items"]} >= {"manual", "api"}
    assert api.post("/api/v1/channels", {"code": "taobao", "name": "淘宝"}).status_code == 201
    again = api.post("/api/v1/channels", {"code": "taobao", "name": "淘宝"})
    assert (again.status_code, complaints(again)) == (409, [("code", "duplicate_channel")])


def test_the_same_key_places_one_order(shop: Shop, api: ApiClient) -> None:
    body = {"lines": [{"sku": "G-01", "quantity": 2}]}
    first = api.post("/api/v1/orders", body, key="k-1")
    second = api.post("/api/v1/orders", body, key="k-1")
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1
