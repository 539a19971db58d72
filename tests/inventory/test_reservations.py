"""Reservations over several warehouses: in parts, in parcels, and until an hour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from kernel.core.errors import DomainError
from shared_apps.tenants.models import Brand
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory import tasks
from tenant_apps.inventory.models import Reservation, Stock, StockMovement
from tenant_apps.inventory.rules.sourcing import Part
from tenant_apps.inventory.selectors.reservations import list_reservations
from tenant_apps.inventory.selectors.stock import get_available, list_stock
from tenant_apps.inventory.services import stock as services
from tenant_apps.inventory.services.reservations import expire_reservations
from tenant_apps.inventory.services.stock import ReceiptLine, StockLine
from tenant_apps.inventory.services.warehouses import create_warehouse
from tests.factories.parallel import AtOnce
from tests.factories.trade import OPENED, Shop, assert_books_are_sound, balance_of, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SOON = NOW + timedelta(minutes=30)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each at 4.00, 8.00 and 12.00."""
    return open_shop()


def stock_east(shop: Shop, pieces: int = 10) -> int:
    """Open a second warehouse with `pieces` of each good at 5.00; return its id."""
    east = create_warehouse(code="EAST", name="华东仓")
    lines = [ReceiptLine(one, pieces, Decimal(5)) for one in shop.variant_ids]
    services.receive(lines=lines, reference="east", warehouse_id=east.pk, now=OPENED)
    return east.pk


