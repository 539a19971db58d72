"""Goods are sold beyond stock for a promised day, and given to whoever waits as they arrive."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from tenant_apps.inventory import tasks
from tenant_apps.inventory.models import Backorder, Reservation, SkuSetting, Stock
from tenant_apps.inventory.rules.backorders import Allowance, allow, share_out
from tenant_apps.inventory.selectors.backorders import (
    get_allowances,
    get_promises,
    list_backorders,
    list_waiting_sources,
)
from tenant_apps.inventory.selectors.reservations import list_reservations
from tenant_apps.inventory.selectors.stock import list_stock
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services import rereserving, transfers
from tenant_apps.inventory.services import stock as services
from tenant_apps.inventory.services.backorders import set_oversell
from tenant_apps.inventory.services.sku_settings import change_setting
from tenant_apps.inventory.services.stock import AdjustmentLine, ReceiptLine, StockLine
from tenant_apps.inventory.services.warehouses import create_warehouse
from tests.factories.trade import Shop, assert_books_are_sound, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)
DAY = date(2026, 12, 20)


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 10 pieces each; the first may be presold up to 20 pieces."""
    shop = open_shop(pieces=10)
    set_oversell(variant_id=shop.variant_ids[0], policy="presale", promised_on=DAY, limit=20, now=NOW)
    return shop


def reserve(shop: Shop, number: int, pieces: int, place: int = 0) -> None:
    services.reserve(source=f"order:{number}", lines=[StockLine(shop.variant_ids[place], pieces)], now=NOW)


def receive(shop: Shop, pieces: int, reference: str = "more") -> None:
    services.receive(lines=[ReceiptLine(shop.variant_ids[0], pieces, Decimal(4))], reference=reference, now=NOW)


def waits(shop: Shop) -> dict[str, int]:
    """Pieces that wait by source, which are those that the setting counts."""
    found = {row.source: row.open for row in Backorder.objects.order_by("id") if row.open}
    assert sum(found.values()) == SkuSetting.objects.get(variant_id=shop.variant_ids[0]).waiting
    return found


def held(number: int) -> int:
    return sum(part.open for part in list_reservations(source=f"order:{number}"))


def test_what_lacks_waits_and_is_filled_oldest_first(shop: Shop) -> None:
    reserve(shop, 1, 8)
    assert get_promises(sources=["order:1"]) == {}
    for number, pieces in ((2, 5), (3, 6), (4, 9)):
        reserve(shop, number, pieces)
    assert waits(shop) == {"order:2": 3, "order:3": 6, "order:4": 9}
    assert (held(2), held(3)) == (2, 0)
    promise = get_promises(sources=["order:2"])["order:2"]
    assert (promise.kind, promise.promised_on, promise.waiting) == ("presale", DAY, 3)
    row = list_stock(sku="G-01").get()
    assert (row.available, row.awaited, row.projected) == (0, 18, -18)
    assert tasks.find_fillable(NOW) is None
    receive(shop, 7)
    assert tasks.find_fillable(NOW) == NOW
    reserve(shop, 5, 1)  # what came is theirs who wait
    assert held(5) == 0
    assert tasks.fill_backorders(NOW) is None
    assert waits(shop) == {"order:3": 2, "order:4": 9, "order:5": 1}
    assert (held(2), held(3)) == (5, 4)
    assert list_waiting_sources() == ["order:3", "order:4", "order:5"]
    assert [(one.source, one.open) for one in list_backorders(sku="g-01", is_waiting=False)] == [("order:2", 0)]
    assert AuditRecord.objects.filter(action="inventory.fill_backorder").count() == 2
    receive(shop, 100, "rest")
    tasks.fill_backorders(NOW)
    assert waits(shop) == {}
    costs = services.ship(source="order:3", lines=[StockLine(shop.variant_ids[0], 6)], now=NOW)
    assert costs == {shop.variant_ids[0]: Decimal(24)}
    assert_books_are_sound()


def test_more_than_the_limit_is_refused_and_so_is_a_sku_without_the_policy(shop: Shop) -> None:
    reserve(shop, 1, 28)
    for number, pieces, place, left in ((2, 3, 0, 2), (3, 11, 1, 10)):
        with pytest.raises(services.InsufficientStock) as refusal, transaction.atomic():
            reserve(shop, number, pieces, place)
        (error,) = refusal.value.errors
        assert (error.field, f"{left}" in str(error.detail)) == ("lines.0.quantity", True)
    reserve(shop, 2, 2)
    assert waits(shop) == {"order:1": 18, "order:2": 2}
    assert Reservation.objects.count() == 1
    for one, name in ((1, "inventory_oversell_is_promised"), (0, "inventory_waiting_within_limit")):
        change_setting(variant_id=shop.variant_ids[one], changes={"warn_days": 30}, now=NOW)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Backorder.objects.change_waiting({shop.variant_ids[one]: 1})
    assert waits(shop) == {"order:1": 18, "order:2": 2}


