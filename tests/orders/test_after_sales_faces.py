"""After-sales by API and console: rights apart, bad input by field, dialogs in which what is filled counts."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import AfterSale, Order, Refund
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.api_client import ApiClient
from tests.factories.pictures import picture_bytes
from tests.factories.trade import Shop, assert_books_are_sound, sell

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db
Json = dict[str, object]
AFTER_SALES = "/api/v1/after-sales"
RETURN = {"kind": "return", "reason": "quality", "lines": [{"line_no": 1, "quantity": 2}]}


@pytest.fixture
def order(shop: Shop) -> Order:
    """Three pieces at 10.00, one at 20.00, a service at 15.00, freight 8.00: signed for."""
    made = sell(("G-01", 3), ("G-02", 1), ("POST", 1), freight="8.00")
    pay_order(order_id=made.pk, method="bank", reference="b-1", now=clock.now())
    ship_order(order_id=made.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    return deliver_order(order_id=made.pk, now=clock.now())


@pytest.fixture
def console(brand: Brand) -> Client:
    owner = users.create_user(name="owner", role="owner", email="owner@console.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(owner)
    return client


def ask(api: ApiClient, order: Order, **changes: object) -> "Response":
    return api.post(f"/api/v1/orders/{order.pk}/after-sales", {**RETURN, **changes})


def test_three_roles_do_their_parts(api_as: Callable[[str], ApiClient], order: Order) -> None:
    sales, warehouse, finance = api_as("sales"), api_as("warehouse"), api_as("finance")
    assert ask(warehouse, order).status_code == ask(finance, order).status_code == 403
    asked = ask(sales, order, note="瓶盖裂了").json()
    assert (asked["state"], asked["waits_for"], asked["amount"]) == ("requested", "review", "20.00")
    address = f"{AFTER_SALES}/{asked['id']}"
    steps: list[tuple[str, ApiClient, Json, str]] = [
        ("approve", sales, {}, "buyer"),
        ("goods-sent", sales, {"carrier": "YTO", "tracking_number": "YT1"}, "arrival"),
        ("receive", warehouse, {}, "inspection"),
        ("inspect", warehouse, {"lines": [{"line_no": 1, "good": 1, "damaged": 1}]}, "refund"),
        ("refund", finance, {}, ""),
    ]
    for act, mine, body, waits_for in steps:
        for other in {sales, warehouse, finance} - {mine}:
            assert other.post(f"{address}/{act}", body).status_code == 403
        answer = mine.post(f"{address}/{act}", body)
        assert (answer.status_code, answer.json()["waits_for"]) == (200, waits_for), answer.content
        again = mine.post(f"{address}/{act}", body)
        assert again.status_code == 409, again.content
    said = sales.get(address).json()
    assert (said["state"], len(said["refund_ids"])) == ("done", 1)
    refunds = sales.get(f"/api/v1/orders/{order.pk}").json()["refunds"]
    assert [(one["amount"], one["after_sale_id"]) for one in refunds] == [("20.00", asked["id"])]
    assert_books_are_sound()


BAD: list[tuple[Json, int, str, str]] = [
    ({"kind": "gift"}, 422, "enum", "kind"),
    ({"reason": "mood"}, 422, "enum", "reason"),
    ({"reason": "other"}, 422, "note_missing", "note"),
    ({"lines": []}, 422, "lines_missing", "lines"),
    ({"lines": [{"line_no": 1}]}, 422, "nothing_to_refund", "lines.0.refund_quantity"),
    ({"lines": [{"line_no": 9, "quantity": 1}]}, 422, "unknown_line", "lines.0.line_no"),
    ({"lines": [{"line_no": 1, "quantity": 4}]}, 422, "exceeds_shipped", "lines.0.quantity"),
    ({"lines": [{"line_no": 3, "quantity": 1}]}, 422, "not_goods", "lines.0.quantity"),
    (
        {"lines": [{"line_no": 1, "quantity": 1, "refund_quantity": 4}]},
        422,
        "exceeds_ordered",
        "lines.0.refund_quantity",
    ),
    ({"lines": [{"line_no": 1, "quantity": 1, "amount": "30.01"}]}, 422, "exceeds_paid", "lines.0.amount"),
    ({"lines": [{"line_no": 1, "quantity": 1}] * 2}, 422, "duplicate_line", "lines.1.line_no"),
    ({"lines": [{"line_no": 1, "refund_quantity": 1}]}, 422, "lines_missing", "lines"),
    ({"freight": "8.01"}, 422, "invalid_after_sale", "freight"),
    ({"late_reason": "VIP"}, 422, "invalid_after_sale", "late_reason"),
    ({"to_pay": "1"}, 422, "not_an_exchange", "difference"),
    ({"to_pay": "1", "to_refund": "1"}, 422, "pays_and_gets_back", "to_refund"),
    ({"replacements": [{"sku": "G-02", "quantity": 1}]}, 422, "not_an_exchange", "replacements"),
    ({"kind": "exchange"}, 422, "replacements_missing", "replacements"),
    (
        {"kind": "exchange", "replacements": [{"sku": "X", "quantity": 1}]},
        422,
        "invalid_after_sale",
        "replacements.0.sku",
    ),
    (
        {"kind": "exchange", "replacements": [{"sku": "G-02", "quantity": 1}, {"sku": "g-02", "quantity": 1}]},
        422,
        "duplicate_sku",
        "replacements.1.sku",
    ),
    ({"kind": "exchange", "freight": "1"}, 422, "no_refund_in_exchange", "freight"),
    (
        {"kind": "exchange", "lines": [{"line_no": 1, "quantity": 1, "refund_quantity": 1}]},
        422,
        "no_refund_in_exchange",
        "lines.0.amount",
    ),
    ({"kind": "refund_only"}, 422, "no_goods_back", "lines.0.quantity"),
    ({"kind": "refund_only", "lines": []}, 422, "invalid_after_sale", "lines"),
    ({"state": "done"}, 422, "extra_forbidden", "state"),
]


@pytest.mark.parametrize(("changes", "status", "code", "field"), BAD, ids=[f"{c}-{f}" for _, _, c, f in BAD])
def test_bad_requests(api: ApiClient, order: Order, changes: Json, status: int, code: str, field: str) -> None:
    answer = ask(api, order, **changes)
    assert answer.status_code == status, answer.content
    assert (field, code) in [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert not AfterSale.objects.exists()
    assert not Order.objects.get(pk=order.pk).lines.exclude(claimed_quantity=0).exists()


def test_bad_inspections_change_nothing(api: ApiClient, order: Order) -> None:
    address = f"{AFTER_SALES}/{ask(api, order).json()['id']}"
    api.post(f"{address}/approve")
    assert api.post(f"{address}/inspect", {"lines": [{"line_no": 1, "good": 2}]}).status_code == 409
    api.post(f"{address}/receive")
    for lines, field in (
        ([{"line_no": 1}], "lines.0.good"),
        ([{"line_no": 1, "good": 2, "lost": 1}], "lines.0.good"),
        ([{"line_no": 2, "good": 1}], "lines.0.line_no"),
        ([{"line_no": 1, "good": 1}, {"line_no": 1, "good": 1}], "lines.1.line_no"),
        ([{"line_no": 1, "good": 1, "unit_cost": "4"}], "lines.0.unit_cost"),
        ([], "lines"),
    ):
        answer = api.post(f"{address}/inspect", {"lines": lines})
        assert answer.status_code == 422
        assert field in [one["field"] for one in answer.json()["errors"]]
    assert (
        api.post(f"{address}/inspect", {"lines": [{"line_no": 1, "good": 2}], "warehouse_id": 987}).status_code == 422
    )
    assert api.post(f"{address}/refund", {"amount": "20.01"}).status_code == 422
    assert api.post(f"{address}/refund", {"method": "outside"}).status_code == 422
    assert api.post(f"{address}/refuse", {"reason": "x"}).status_code == 409
    assert api.post(f"{address}/cancel", {"reason": "x"}).status_code == 409
    assert api.post(f"{address}/waive-goods", {"reason": "x"}).status_code == 409
    assert api.post(f"{address}/exchange").status_code == 409
    assert AfterSale.objects.get().inspections == 0


def test_the_queue_says_who_waits_and_what_is_late(api: ApiClient, order: Order, console: Client) -> None:
    first, second = ask(api, order).json(), ask(api, order, lines=[{"line_no": 2, "quantity": 1}]).json()
    api.post(f"{AFTER_SALES}/{first['id']}/approve")
    api.post(f"{AFTER_SALES}/{first['id']}/receive")
    AfterSale.objects.filter(pk=first["id"]).update(received_at=clock.now() - timedelta(days=8))
    for query, wanted in (
        ("", [second["id"], first["id"]]),
        ("?waits_for=review", [second["id"]]),
        ("?waits_for=inspection", [first["id"]]),
        ("?waits_for=refund", []),
        ("?is_overdue=true", [first["id"]]),
        ("?is_overdue=false", [second["id"]]),
        ("?state=approved", [first["id"]]),
        ("?kind=exchange", []),
        ("?reason=quality&order_id=987", []),
    ):
        assert [one["id"] for one in api.get(f"{AFTER_SALES}{query}").json()["items"]] == wanted, query
    assert api.get(f"{AFTER_SALES}?waits_for=me").status_code == 422
    page = console.get("/console/orders/aftersale/?overdue=yes").content.decode()
    assert first["number"] in page
    assert second["number"] not in page
    assert "bn-alarm" in page
    assert "bn-alarm" in console.get(f"/console/orders/aftersale/{first['id']}/change/").content.decode()


def test_a_late_request_needs_a_reason(api: ApiClient, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(delivered_at=clock.now() - timedelta(days=8))
    answer = ask(api, order)
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("late_reason", "reason_missing")]
    assert ask(api, order, late_reason="老客户").status_code == 201
    assert api.put("/api/v1/after-sale-settings", {"return_days": 6}).status_code == 422
    assert api.put("/api/v1/after-sale-settings", {"return_days": 15}).json() == {"return_days": 15}
    assert api.get("/api/v1/after-sale-settings").json() == {"return_days": 15}
    assert ask(api, order, lines=[{"line_no": 2, "quantity": 1}]).status_code == 201


def test_photos_are_written_anew_and_guarded(
    api: ApiClient, anonymous: ApiClient, order: Order, console: Client
) -> None:
    made = ask(api, order).json()
    address = f"{AFTER_SALES}/{made['id']}/photos"
    headers = {"authorization": f"Bearer {api.token}"}
    photo = SimpleUploadedFile("裂.jpg", picture_bytes(), content_type="image/jpeg")
    answer = api.client.post(address, {"file": photo}, headers=headers)
    assert answer.status_code == 201, answer.content
    (kept,) = answer.json()["photos"]
    assert api.get(f"{address}/{kept['key']}")["Content-Type"] == "image/jpeg"
    assert api.get(f"{address}/nothing").status_code == 404
    assert anonymous.get(f"{address}/{kept['key']}").status_code == 401
    page = reverse("orders:after_sale_photo", args=[made["id"], kept["key"], "small"], urlconf="config.urls_brand")
    assert console.get(page)["Content-Type"] == "image/webp"
    for bad in (b"MZ\x90", b"<svg/>"):
        wrong = SimpleUploadedFile("a.jpg", bad, content_type="image/jpeg")
        assert api.client.post(address, {"file": wrong}, headers=headers).status_code == 422
    api.post(f"{AFTER_SALES}/{made['id']}/refuse", {"reason": "x"})
    late = SimpleUploadedFile("b.jpg", picture_bytes(), content_type="image/jpeg")
    assert api.client.post(address, {"file": late}, headers=headers).status_code == 409


DIALOGS: list[tuple[str, dict[str, str], str | None]] = [
    ("ask_return", {"line_1_quantity": "2"}, "20.00"),
    ("ask_return", {"line_1_quantity": "2", "line_1_refund_quantity": "0"}, "0.00"),
    ("ask_return", {"line_1_quantity": "1", "line_1_amount": "7.5", "freight": "2"}, "9.50"),
    ("ask_return", {"everything": "on"}, "50.00"),
    ("ask_return", {"everything": "on", "line_1_quantity": "1"}, None),
    ("ask_return", {"everything": "on", "freight": "1"}, None),
    ("ask_return", {"line_1_refund_quantity": "1"}, None),
    ("ask_return", {"line_1_quantity": "4"}, None),
    ("ask_return", {}, None),
    ("ask_refund", {"line_1_refund_quantity": "1", "line_3_amount": "5"}, "15.00"),
    ("ask_refund", {"freight": "8"}, "8.00"),
    ("ask_refund", {"everything": "on"}, "73.00"),
    ("ask_refund", {}, None),
    ("ask_refund", {"line_1_amount": "31"}, None),
    ("ask_exchange", {"line_1_quantity": "1"}, "0.00"),
    ("ask_exchange", {"line_1_quantity": "1", "line_1_sku": "G-02", "to_pay": "10"}, "0.00"),
    ("ask_exchange", {"line_1_sku": "G-02"}, None),
    ("ask_exchange", {"line_1_quantity": "1", "to_pay": "1", "to_refund": "1"}, None),
    ("ask_exchange", {}, None),
]


@pytest.mark.parametrize(("act", "fields", "amount"), DIALOGS)
def test_what_is_filled_in_counts(
    console: Client, order: Order, act: str, fields: dict[str, str], amount: str | None
) -> None:
    answer = console.post(f"/console/orders/order/{order.pk}/{act}/", {"reason": "quality", **fields})
    if amount is None:
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert not AfterSale.objects.exists()
        return
    assert answer.status_code == 302, answer.context["form"].errors
    made = AfterSale.objects.get()
    assert made.amount == Decimal(amount)
    assert f"{made.pk}" in answer["Location"]


def test_the_whole_way_in_the_console(console: Client, order: Order) -> None:
    page = console.get(f"/console/orders/order/{order.pk}/change/")
    assert "ask_return" in page.content.decode()
    console.post(f"/console/orders/order/{order.pk}/ask_return/", {"reason": "quality", "line_1_quantity": "2"})
    made = AfterSale.objects.get()
    assert made.number in console.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    place = f"/console/orders/aftersale/{made.pk}"
    for act, fields in (
        ("approve", {}),
        ("goods_sent", {"carrier": "YTO", "tracking_number": "YT1"}),
        ("receive", {}),
        ("inspect", {"everything": "on"}),
        ("pay_back", {"amount": "12", "_sum": "12.00"}),
    ):
        assert console.get(f"{place}/change/").status_code == 200
        assert console.get(f"{place}/{act}/").status_code == 200
        assert console.post(f"{place}/{act}/", fields).status_code == 302, act
    assert Refund.objects.get().amount == Decimal("12.00")
    made.refresh_from_db()
    assert made.state == "done"
    answer = console.post("/console/orders/aftersale/change_return_days/", {"return_days": "30"})
    assert answer.status_code == 302
    assert_books_are_sound()
