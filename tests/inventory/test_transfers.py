"""Transfers: goods and their value go from one warehouse to another, in transit in between."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from kernel.core.errors import DomainError, ReasonMissing
from kernel.core.states import IllegalTransition
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, StockMovement, Transfer, Warehouse
from tenant_apps.inventory.rules.transfers import StockFacts, Suggestion, suggest_transfers
from tenant_apps.inventory.selectors.stock import get_available, list_stock
from tenant_apps.inventory.selectors.transfers import TransferNotFound, list_suggestions
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services import alerts, transfers
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.stock import StockLine
from tenant_apps.inventory.services.transfers import ReceivedLine
from tenant_apps.inventory.services.warehouses import create_warehouse, ensure_place
from tenant_apps.inventory.states import WarehouseKind
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
db = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each at 4.00, 8.00 and 12.00 in the main warehouse."""
    return open_shop()


@pytest.fixture
def east(db: None) -> Warehouse:
    return create_warehouse(code="EAST", name="华东仓")


def draft(east: Warehouse, *lines: tuple[int, int]) -> Transfer:
    return transfers.create_transfer(
        origin_id=get_default_warehouse_id(),
        target_id=east.pk,
        lines=[StockLine(*line) for line in lines],
        now=NOW,
    )


def row(warehouse_id: int, variant_id: int) -> tuple[int, int, int, int, Decimal]:
    """On hand, available, in transit, projected, value."""
    found = list_stock(warehouse_id=warehouse_id).get(variant_id=variant_id)
    return found.on_hand, found.available, found.in_transit, found.projected, found.value


@db
def test_goods_and_value_travel_through_transit(shop: Shop, east: Warehouse) -> None:
    one, two, _three = shop.variant_ids
    main = get_default_warehouse_id()
    made = draft(east, (one, 30), (two, 3))
    assert (made.number[:2], row(main, one)) == ("TR", (100, 100, 0, 100, Decimal(400)))
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    transit = ensure_place(kind=WarehouseKind.TRANSIT)
    assert row(main, one) == (70, 70, 0, 70, Decimal(280))
    assert row(transit.pk, one) == (30, 0, 0, 30, Decimal(120))
    assert row(east.pk, one) == (0, 0, 30, 30, Decimal(0))
    assert get_available(variant_ids=[one]) == {one: 70}
    transfers.receive_transfer(transfer_id=made.pk, lines=[ReceivedLine(one, 10)], now=NOW)
    assert row(east.pk, one) == (10, 10, 20, 30, Decimal(40))
    with pytest.raises(ReasonMissing), transaction.atomic():
        transfers.receive_transfer(transfer_id=made.pk, lines=[ReceivedLine(one, 18, 2)], reason=" ", now=NOW)
    lines = [ReceivedLine(one, 18, 2), ReceivedLine(two, 3)]
    done = transfers.receive_transfer(transfer_id=made.pk, lines=lines, reason="破损", now=NOW)
    assert (done.state, done.received_at) == ("received", NOW)
    assert row(east.pk, one) == (28, 28, 0, 28, Decimal(112))
    assert row(transit.pk, one) == (0, 0, 0, 0, Decimal(0))
    assert balance_of(AccountCode.PENDING_DIFFERENCES) == Decimal(8)
    moved = (
        StockMovement.objects.filter(kind="transfer").order_by().values("warehouse_id").annotate(all=Sum("quantity"))
    )
    assert {one["warehouse_id"]: one["all"] for one in moved} == {main: -33, transit.pk: 0, east.pk: 31}
    assert_books_are_sound()


@db
def test_the_last_pieces_take_the_rest_of_the_value(shop: Shop, east: Warehouse) -> None:
    one = shop.variant_ids[0]
    inventory.receive(lines=[inventory.ReceiptLine(one, 1, Decimal("0.01"))], reference="odd", now=NOW)
    made = draft(east, (one, 7))
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    for pieces in (2, 2, 2, 1):
        transfers.receive_transfer(transfer_id=made.pk, lines=[ReceivedLine(one, pieces)], now=NOW)
    line = made.lines.get()
    assert (line.cost, line.settled_cost, row(east.pk, one)[4]) == (Decimal("27.72"),) * 3
    assert_books_are_sound()


