"""Batches: received with their dates, sold first expired first, never expired, and found again for a recall."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.test import Client

from tenant_apps.inventory.models import Batch, BatchMovement, BatchStock, SkuSetting, Stock
from tenant_apps.inventory.rules.batches import BatchOnHand, GoodsExpired, Leaving, pick_batches
from tenant_apps.inventory.selectors.batches import (
    BatchNotFound,
    Delivery,
    get_batch,
    list_deliveries,
    list_near_expiry,
)
from tenant_apps.inventory.selectors.stock import get_available, list_stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services import transfers
from tenant_apps.inventory.services.sku_settings import BatchesInUse, InvalidSetting, change_setting
from tenant_apps.inventory.services.stock import BatchSpec, ReceiptLine, ReturnLine, StockLine
from tenant_apps.inventory.services.transfers import ReceivedLine
from tenant_apps.inventory.services.warehouses import create_warehouse
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, assert_books_are_sound, open_shop

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)
SPRING = BatchSpec("A1", date(2025, 12, 1), date(2026, 12, 1))
SUMMER = BatchSpec("B2", date(2026, 6, 1), date(2027, 6, 1))
AFTER_SPRING = datetime(2026, 12, 3, 4, tzinfo=UTC)
db = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    """G-01 keeps batches: 5 pieces of A1 and 5 of B2, none unknown."""
    shop = open_shop()
    one = shop.variant_ids[0]
    inventory.adjust(lines=[inventory.AdjustmentLine(one, -100)], reference="empty", now=NOW)
    change_setting(variant_id=one, changes={"keeps_batches": True, "warn_days": 30}, now=NOW)
    lines = [ReceiptLine(one, 5, Decimal(4), batch) for batch in (SUMMER, SPRING)]
    inventory.receive(lines=lines, reference="in", now=NOW)
    return shop


def on_hand() -> dict[str, int]:
    rows = BatchStock.objects.filter(on_hand__gt=0).order_by().values_list("batch__code").annotate(Sum("on_hand"))
    return dict(rows)


def ensure_batches_are_stock() -> None:
    for stock in Stock.objects.filter(variant_id__in=SkuSetting.objects.values("variant_id")):
        here = BatchStock.objects.filter(batch__variant_id=stock.variant_id, warehouse_id=stock.warehouse_id)
        assert stock.on_hand == sum(row.on_hand for row in here)
    assert_books_are_sound()


@pytest.mark.parametrize(
    ("leaving", "pieces", "expected"),
    [
        (Leaving.FRESH_ONLY, 5, [(3, 4), (2, 1)]),
        (Leaving.FRESH_ONLY, 9, [(3, 4), (2, 4), (4, 1)]),
        (Leaving.FRESH_FIRST, 13, [(3, 4), (2, 4), (4, 4), (1, 1)]),
        (Leaving.EXPIRED_FIRST, 5, [(1, 4), (3, 1)]),
    ],
)
def test_the_first_to_expire_leaves_first(leaving: Leaving, pieces: int, expected: list[tuple[int, int]]) -> None:
    days = {1: TODAY - timedelta(days=1), 2: TODAY + timedelta(days=9), 3: TODAY, 4: None}
    batches = [BatchOnHand(pk, 4, day) for pk, day in days.items()]
    assert pick_batches(pieces, batches, leaving=leaving, today=TODAY) == expected
    with pytest.raises(GoodsExpired):
        pick_batches(13, batches, leaving=Leaving.FRESH_ONLY, today=TODAY)


@db
def test_orders_get_the_first_to_expire_and_a_recall_finds_them(shop: Shop) -> None:
    one = shop.variant_ids[0]
    for number, pieces in ((1, 3), (2, 4)):
        inventory.reserve(source=f"order:{number}", lines=[StockLine(one, pieces)], now=NOW)
        inventory.ship(source=f"order:{number}", document=f"order:{number}:parcel:1", now=NOW)
    assert on_hand() == {"B2": 3}
    inventory.restock_returned(source="order:2:refund:1", lines=[ReturnLine(one, 3, Decimal(12))], now=NOW)
    assert on_hand() == {"A1": 2, "B2": 4}
    inventory.restock_returned(source="order:9:refund:1", lines=[ReturnLine(one, 1, Decimal(4))], now=NOW)
    assert on_hand() == {"": 1, "A1": 2, "B2": 4}
    spring = Batch.objects.get(code="A1")
    assert list_deliveries(batch_id=spring.pk) == [Delivery("order:2", 2, 2), Delivery("order:1", 3, 0)]
    assert str(Batch.objects.get(code=""))
    ensure_batches_are_stock()


@db
def test_what_has_expired_is_not_sold(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one = shop.variant_ids[0]
    assert [batch.code for batch in list_near_expiry(today=TODAY)] == ["A1"]
    assert list(list_near_expiry(today=TODAY - timedelta(days=21))) == []
    inventory.reserve(source="order:1", lines=[StockLine(one, 6)], now=NOW)
    with pytest.raises(inventory.InsufficientStock), transaction.atomic():
        inventory.reserve(source="order:2", lines=[StockLine(one, 1)], now=AFTER_SPRING)
    with pytest.raises(GoodsExpired), transaction.atomic():
        inventory.ship(source="order:1", now=AFTER_SPRING)
    monkeypatch.setattr("kernel.core.clock.now", lambda: AFTER_SPRING)
    assert get_available(variant_ids=[one]) == {one: 0}
    inventory.release_all(source="order:1")
    assert get_available(variant_ids=[one]) == {one: 5}
    assert list_stock(sku="G-01").get().available == 5
    inventory.adjust(lines=[inventory.AdjustmentLine(one, -6)], reference="waste", now=AFTER_SPRING)
    assert on_hand() == {"B2": 4}
    ensure_batches_are_stock()


@db
def test_transfers_carry_their_own_batches(shop: Shop) -> None:
    one = shop.variant_ids[0]
    east = create_warehouse(code="EAST", name="华东仓")
    main = Stock.objects.filter(variant_id=one).values_list("warehouse_id", flat=True).get()
    first, second = (
        transfers.create_transfer(origin_id=main, target_id=east.pk, lines=[StockLine(one, pieces)], now=NOW)
        for pieces in (5, 3)
    )
    for made in (first, second):
        transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    transfers.receive_transfer(transfer_id=second.pk, lines=[ReceivedLine(one, 2)], now=NOW)
    here = BatchStock.objects.filter(warehouse=east, on_hand__gt=0)
    assert list(here.values_list("batch__code", "on_hand")) == [("B2", 2)]
    transfers.receive_transfer(transfer_id=first.pk, lines=[ReceivedLine(one, 4, 1)], reason="破损", now=NOW)
    transfers.receive_transfer(transfer_id=second.pk, lines=[ReceivedLine(one, 1)], now=NOW)
    assert dict(here.values_list("batch__code", "on_hand")) == {"A1": 4, "B2": 3}
    ensure_batches_are_stock()


@db
def test_batches_begin_with_what_is_there_and_end_when_it_is_gone(shop: Shop) -> None:
    two = shop.variant_ids[1]
    change_setting(variant_id=two, changes={"keeps_batches": True}, now=NOW)
    assert BatchStock.objects.get(batch__variant_id=two, on_hand__gt=0).on_hand == 100
    with pytest.raises(BatchesInUse), transaction.atomic():
        change_setting(variant_id=two, changes={"keeps_batches": False}, now=NOW)
    inventory.adjust(lines=[inventory.AdjustmentLine(two, -100)], reference="gone", now=NOW)
    setting = change_setting(variant_id=two, changes={"keeps_batches": False}, now=NOW)
    assert (str(setting), setting.keeps_batches) == ("G-02", False)
    with pytest.raises(InvalidSetting), transaction.atomic():
        change_setting(variant_id=two, changes={"warn_days": -1}, now=NOW)
    with pytest.raises(BatchNotFound):
        get_batch(batch_id=10**9)
    ensure_batches_are_stock()


@db
@pytest.mark.parametrize(
    ("sku", "batch", "code"),
    [
        ("G-01", None, "batch_missing"),
        ("G-02", {"code": "X"}, "batch_not_kept"),
        ("G-01", {"code": "A1", "expires_on": "2026-12-02"}, "batch_differs"),
        ("G-01", {"code": "N", "produced_on": "2026-12-02", "expires_on": "2026-12-01"}, "batch_dates"),
    ],
)
def test_bad_batches_are_named(shop: Shop, api: ApiClient, sku: str, batch: dict[str, str] | None, code: str) -> None:
    line = {"sku": sku, "quantity": 1, "unit_cost": "1", "batch": batch}
    answer = api.post("/api/v1/stock/receipts", {"reference": "R", "lines": [line]})
    assert (answer.status_code, [(one["field"], one["code"]) for one in answer.json()["errors"]]) == (
        422,
        [("lines.0.batch", code)],
    )


@db
def test_over_http(shop: Shop, api: ApiClient) -> None:
    one = shop.variant_ids[0]
    line = {"sku": "G-01", "quantity": 2, "unit_cost": "4", "batch": {"code": "A1"}}
    assert api.post("/api/v1/stock/receipts", {"reference": "R", "lines": [line]}).status_code == 201
    (found,) = api.get("/api/v1/batches?sku=g-01&expires_by=2026-12-31").json()["items"]
    assert (found["code"], found["on_hand"], found["expires_on"]) == ("A1", 7, "2026-12-01")
    path = f"/api/v1/batches/{found['id']}"
    assert api.get(path).json() == found
    inventory.reserve(source="order:1", lines=[StockLine(one, 1)], now=NOW)
    inventory.ship(source="order:1", now=NOW)
    items = api.get(f"{path}/deliveries").json()["items"]
    assert items == [{"document": "order:1", "shipped": 1, "returned": 0}]
    assert api.get("/api/v1/batches/999999999/deliveries").status_code == 404
    settings = f"/api/v1/stock/settings/{one}"
    kept = {"variant_id": one, "keeps_batches": True, "warn_days": 30}
    sold = {"oversell": "none", "promised_on": None, "oversell_limit": None, "waiting": 0}
    assert api.get(settings).json() == {**kept, **sold}
    assert api.patch(settings, {"warn_days": 60}).json()["warn_days"] == 60
    refused = api.patch(settings, {"keeps_batches": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "batches_in_use")
    assert api.get("/api/v1/stock/settings/999999999").status_code == 404


@db
def test_in_the_console(shop: Shop, console_as: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, _three = shop.variant_ids
    page = console_as("warehouse")
    form = {
        "reference": "D-1",
        "line_0_sku": "G-01",
        "line_0_quantity": 1,
        "line_0_unit_cost": "4",
        "line_0_expires_on": "2027-01-01",
    }
    assert page.post("/console/inventory/stock/receive/", form).status_code == 200  # a date without a number
    assert page.post("/console/inventory/stock/receive/", {**form, "line_0_batch": "C3"}).status_code == 302
    inventory.reserve(source="order:1", lines=[StockLine(one, 1)], now=NOW)
    inventory.ship(source="order:1", now=NOW)
    inventory.restock_returned(source="order:1:refund:1", lines=[ReturnLine(one, 1, Decimal(4))], now=NOW)
    monkeypatch.setattr("kernel.core.clock.now", lambda: NOW)
    near = page.get("/console/inventory/batch/?near=yes").content.decode()
    assert ("A1" in near, "C3" in near) == (True, False)
    monkeypatch.setattr("kernel.core.clock.now", lambda: AFTER_SPRING)
    assert "C3" in page.get("/console/inventory/batch/").content.decode()
    spring = Batch.objects.get(code="A1")
    assert page.get(f"/console/inventory/batch/{spring.pk}/change/").status_code == 200
    moved = page.get(f"/console/inventory/batchmovement/?batch__id__exact={spring.pk}")
    assert (moved.status_code, "A1" in moved.content.decode()) == (200, True)
    assert BatchMovement.objects.filter(batch=spring).count() == 3
    row = Stock.objects.get(variant_id=two)
    address = f"/console/inventory/stock/{row.pk}/change_setting/"
    assert page.get(address).status_code == 200
    assert page.post(address, {"keeps_batches": "on", "warn_days": "10"}).status_code == 302
    assert SkuSetting.objects.get(variant_id=two).warn_days == 10