def for_an_hour(line: StockLine) -> None:
    services.reserve(source="order:1", lines=[line], now=NOW, expires_at=NOW + timedelta(hours=1))


def in_one_warehouse(line: StockLine) -> None:
    services.reserve(source="order:1", lines=[line], now=NOW, warehouse_id=get_default_warehouse_id())


@pytest.mark.parametrize("hold", [for_an_hour, in_one_warehouse])
def test_what_is_held_for_an_hour_or_in_one_warehouse_does_not_wait(
    shop: Shop, hold: Callable[[StockLine], None]
) -> None:
    with pytest.raises(services.InsufficientStock), transaction.atomic():
        hold(StockLine(shop.variant_ids[0], 11))
    assert waits(shop) == {}


def test_a_promise_that_is_past_sells_nothing(shop: Shop) -> None:
    line = StockLine(shop.variant_ids[0], 11)
    late = datetime(2026, 12, 20, 17, tzinfo=UTC)  # the next day in China
    with pytest.raises(services.InsufficientStock), transaction.atomic():
        services.reserve(source="order:1", lines=[line], now=late)
    assert get_allowances(variant_ids=shop.variant_ids, now=late) == {}
    known = get_allowances(variant_ids=shop.variant_ids, now=NOW)
    assert known == {shop.variant_ids[0]: Allowance("presale", DAY, 20)}