@db
def test_what_is_promised_does_not_leave_and_what_expired_does(shop: Shop, east: Warehouse) -> None:
    one = shop.variant_ids[0]
    made = draft(east, (one, 60))
    inventory.reserve(source="cart:1", lines=[StockLine(one, 41)], expires_at=NOW + timedelta(hours=1), now=NOW)
    with pytest.raises(inventory.InsufficientStock) as refusal, transaction.atomic():
        transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    assert [error.field for error in refusal.value.errors] == ["lines.0.quantity"]
    transfers.ship_transfer(transfer_id=made.pk, now=NOW + timedelta(hours=1))
    assert Reservation.objects.get().state == "expired"
    assert_books_are_sound()


@db
def test_a_transfer_goes_its_way_once(shop: Shop, east: Warehouse) -> None:
    one = shop.variant_ids[0]
    made = draft(east, (one, 1))
    with pytest.raises(IllegalTransition), transaction.atomic():
        transfers.receive_transfer(transfer_id=made.pk, lines=[ReceivedLine(one, 1)], now=NOW)
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    steps: list[Callable[[], object]] = [
        lambda: transfers.ship_transfer(transfer_id=made.pk, now=NOW),
        lambda: transfers.cancel_transfer(transfer_id=made.pk),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition), transaction.atomic():
            step()
    other = draft(east, (one, 1))
    assert transfers.cancel_transfer(transfer_id=other.pk).state == "cancelled"
    with pytest.raises(TransferNotFound):
        transfers.cancel_transfer(transfer_id=10**9)


@db
@pytest.mark.parametrize(
    ("lines", "field", "code"),
    [
        ([ReceivedLine(-1, 1)], "lines.0.sku", "unknown_sku"),
        ([ReceivedLine(0, 3), ReceivedLine(0, 1)], "lines.1.sku", "duplicate_sku"),
        ([ReceivedLine(0, 4, 2)], "lines.0.received", "too_many"),
        ([ReceivedLine(0, -1)], "lines.0.received", "too_many"),
        ([ReceivedLine(0, 0)], "lines", "invalid_transfer"),
        ([], "lines", "invalid_transfer"),
    ],
)
def test_what_cannot_arrive_is_named(
    shop: Shop, east: Warehouse, lines: list[ReceivedLine], field: str, code: str
) -> None:
    made = draft(east, (shop.variant_ids[0], 5))
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    arrived = [
        ReceivedLine(shop.variant_ids[line.variant_id], line.received, line.lost) if line.variant_id >= 0 else line
        for line in lines
    ]
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        transfers.receive_transfer(transfer_id=made.pk, lines=arrived, reason="x", now=NOW)
    assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]


@db
def test_what_cannot_be_drafted_is_named(shop: Shop, east: Warehouse) -> None:
    one = shop.variant_ids[0]
    main = get_default_warehouse_id()
    transit = ensure_place(kind=WarehouseKind.TRANSIT).pk
    cases: list[tuple[int, int, list[StockLine], list[str]]] = [
        (main, main, [StockLine(one, 1)], ["target_id"]),
        (main, transit, [StockLine(one, 1)], ["target_id"]),
        (10**9, main, [StockLine(one, 1)], ["origin_id"]),
        (main, east.pk, [], ["lines"]),
        (main, east.pk, [StockLine(one, 0), StockLine(one, 1)], ["lines.0.quantity", "lines.1.sku"]),
    ]
    for origin, target, lines, fields in cases:
        with pytest.raises(DomainError) as refusal, transaction.atomic():
            transfers.create_transfer(origin_id=origin, target_id=target, lines=lines, now=NOW)
        assert [error.field for error in refusal.value.errors] == fields
    changes: list[Callable[[], object]] = [
        lambda: inventory.receive(
            lines=[inventory.ReceiptLine(one, 1, Decimal(1))], reference="x", warehouse_id=transit, now=NOW
        ),
        lambda: inventory.adjust(
            lines=[inventory.AdjustmentLine(one, 1)], reference="x", warehouse_id=transit, now=NOW
        ),
    ]
    for change in changes:
        with pytest.raises(inventory.UnknownWarehouse), transaction.atomic():
            change()