def test_a_parcel_takes_a_part_and_is_booked_once(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    services.reserve(source="order:1", lines=[StockLine(one, 5), StockLine(two, 2)], now=NOW)
    part = [StockLine(one, 2), StockLine(one, 1)]
    for _again in range(2):
        costs = services.ship(source="order:1", lines=part, document="order:1:parcel:1", now=NOW)
        assert costs == {one: Decimal("12.00")}
    assert [(held.sku, held.open, held.shipped) for held in list_reservations(source="order:1")] == [
        ("G-01", 2, 3),
        ("G-02", 2, 0),
    ]
    for line in (StockLine(one, 3), StockLine(shop.variant_ids[2], 1)):
        with pytest.raises(services.NotReserved) as refusal, transaction.atomic():
            services.ship(source="order:1", lines=[StockLine(two, 1), line], document="order:1:parcel:2", now=NOW)
        assert [error.field for error in refusal.value.errors] == ["lines.1.quantity"]
    services.release(source="order:1", lines=[StockLine(one, 1)])
    assert services.ship(source="order:1", document="order:1:parcel:2", now=NOW) == {one: Decimal(4), two: Decimal(16)}
    assert services.ship(source="order:1", document="order:1:parcel:3", now=NOW) == {}
    held = list_reservations(source="order:1")
    assert [(part.state, part.open, part.shipped) for part in held] == [("consumed", 0, 4), ("consumed", 0, 2)]
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal(32)
    assert_books_are_sound()


def test_what_is_given_up_after_a_part_has_left_stays_shipped(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.reserve(source="order:1", lines=[StockLine(one, 5)], now=NOW)
    services.ship(source="order:1", lines=[StockLine(one, 2)], document="order:1:parcel:1", now=NOW)
    services.release_all(source="order:1")
    row = Reservation.objects.get()
    assert (row.state, row.open, row.shipped, row.released) == ("consumed", 0, 2, 3)
    assert (Stock.objects.get(variant_id=one).reserved, Stock.objects.get(variant_id=one).on_hand) == (0, 98)


def test_each_warehouse_ships_what_it_holds(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    east = stock_east(shop)
    parts = services.reserve(source="order:1", lines=[StockLine(one, 108), StockLine(two, 1)], now=NOW)
    assert [(part.variant_id, part.warehouse_id == east, part.quantity) for part in parts] == [
        (one, False, 100),
        (one, True, 8),
        (two, False, 1),
    ]
    costs = services.ship(source="order:1", warehouse_id=east, document="order:1:parcel:1", now=NOW)
    assert costs == {one: Decimal(40)}
    with pytest.raises(services.NotReserved), transaction.atomic():
        services.ship(
            source="order:1", lines=[StockLine(two, 1)], warehouse_id=east, document="order:1:parcel:2", now=NOW
        )
    assert services.ship(source="order:1", now=NOW) == {one: Decimal(400), two: Decimal(8)}
    assert_books_are_sound()


def test_the_smaller_parcel_is_given_up_first(shop: Shop) -> None:
    one = shop.variant_ids[0]
    east = stock_east(shop)
    services.reserve(source="order:1", lines=[StockLine(one, 104)], now=NOW)
    services.release(source="order:1", lines=[StockLine(one, 4)])
    assert [(row.warehouse_id == east, row.open, row.state) for row in Reservation.objects.order_by("id")] == [
        (False, 100, "active"),
        (True, 0, "released"),
    ]
    services.reserve_more(source="order:1", lines=[StockLine(one, 3)], now=NOW)
    assert [row.open for row in Reservation.objects.order_by("id")] == [100, 3]


def test_an_expired_reservation_stands_in_nobodys_way(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.reserve(source="cart:1", lines=[StockLine(one, 60)], expires_at=SOON, now=NOW)
    services.reserve(source="cart:2", lines=[StockLine(one, 30)], expires_at=LATER, now=NOW)
    with pytest.raises(services.InsufficientStock), transaction.atomic():
        services.reserve(source="order:1", lines=[StockLine(one, 11)], now=NOW)
    services.reserve(source="order:1", lines=[StockLine(one, 70)], now=SOON)
    states = dict(Reservation.objects.values_list("source", "state"))
    assert states == {"cart:1": "expired", "cart:2": "active", "order:1": "active"}
    assert Stock.objects.get(variant_id=one).reserved == 100
    assert services.ship(source="cart:1", now=SOON) == {}


def test_freeing_as_many_pieces_as_are_taken_moves_no_stock(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.reserve(source="cart:1", lines=[StockLine(one, 60)], expires_at=SOON, now=NOW)
    assert services.reserve(source="order:1", lines=[StockLine(one, 60)], now=SOON)
    assert Stock.objects.get(variant_id=one).reserved == 60


def test_availability_counts_the_hour_before_the_job_came(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one = shop.variant_ids[0]
    services.reserve(source="cart:1", lines=[StockLine(one, 60)], expires_at=SOON, now=NOW)
    for moment, held in ((NOW, 60), (SOON, 0)):
        monkeypatch.setattr("kernel.core.clock.now", lambda moment=moment: moment)
        assert get_available(variant_ids=[one]) == {one: 100 - held}
        row = list_stock(sku="G-01").get()
        assert (row.held, row.available) == (held, 100 - held)


def test_the_job_gives_up_what_is_over_and_says_when_it_comes_back(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    assert tasks.find_next_expiry(NOW) is None
    services.reserve(source="cart:1", lines=[StockLine(one, 6), StockLine(two, 1)], expires_at=SOON, now=NOW)
    services.reserve(source="cart:2", lines=[StockLine(one, 3)], expires_at=LATER, now=NOW)
    services.reserve(source="order:1", lines=[StockLine(one, 3)], now=NOW)
    assert tasks.find_next_expiry(NOW) == SOON
    assert tasks.expire_reservations(NOW) == SOON
    assert tasks.expire_reservations(SOON) == LATER
    assert expire_reservations(now=SOON) == 0
    assert Stock.objects.get(variant_id=one).reserved == 6
    assert tasks.expire_reservations(LATER) is None
    assert sorted(Reservation.objects.values_list("source", "state")) == [
        ("cart:1", "expired"),
        ("cart:1", "expired"),
        ("cart:2", "expired"),
        ("order:1", "active"),
    ]


def test_what_is_kept_in_time_stays_and_what_was_lost_can_be_had_again(shop: Shop) -> None:
    one = shop.variant_ids[0]
    for source in ("cart:1", "cart:2"):
        services.reserve(source=source, lines=[StockLine(one, 40)], expires_at=SOON, now=NOW)
    services.keep(source="cart:1", expires_at=LATER)
    services.keep(source="cart:1")
    expire_reservations(now=LATER)
    assert Reservation.objects.get(source="cart:1").expires_at is None
    with pytest.raises(services.ReservationExpired), transaction.atomic():
        services.keep(source="cart:2")
    (part,) = services.reserve_more(source="cart:2", lines=[StockLine(one, 40)], now=LATER)
    assert part == Part(one, Stock.objects.get(variant_id=one).warehouse_id, 40)
    again = Reservation.objects.get(source="cart:2")
    assert (again.state, again.quantity, again.released, again.open) == ("active", 80, 40, 40)
    services.keep(source="cart:3", expires_at=LATER)


@pytest.mark.django_db(transaction=True)
def test_two_orders_for_the_last_piece_over_two_warehouses(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=1, pieces=1)
    one = shop.variant_ids[0]
    stock_east(shop, pieces=1)

    def buy(number: int) -> Callable[[], object]:
        return lambda: services.reserve(source=f"order:{number}", lines=[StockLine(one, 2)], now=NOW)

    outcomes = at_once.outcomes([buy(number) for number in range(8)])
    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert sum(isinstance(one, services.InsufficientStock) for one in outcomes) == 7
    assert [row.on_hand - row.reserved for row in Stock.objects.all()] == [0, 0]


@pytest.mark.django_db(transaction=True)
def test_takers_owners_and_the_job_meet_over_expired_goods_without_deadlock(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=3, pieces=10)
    stock_east(shop, pieces=10)
    lines = [StockLine(one, 3) for one in shop.variant_ids]
    for number in range(6):
        services.reserve(source=f"cart:{number}", lines=lines, expires_at=SOON, now=NOW)
    work: list[Callable[[], object]] = [
        *(lambda n=n: services.reserve(source=f"order:{n}", lines=lines[::-1], now=LATER) for n in range(6)),
        *(lambda n=n: services.release_all(source=f"cart:{n}") for n in range(3)),
        *(lambda n=n: services.ship(source=f"cart:{n}", now=LATER) for n in range(3, 6)),
        *(lambda: expire_reservations(now=LATER) for _ in range(3)),
    ]
    outcomes = at_once.outcomes(work)
    assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, DomainError)] == []
    expire_reservations(now=LATER)
    for row in Stock.objects.all():
        held = Reservation.objects.filter(variant_id=row.variant_id, warehouse_id=row.warehouse_id, state="active")
        assert row.reserved == sum(one.open for one in held)
    assert_books_are_sound()
    assert StockMovement.objects.filter(kind="shipment").count() <= 18


@pytest.mark.parametrize(("given_back", "left"), [(3, 9), (10, 2), (11, 1), (12, 0), (50, 0)])
def test_pieces_held_in_two_warehouses_are_given_back_from_both(shop: Shop, given_back: int, left: int) -> None:
    one = shop.variant_ids[0]
    stock_east(shop)
    services.adjust(lines=[services.AdjustmentLine(one, -98)], reference="few", now=NOW)
    services.reserve(source="order:1", lines=[StockLine(one, 12)], now=NOW)
    assert sorted(part.open for part in list_reservations(source="order:1")) == [2, 10]
    lines = [StockLine(one, given_back - 1), StockLine(one, 1)]
    services.release(source="order:1", lines=lines)
    assert sum(part.open for part in list_reservations(source="order:1")) == left
    assert sum(Stock.objects.filter(variant_id=one).values_list("reserved", flat=True)) == left