def test_goods_that_have_not_come_do_not_leave(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    services.reserve(source="order:1", lines=[StockLine(one, 12), StockLine(two, 1)], now=NOW)
    with pytest.raises(services.GoodsNotArrived) as refusal, transaction.atomic():
        services.ship(source="order:1", lines=[StockLine(two, 1), StockLine(one, 12)], now=NOW)
    (error,) = refusal.value.errors
    assert (error.field, error.code, "2026-12-20" in str(error.detail)) == (
        "lines.1.quantity",
        "goods_not_arrived",
        True,
    )
    with pytest.raises(services.NotReserved), transaction.atomic():
        services.ship(source="order:1", lines=[StockLine(two, 2)], now=NOW)
    assert services.ship(source="order:1", lines=[StockLine(one, 10), StockLine(two, 1)], now=NOW)
    receive(shop, 2)
    tasks.fill_backorders(NOW)
    assert services.ship(source="order:1", lines=[StockLine(one, 2)], document="order:1:parcel:2", now=NOW)
    assert Stock.objects.get(variant_id=one).on_hand == 0


def give_back(shop: Shop, pieces: int) -> None:
    services.release(source="order:1", lines=[StockLine(shop.variant_ids[0], pieces)])


@pytest.mark.parametrize(("pieces", "waiting", "left"), [(1, 3, 10), (4, 0, 10), (6, 0, 8), (14, 0, 0), (99, 0, 0)])
def test_what_waits_is_given_up_first(shop: Shop, pieces: int, waiting: int, left: int) -> None:
    reserve(shop, 1, 14)
    give_back(shop, pieces)
    assert (sum(waits(shop).values()), held(1)) == (waiting, left)
    services.release_all(source="order:1")
    assert (waits(shop), held(1), Stock.objects.get(variant_id=shop.variant_ids[0]).reserved) == ({}, 0, 0)
    assert get_promises(sources=["order:1"]) == ({} if pieces == 99 else get_promises(sources=["order:1"]))


def test_what_a_cancelled_order_gives_back_goes_to_those_who_wait(shop: Shop) -> None:
    reserve(shop, 1, 10)
    reserve(shop, 2, 4)
    services.release_all(source="order:1")
    tasks.fill_backorders(NOW)
    assert (waits(shop), held(2)) == ({}, 4)


def count_in(shop: Shop) -> None:
    services.adjust(lines=[AdjustmentLine(shop.variant_ids[0], 4)], reference="C-1", now=NOW)


def transfer_in(shop: Shop) -> None:
    damaged = create_warehouse(code="BAD", name="残次仓", kind="damaged").pk
    lines = [ReceiptLine(shop.variant_ids[0], 4, Decimal(4))]
    services.receive(lines=lines, reference="bad", warehouse_id=damaged, now=NOW)
    assert tasks.find_fillable(NOW) is None
    made = transfers.create_transfer(
        origin_id=damaged,
        target_id=get_default_warehouse_id(),
        lines=[StockLine(shop.variant_ids[0], 4)],
        now=NOW,
    )
    transfers.ship_transfer(transfer_id=made.pk, now=NOW)
    arrived = [transfers.ReceivedLine(shop.variant_ids[0], 4)]
    transfers.receive_transfer(transfer_id=made.pk, lines=arrived, now=NOW)


def receive_elsewhere(shop: Shop) -> None:
    east = create_warehouse(code="EAST", name="华东仓").pk
    lines = [ReceiptLine(shop.variant_ids[0], 4, Decimal(4))]
    services.receive(lines=lines, reference="east", warehouse_id=east, now=NOW)


@pytest.mark.parametrize("arrive", [count_in, transfer_in, receive_elsewhere])
def test_goods_arrive_by_count_transfer_and_receipt(
    shop: Shop, arrive: Callable[[Shop], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve(shop, 1, 15)
    noted: list[str] = []
    monkeypatch.setattr("kernel.events.due.note", lambda kind, **_more: noted.append(kind))
    arrive(shop)
    assert "inventory.fill_backorders" in noted
    tasks.fill_backorders(NOW)
    assert (waits(shop), held(1)) == ({"order:1": 1}, 14)


def test_reserving_anew_keeps_what_waits_within_the_limit(shop: Shop) -> None:
    reserve(shop, 1, 30)
    wanted = {"order:1": [StockLine(shop.variant_ids[0], 25), StockLine(shop.variant_ids[1], 1)]}
    rereserving.reserve_anew(released=["order:1"], wanted=wanted, now=NOW)
    assert (waits(shop), held(1)) == ({"order:1": 15}, 11)
    row = Backorder.objects.get()
    assert (row.quantity, row.released) == (35, 20)


@pytest.mark.parametrize(
    ("policy", "promised_on", "limit", "field"),
    [
        ("never", DAY, None, "policy"),
        ("presale", None, None, "promised_on"),
        ("backorder", TODAY - timedelta(days=1), None, "promised_on"),
        ("presale", DAY, 0, "limit"),
        ("presale", DAY, 1_000_001, "limit"),
        ("presale", DAY, 3, "limit"),
        ("none", DAY, None, "promised_on"),
        ("none", None, 5, "limit"),
        ("none", None, None, "policy"),
    ],
)
def test_terms_that_cannot_hold_are_named(
    shop: Shop, policy: str, promised_on: date | None, limit: int | None, field: str
) -> None:
    reserve(shop, 1, 14)
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        set_oversell(variant_id=shop.variant_ids[0], policy=policy, promised_on=promised_on, limit=limit, now=NOW)
    assert [one.field for one in refusal.value.errors] == [field]
    setting = SkuSetting.objects.get(variant_id=shop.variant_ids[0])
    assert (setting.oversell, setting.promised_on, setting.oversell_limit) == ("presale", DAY, 20)


def test_a_day_that_moves_is_told_to_those_who_wait_if_meant(shop: Shop) -> None:
    one = shop.variant_ids[0]
    reserve(shop, 1, 11)
    later = DAY + timedelta(days=7)
    for moves, day in ((False, DAY), (True, later)):
        set_oversell(variant_id=one, policy="backorder", promised_on=later, moves_waiting=moves, now=NOW)
        assert get_promises(sources=["order:1"])["order:1"].promised_on == day
    services.reserve(source="order:2", lines=[StockLine(one, 5_000)], now=NOW)
    assert get_promises(sources=["order:2"])["order:2"].kind == "backorder"
    services.release_all(source="order:1")
    services.release_all(source="order:2")
    set_oversell(variant_id=one, policy="none", now=NOW)
    with pytest.raises(services.InsufficientStock), transaction.atomic():
        reserve(shop, 3, 11)
    assert AuditRecord.objects.filter(action="inventory.set_oversell").count() == 4


def test_pure_rules() -> None:
    assert allow(SkuSetting(oversell="none"), TODAY) is None
    assert allow(SkuSetting(oversell="presale", promised_on=TODAY, oversell_limit=5, waiting=5), TODAY) == Allowance(
        "presale", TODAY, 0
    )
    assert share_out([(1, 3), (2, 4), (3, 1)], 5) == [(1, 3), (2, 2)]