def test_who_has_too_little_is_filled_by_who_has_most() -> None:
    rows = [
        StockFacts(7, 1, available=100, projected=100, threshold=40),
        StockFacts(7, 2, available=50, projected=50, threshold=0),
        StockFacts(7, 3, available=5, projected=10, threshold=90),
        StockFacts(7, 4, available=0, projected=0, threshold=35),
        StockFacts(8, 1, available=3, projected=3, threshold=3),
        StockFacts(8, 3, available=0, projected=0, threshold=2),
    ]
    assert suggest_transfers(rows) == [
        Suggestion(7, 1, 3, 60),
        Suggestion(7, 2, 3, 20),
        Suggestion(7, 2, 4, 30),
    ]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(0, 20), st.integers(0, 9), st.integers(0, 15)),
        unique_by=lambda one: one[:2],
    )
)
def test_a_suggestion_never_makes_a_giver_poor_or_a_taker_rich(rows: list[tuple[int, int, int, int, int]]) -> None:
    stock = {(v, w): StockFacts(v, w, free, free + coming, least) for v, w, free, coming, least in rows}
    given_by: dict[tuple[int, int], int] = {}
    taken_by: dict[tuple[int, int], int] = {}
    for one in suggest_transfers(list(stock.values())):
        assert one.quantity > 0
        assert one.origin_id != one.target_id
        given_by[one.variant_id, one.origin_id] = given_by.get((one.variant_id, one.origin_id), 0) + one.quantity
        taken_by[one.variant_id, one.target_id] = taken_by.get((one.variant_id, one.target_id), 0) + one.quantity
    assert not set(given_by) & set(taken_by)
    assert all(stock[key].available - pieces >= stock[key].threshold for key, pieces in given_by.items())
    assert all(stock[key].projected + pieces <= stock[key].threshold for key, pieces in taken_by.items())


@db
def test_one_click_makes_drafts_that_are_not_suggested_again(shop: Shop, east: Warehouse) -> None:
    one, two, _three = shop.variant_ids
    inventory.receive(
        lines=[inventory.ReceiptLine(pk, 1, Decimal(4)) for pk in (one, two)],
        reference="e",
        warehouse_id=east.pk,
        now=NOW,
    )
    for stock in Stock.objects.filter(warehouse=east):
        alerts.set_low_stock_threshold(stock_id=stock.pk, threshold=10)
    suggested = list_suggestions()
    main = get_default_warehouse_id()
    assert suggested == [Suggestion(pk, main, east.pk, 9) for pk in (one, two)]
    (made,) = transfers.create_suggested(suggestions=suggested, now=NOW)
    assert [(line.variant_id, line.quantity) for line in made.lines.order_by("id")] == [(one, 9), (two, 9)]
    assert list_suggestions() == []
    with pytest.raises(transfers.InvalidTransfer), transaction.atomic():
        transfers.create_suggested(suggestions=suggested, now=NOW)
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    assert list_suggestions() == []
    with pytest.raises(TransferNotFound):
        transfers.ship_transfer(transfer_id=10**9, now=NOW)


