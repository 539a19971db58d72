"""Goods are entered and read in full boxes and single pieces."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from console.boxes import spell_boxes, with_boxes
from tenant_apps.catalog.selectors.products import get_box_sizes
from tenant_apps.catalog.services.variants import InvalidVariant, change_variant
from tenant_apps.inventory.models import Stock, StocktakeLine, TransferLine
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services.stocktakes import open_stocktake
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.trade import Shop, open_shop, sell

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each; a box of the first holds 24."""
    shop = open_shop()
    change_variant(variant_id=shop.variant_ids[0], box_size=24)
    return shop


@pytest.mark.parametrize(
    ("pieces", "size", "english", "chinese"),
    [
        (77, 24, "3 boxes 5 pieces", "3 箱 5 件"),
        (24, 24, "1 box", "1 箱"),
        (49, 24, "2 boxes 1 piece", "2 箱 1 件"),
        (-30, 24, "−1 box 6 pieces", "−1 箱 6 件"),
        (23, 24, "", ""),
        (77, None, "", ""),
    ],
)
def test_pieces_are_spelled_in_boxes(pieces: int, size: int | None, english: str, chinese: str) -> None:
    for language, words in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert spell_boxes(pieces, size) == words
            assert with_boxes(pieces, size) == (f"{pieces} ({words})" if words else f"{pieces}")


@pytest.mark.parametrize("size", [1, 0, -24, 100_001])
def test_a_box_holds_two_pieces_at_least(shop: Shop, size: int) -> None:
    with pytest.raises(InvalidVariant) as refusal:
        change_variant(variant_id=shop.variant_ids[1], box_size=size)
    assert [(one.field, one.code) for one in refusal.value.errors] == [("box_size", "invalid_box_size")]
    assert get_box_sizes(variant_ids=shop.variant_ids) == {shop.variant_ids[0]: 24}


def on_hand(shop: Shop, place: int = 0) -> int:
    return Stock.objects.get(variant_id=shop.variant_ids[place]).on_hand


@pytest.mark.parametrize(
    ("line", "booked"),
    [({"boxes": 3, "quantity": 5}, 177), ({"boxes": 2}, 148), ({"quantity": 7}, 107)],
)
def test_receipts_and_corrections_add_boxes_and_pieces(
    shop: Shop, api: ApiClient, line: dict[str, int], booked: int
) -> None:
    body = {"reference": "D-1", "lines": [{"sku": "G-01", "unit_cost": "4", **line}]}
    assert api.post("/api/v1/stock/receipts", body).status_code == 201
    assert on_hand(shop) == booked
    change = {("change" if name == "quantity" else name): -number for name, number in line.items()}
    answer = api.post("/api/v1/stock/adjustments", {"reference": "C-1", "lines": [{"sku": "G-01", **change}]})
    assert answer.status_code == 201, answer.content
    assert on_hand(shop) == 100
    (row,) = api.get("/api/v1/stock?sku=G-01").json()["items"]
    assert row["box_size"] == 24


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ({"sku": "G-02", "boxes": 1}, "boxes", "no_box_size"),
        ({"sku": "G-01"}, None, "quantity_missing"),
        ({"sku": "G-01", "boxes": 41_667}, "boxes", "too_many"),
    ],
)
@pytest.mark.parametrize("document", ["receipts", "adjustments", "transfers"])
def test_boxes_that_cannot_be_counted_are_named(
    shop: Shop, api: ApiClient, document: str, line: dict[str, object], field: str | None, code: str
) -> None:
    plain = "change" if document == "adjustments" else "quantity"
    cost = {"unit_cost": "1"} if document == "receipts" else {}
    body: dict[str, object] = {"lines": [{"sku": "G-03", plain: 1, **cost}, {**line, **cost}]}
    if document == "transfers":
        body |= {"origin_id": get_default_warehouse_id(), "target_id": create_warehouse(code="EAST", name="东").pk}
    else:
        body |= {"reference": "R"}
    path = "transfers" if document == "transfers" else f"stock/{document}"
    answer = api.post(f"/api/v1/{path}", body)
    name = field or plain
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_boxes"), answer.content
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(f"lines.1.{name}", code)]
    assert on_hand(shop, 2) == 100


def test_a_transfer_and_a_stocktake_count_boxes(shop: Shop, api: ApiClient) -> None:
    here, east = get_default_warehouse_id(), create_warehouse(code="EAST", name="东").pk
    lines = [{"sku": "G-01", "boxes": 2, "quantity": 1}]
    made = api.post("/api/v1/transfers", {"origin_id": here, "target_id": east, "lines": lines})
    assert TransferLine.objects.get().quantity == 49
    assert made.json()["lines"][0]["box_size"] == 24
    stocktake = open_stocktake(warehouse_id=here, now=NOW)
    at = f"/api/v1/stocktakes/{stocktake.pk}"
    for body, counted in (({}, 1), ({"boxes": 2}, 49), ({"boxes": 1, "quantity": 2}, 75)):
        line = api.post(f"{at}/scan", {"code": "g-01", **body}).json()
        assert (line["counted"], line["box_size"]) == (counted, 24)
    assert api.post(f"{at}/counted", {"code": "G-01", "boxes": 4, "counted": 3, "seen": 75}).json()["counted"] == 99
    for body, field in (({"boxes": 1}, "boxes"), ({}, "counted")):
        refused = api.post(f"{at}/counted", {"code": "G-02", "seen": None, **body})
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert StocktakeLine.objects.get(variant_id=shop.variant_ids[0]).counted == 99


def test_the_console_takes_and_shows_boxes(shop: Shop, console_as: ConsoleAs) -> None:
    boss = console_as("owner")
    sent = {"reference": "D-9", "line_0_sku": "G-01", "line_0_boxes": "1", "line_0_unit_cost": "4"}
    assert boss.post("/console/inventory/stock/receive/", sent).status_code == 302
    assert on_hand(shop) == 124
    sent = {"reference": "C-9", "line_0_sku": "G-01", "line_0_boxes": "-1", "line_0_change": "-23"}
    assert boss.post("/console/inventory/stock/count/", sent).status_code == 302
    assert on_hand(shop) == 77
    page = boss.get("/console/inventory/stock/").content.decode()
    assert "3 箱 5 件" in page or "3 boxes 5 pieces" in page
    east = create_warehouse(code="EAST", name="东").pk
    sent = {"origin_id": f"{get_default_warehouse_id()}", "target_id": f"{east}", "line_0_sku": "G-01"}
    others = {"line_0_sku": "G-03", "line_0_boxes": "1", "line_1_sku": "G-02", "line_1_boxes": "1"}
    for wrong, marked in ((others, ("line_0_boxes", "line_1_boxes")), ({"line_1_sku": "G-02"}, ("line_0_quantity",))):
        refused = boss.post("/console/inventory/transfer/new/", {**sent, **wrong})
        assert set(marked) <= set(refused.context["form"].errors)
    assert boss.post("/console/inventory/transfer/new/", {**sent, "line_0_boxes": "1"}).status_code == 302
    assert TransferLine.objects.get().quantity == 24
    order = sell(("G-01", 50))
    pay_order(order_id=order.pk, method="cash", reference="p", now=order.placed_at)
    picked = boss.get(f"/console/orders/pick-list/?ids={order.pk}")
    (lines,) = [lines for _place, lines in picked.context["warehouses"]]
    assert [(line.total, line.box_size) for line in lines] == [(50, 24)]
