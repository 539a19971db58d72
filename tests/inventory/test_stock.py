"""Stock: reservations, receipts, shipments, corrections, returns; always with their money."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.database.append_only import AppendOnlyViolation
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, StockMovement, Warehouse
from tenant_apps.inventory.selectors import stock as selectors
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id, list_warehouses
from tenant_apps.inventory.services import alerts
from tenant_apps.inventory.services import stock as services
from tenant_apps.inventory.services.booking import bring_in
from tenant_apps.inventory.services.stock import AdjustmentLine, ReceiptLine, ReturnLine, StockLine
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.inventory.states import MovementKind
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each at 4.00, 8.00 and 12.00."""
    return open_shop()


def stock(shop: Shop, place: int = 0) -> Stock:
    return Stock.objects.get(variant_id=shop.variant_ids[place])


def complaints_of(refusal: pytest.ExceptionInfo[DomainError]) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in refusal.value.errors]


def test_a_brand_starts_with_one_default_warehouse() -> None:
    assert [(one.code, one.is_default) for one in list_warehouses()] == [("MAIN", True)]


def test_reserving_takes_three_statements_for_any_number_of_lines(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        lines = [StockLine(variant, 1) for variant in shop.variant_ids[:count]]
        with django_assert_num_queries(3):
            services.reserve(source=f"order:{count}", lines=lines, now=NOW)
    assert [stock(shop, place).reserved for place in range(3)] == [2, 1, 1]
    assert stock(shop).available == 98


def test_all_short_lines_are_listed_and_nothing_is_reserved(shop: Shop) -> None:
    one, two, three = shop.variant_ids
    with pytest.raises(services.InsufficientStock) as refusal, transaction.atomic():
        services.reserve(
            source="order:1",
            lines=[StockLine(three, 101), StockLine(two, 100), StockLine(one, 60), StockLine(one, 60)],
            now=NOW,
        )
    assert [one.field for one in refusal.value.errors] == ["lines.0.quantity", "lines.2.quantity", "lines.3.quantity"]
    assert "100" in str(refusal.value.errors[0].detail)
    assert not Reservation.objects.exists()


def test_a_variant_without_stock_has_nothing_available(shop: Shop) -> None:
    with pytest.raises(services.InsufficientStock) as refusal, transaction.atomic():
        services.reserve(source="order:1", lines=[StockLine(10**9, 1)], now=NOW)
    assert "0" in str(refusal.value.errors[0].detail)


def test_a_source_reserves_a_variant_once(shop: Shop) -> None:
    lines = [StockLine(shop.variant_ids[0], 1)]
    services.reserve(source="order:1", lines=lines, now=NOW)
    with pytest.raises(services.AlreadyReserved), transaction.atomic():
        services.reserve(source="order:1", lines=lines, now=NOW)


def test_release_gives_back_once_in_part_or_whole(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    services.reserve(source="order:1", lines=[StockLine(one, 5), StockLine(two, 2)], now=NOW)
    services.release(source="order:1", lines=[StockLine(one, 2)])
    assert (stock(shop).reserved, stock(shop, 1).reserved) == (3, 2)
    services.release_all(source="order:1")
    services.release_all(source="order:1")
    assert (stock(shop).reserved, stock(shop, 1).reserved) == (0, 0)
    assert set(Reservation.objects.filter(source="order:1").values_list("state", flat=True)) == {"released"}
    assert services.ship(source="order:1", now=clock.now()) == {}


def test_shipping_takes_what_is_left_at_average_cost_once(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.receive(lines=[ReceiptLine(one, 100, Decimal("5.0050"))], reference="second", now=NOW)
    assert stock(shop).value == Decimal("900.50")
    services.reserve(source="order:1", lines=[StockLine(one, 5)], now=NOW)
    services.release(source="order:1", lines=[StockLine(one, 2)])
    assert services.ship(source="order:1", now=NOW) == {one: Decimal("13.51")}  # 900.50 × 3 ÷ 200 = 13.5075
    assert services.ship(source="order:1", now=NOW) == {one: Decimal("13.51")}
    assert (stock(shop).on_hand, stock(shop).value) == (197, Decimal("886.99"))
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal("13.51")
    assert_books_are_sound()


def test_the_last_piece_takes_the_rest_of_the_value(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.adjust(lines=[AdjustmentLine(one, -97)], reference="c1", now=NOW)
    services.receive(lines=[ReceiptLine(one, 1, Decimal("0.01"))], reference="odd", now=NOW)
    for number in range(4):
        services.reserve(source=f"order:{number}", lines=[StockLine(one, 1)], now=NOW)
        services.ship(source=f"order:{number}", now=NOW)
    assert (stock(shop).on_hand, stock(shop).value) == (0, Decimal(0))
    assert_books_are_sound()


def test_a_receipt_is_booked_once_and_owed(shop: Shop) -> None:
    before = balance_of(AccountCode.PAYABLES)
    lines = [ReceiptLine(shop.variant_ids[0], 10, Decimal("1.2345")), ReceiptLine(shop.variant_ids[0], 10, Decimal(1))]
    source = services.receive(lines=lines, reference="R-1", now=NOW)
    assert balance_of(AccountCode.PAYABLES) - before == Decimal("22.35")
    movement = StockMovement.objects.get(source=source)
    assert (movement.quantity, movement.balance_after, movement.value_after) == (20, 120, Decimal("422.35"))
    with pytest.raises(services.AlreadyBooked), transaction.atomic():
        services.receive(lines=lines, reference="R-1", now=NOW)
    assert_books_are_sound()


@pytest.mark.parametrize(("quantity", "cost"), [(0, "1"), (-1, "1"), (1, "-0.01")])
def test_a_receipt_needs_pieces_and_a_cost(shop: Shop, quantity: int, cost: str) -> None:
    with pytest.raises(services.InvalidQuantity), transaction.atomic():
        services.receive(
            lines=[ReceiptLine(shop.variant_ids[0], quantity, Decimal(cost))], reference="bad", now=clock.now()
        )


def test_an_unknown_warehouse_is_named(shop: Shop) -> None:
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        services.receive(
            lines=[ReceiptLine(shop.variant_ids[0], 1, Decimal(1))], reference="x", warehouse_id=10**9, now=clock.now()
        )
    assert complaints_of(refusal) == [("warehouse_id", "unknown_warehouse")]


def test_another_warehouse_keeps_its_own_stock(shop: Shop) -> None:
    second = create_warehouse(code="EAST", name="华东仓")
    one = shop.variant_ids[0]
    services.receive(lines=[ReceiptLine(one, 5, Decimal(4))], reference="east", warehouse_id=second.pk, now=NOW)
    services.reserve(source="order:1", lines=[StockLine(one, 5)], warehouse_id=second.pk, now=NOW)
    assert stock_in(second).available == 0
    assert Stock.objects.exclude(warehouse=second).get(variant_id=one).available == 100
    with pytest.raises(services.AlreadyBooked), transaction.atomic():
        create_warehouse(code="EAST", name="again")


def stock_in(warehouse: Warehouse) -> Stock:
    return Stock.objects.get(warehouse=warehouse)


def test_counting_corrects_pieces_and_value(shop: Shop) -> None:
    one, two, three = shop.variant_ids
    services.adjust(
        lines=[AdjustmentLine(one, -2), AdjustmentLine(two, 1), AdjustmentLine(three, -100)], reference="C-1", now=NOW
    )
    assert [(stock(shop, place).on_hand, stock(shop, place).value) for place in range(3)] == [
        (98, Decimal(392)),
        (101, Decimal(808)),
        (0, Decimal(0)),
    ]
    assert balance_of(AccountCode.PENDING_DIFFERENCES) == Decimal(1200)
    services.adjust(lines=[AdjustmentLine(three, 3)], reference="C-2", now=NOW)
    assert stock(shop, 2).value == Decimal(36)  # at the last known cost
    assert balance_of(AccountCode.PENDING_DIFFERENCES) == Decimal(1164)
    with pytest.raises(services.AlreadyBooked), transaction.atomic():
        services.adjust(lines=[AdjustmentLine(one, 1)], reference="C-1", now=NOW)
    assert_books_are_sound()


def test_goods_found_in_another_warehouse_take_the_last_known_cost(shop: Shop) -> None:
    east = create_warehouse(code="EAST", name="华东仓")
    one, two, _three = shop.variant_ids
    lines = [AdjustmentLine(one, 2), AdjustmentLine(two, 1)]
    services.adjust(lines=lines, reference="C-1", warehouse_id=east.pk, now=NOW)
    assert sorted(Stock.objects.filter(warehouse=east).values_list("value", flat=True)) == [Decimal(8), Decimal(8)]
    assert balance_of(AccountCode.PENDING_DIFFERENCES) == Decimal(-16)
    assert_books_are_sound()


def test_found_goods_that_never_had_a_value_ask_for_their_cost(shop: Shop) -> None:
    one, _two, _three = shop.variant_ids
    product_id = Variant.objects.get(pk=one).product_id
    fresh, given = (add_variant(product_id=product_id, sku=sku, retail_price=Decimal(9)).pk for sku in ("N-1", "N-2"))
    services.receive(lines=[ReceiptLine(given, 5, Decimal(0))], reference="GIFT", now=NOW)
    lines = [AdjustmentLine(fresh, 3), AdjustmentLine(one, 1), AdjustmentLine(given, 1)]
    with pytest.raises(services.CostUnknown) as refusal, transaction.atomic():
        services.adjust(lines=lines, reference="C-1", now=NOW)
    assert complaints_of(refusal) == [("lines.0.unit_cost", "cost_unknown"), ("lines.2.unit_cost", "cost_unknown")]
    for known in (AdjustmentLine(one, 1, Decimal(5)), AdjustmentLine(one, -1, Decimal(5))):
        with pytest.raises(services.CostUnknown) as refusal, transaction.atomic():
            services.adjust(lines=[known], reference="C-1", now=NOW)
        assert complaints_of(refusal) == [("lines.0.unit_cost", "cost_known")]
    told = [AdjustmentLine(fresh, 3, Decimal("2.5")), AdjustmentLine(given, 1, Decimal(0))]
    services.adjust(lines=told, reference="C-1", now=NOW)
    values = dict(Stock.objects.filter(variant_id__in=[fresh, given]).values_list("variant_id", "value"))
    assert values == {fresh: Decimal("7.50"), given: Decimal(0)}
    assert_books_are_sound()


def test_a_document_is_booked_once_whatever_its_lines_are(shop: Shop) -> None:
    """A second SKU under the same note, of the same or another sum, is refused and moves nothing."""
    one, two, three = shop.variant_ids
    services.receive(lines=[ReceiptLine(one, 300, Decimal(60))], reference="RK001", now=NOW)
    services.adjust(lines=[AdjustmentLine(one, -2)], reference="PD001", now=NOW)
    for line in (
        ReceiptLine(two, 200, Decimal(90)),
        ReceiptLine(three, 1, Decimal(1)),
        ReceiptLine(two, 5, Decimal(0)),
    ):
        with pytest.raises(services.AlreadyBooked) as refusal, transaction.atomic():
            services.receive(lines=[line], reference="RK001", now=NOW)
        assert complaints_of(refusal) == [("reference", "already_booked")]
    for change in (-2, 3):
        with pytest.raises(services.AlreadyBooked), transaction.atomic():
            services.adjust(lines=[AdjustmentLine(two, change)], reference="PD001", now=NOW)
    assert (stock(shop, 1).on_hand, stock(shop, 2).on_hand) == (100, 100)
    assert_books_are_sound()


def test_a_document_booked_by_lines_before_documents_is_known_too(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    bring_in("receipt:OLD", MovementKind.RECEIPT, [(one, 1, Decimal(1))], None, NOW)
    with pytest.raises(services.AlreadyBooked), transaction.atomic():
        services.receive(lines=[ReceiptLine(two, 1, Decimal(1))], reference="OLD", now=NOW)


def test_the_lines_of_a_document_are_posted_together(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    before = balance_of(AccountCode.PAYABLES)
    lines = [ReceiptLine(one, 300, Decimal(60)), ReceiptLine(two, 200, Decimal(90))]
    source = services.receive(lines=lines, reference="RK001", now=NOW)
    assert balance_of(AccountCode.PAYABLES) - before == Decimal(36_000)
    documents = StockMovement.objects.filter(source=source).values_list("document", flat=True)
    assert sorted(documents) == ["", source]
    assert_books_are_sound()


def test_a_count_never_takes_what_is_promised(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    services.reserve(source="order:1", lines=[StockLine(one, 99)], now=NOW)
    with pytest.raises(services.BelowReserved) as refusal, transaction.atomic():
        services.adjust(lines=[AdjustmentLine(two, -1), AdjustmentLine(one, -2)], reference="C-1", now=clock.now())
    assert complaints_of(refusal) == [("lines.1.change", "below_reserved")]


def test_returned_goods_come_back_with_the_cost_they_left_with(shop: Shop) -> None:
    one = shop.variant_ids[0]
    services.reserve(source="order:1", lines=[StockLine(one, 2)], now=NOW)
    services.ship(source="order:1", now=NOW)
    services.restock_returned(source="order:1:refund:1", lines=[ReturnLine(one, 1, Decimal("4.00"))], now=NOW)
    assert (stock(shop).on_hand, stock(shop).value) == (99, Decimal("396.00"))
    assert StockMovement.objects.filter(kind="return").get().balance_after == 99
    with pytest.raises(services.AlreadyBooked), transaction.atomic():
        services.restock_returned(source="order:1:refund:1", lines=[ReturnLine(one, 1, Decimal("4.00"))], now=NOW)
    assert_books_are_sound()


def test_low_stock_is_what_is_available_under_the_threshold(shop: Shop) -> None:
    row = stock(shop)
    alerts.set_low_stock_threshold(stock_id=row.pk, threshold=100)
    assert selectors.list_stock(low=True).count() == 0
    services.reserve(source="order:1", lines=[StockLine(row.variant_id, 1)], now=NOW)
    assert [one.pk for one in selectors.list_stock(low=True)] == [row.pk]
    assert selectors.get_stock(stock_id=row.pk).is_low
    with pytest.raises(selectors.StockNotFound):
        alerts.set_low_stock_threshold(stock_id=10**9, threshold=1)
    with pytest.raises(services.InvalidQuantity):
        alerts.set_low_stock_threshold(stock_id=row.pk, threshold=-1)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("reserved = on_hand + 1", "inventory_stock_never_oversold"),
        ("on_hand = -1, reserved = -1", "never_negative"),
        ("reserved = -1", "inventory_reserved_never_negative"),
        ("value = -0.01", "inventory_stock_value_of_goods"),
        ("on_hand = 0", "inventory_stock_value_of_goods"),
        ("low_stock_threshold = -1", "inventory_threshold_not_negative"),
    ],
)
def test_the_database_refuses_by_itself(shop: Shop, change: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE inventory_stock SET {change}")


def test_one_default_warehouse_and_no_second_row_of_stock(shop: Shop) -> None:
    with pytest.raises(IntegrityError, match="inventory_warehouse_one_default"), transaction.atomic():
        Warehouse.objects.create(code="X", name="x", is_default=True)
    with pytest.raises(IntegrityError, match="inventory_stock_place_unique"), transaction.atomic():
        Stock.objects.create(variant_id=shop.variant_ids[0], warehouse_id=get_default_warehouse_id())


def test_movements_are_never_changed(shop: Shop) -> None:
    with pytest.raises(AppendOnlyViolation):
        StockMovement.objects.update(quantity=1)
    with pytest.raises(AppendOnlyViolation):
        StockMovement.objects.all().delete()


def test_empty_lists_change_nothing(shop: Shop) -> None:
    movements = StockMovement.objects.count()
    services.reserve(source="order:1", lines=[], now=NOW)
    services.restock_returned(source="order:1", lines=[], now=clock.now())
    assert (Reservation.objects.count(), StockMovement.objects.count()) == (0, movements)