@db
def test_over_http(shop: Shop, east: Warehouse, api: ApiClient, api_as: Callable[[str], ApiClient]) -> None:
    main = get_default_warehouse_id()
    body = {"origin_id": main, "target_id": east.pk, "lines": [{"sku": "g-01", "quantity": 5}]}
    made = api.post("/api/v1/transfers", body).json()
    path = f"/api/v1/transfers/{made['id']}"
    assert made["lines"][0]["open"] == 5
    assert api_as("sales").post(f"{path}/ship").status_code == 403
    assert api.post(f"{path}/ship").json()["state"] == "shipped"
    (stock,) = api.get(f"/api/v1/stock?sku=G-01&warehouse_id={east.pk}").json()["items"]
    assert (stock["on_hand"], stock["in_transit"], stock["projected"], stock["low_since"]) == (0, 5, 5, None)
    for lines, field in (
        ([{"sku": "NIX", "received": 1}], "lines.0.sku"),
        ([{"sku": "G-01", "received": 6}], "lines.0.received"),
        ([{"sku": "G-01", "received": 1, "lost": 1}], "reason"),
    ):
        answer = api.post(f"{path}/receive", {"lines": lines})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    arrived = api.post(f"{path}/receive", {"lines": [{"sku": "G-01", "received": 4, "lost": 1}], "reason": "丢件"})
    assert (arrived.status_code, arrived.json()["state"]) == (200, "received")
    assert api.get(path).json() == arrived.json()
    assert len(api.get(f"/api/v1/transfers?state=received&warehouse_id={main}").json()["items"]) == 1
    assert api.get("/api/v1/transfers?state=draft").json()["items"] == []
    other = api.post("/api/v1/transfers", body).json()
    assert api.post(f"/api/v1/transfers/{other['id']}/cancel").json()["state"] == "cancelled"
    row_id = Stock.objects.get(warehouse=east).pk
    api.patch(f"/api/v1/stock/{row_id}", {"low_stock_threshold": 6})
    (one,) = api.get("/api/v1/transfers/suggestions").json()["items"]
    assert (one["sku"], one["origin_id"], one["target_id"], one["quantity"]) == ("G-01", main, east.pk, 2)


@db
def test_in_the_console(shop: Shop, east: Warehouse, console_as: Callable[[str], Client]) -> None:
    one = shop.variant_ids[0]
    page = console_as("warehouse")
    base = "/console/inventory/transfer/"
    form = {"origin_id": get_default_warehouse_id(), "target_id": east.pk, "line_0_sku": "G-01", "line_0_quantity": 6}
    assert page.post(f"{base}new/", form).status_code == 302
    made = Transfer.objects.get()
    assert made.number in page.get(base).content.decode()
    assert "G-01" in page.get(f"{base}{made.pk}/change/").content.decode()
    assert page.post(f"{base}{made.pk}/ship/").status_code == 302
    fields = {f"received_{one}": 4, f"lost_{one}": 1}
    assert page.get(f"{base}{made.pk}/receive/").status_code == 200
    assert page.post(f"{base}{made.pk}/receive/", fields).status_code == 200  # no reason
    assert page.post(f"{base}{made.pk}/receive/", {**fields, "reason": "破"}).status_code == 302
    assert "4" in page.get(f"{base}{made.pk}/change/").content.decode()
    assert page.post(f"{base}{made.pk}/receive/", {f"received_{one}": 1, f"lost_{one}": 0}).status_code == 302
    movements = page.get("/console/inventory/stockmovement/").content.decode()
    assert f"{base}{made.pk}/change/" in movements
    assert page.get(f"{base}suggest/").status_code == 200
    alerts.set_low_stock_threshold(stock_id=Stock.objects.get(warehouse=east).pk, threshold=9)
    (chosen,) = (f"{s.variant_id}-{s.origin_id}-{s.target_id}-{s.quantity}" for s in list_suggestions())
    assert page.post(f"{base}suggest/").status_code == 200
    assert page.post(f"{base}suggest/", {"chosen": [chosen]}).status_code == 302
    drafted = Transfer.objects.latest("id")
    assert page.post(f"{base}{drafted.pk}/cancel/").status_code == 302
    assert console_as("sales").post(f"{base}{drafted.pk}/ship/").status_code == 403
