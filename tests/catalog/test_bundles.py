"""Bundles: an article of its own whose goods are those of its parts, from the order to the refund."""

from decimal import Decimal

import pytest

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf, take_off_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services.stock import InsufficientStock
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import InvalidLines
from tenant_apps.orders.rules.refunds import RefundRequest
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import refund_everything, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, assert_books_are_sound, open_shop, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """Three goods, 100 pieces each, at 4.00, 8.00 and 12.00 cost."""
    return open_shop()


@pytest.fixture
def bundle(shop: Shop) -> Variant:
    """SET = 2 × G-01 + 1 × G-02, at 35.00."""
    product = create_product(name="护肤礼盒", kind="bundle")
    variant = add_variant(product_id=product.pk, sku="SET", retail_price=Decimal("35.00"))
    set_parts(variant_id=variant.pk, parts=[NewPart(shop.variant_ids[0], 2), NewPart(shop.variant_ids[1], 1)])
    put_on_shelf(product_id=product.pk, now=clock.now())
    return variant


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*wanted)
    return pay_order(order_id=order.pk, method="alipay", reference=f"a-{order.pk}", now=clock.now())


def goods(shop: Shop, place: int) -> tuple[int, int, Decimal]:
    row = Stock.objects.get(variant_id=shop.variant_ids[place])
    return row.on_hand, row.reserved, row.value


def test_as_many_as_the_scarcest_part_allows(shop: Shop, bundle: Variant) -> None:
    sell(("G-01", 91))
    with pytest.raises(InsufficientStock) as refusal:
        sell(("POST", 1), ("G-03", 1), ("SET", 5))
    assert [error.field for error in refusal.value.errors] == ["lines.2.quantity"]
    # Four sets need eight pieces; with two sold alone in the same order the shelf is empty.
    with pytest.raises(InsufficientStock) as refusal:
        sell(("SET", 4), ("G-01", 2))
    assert [error.field for error in refusal.value.errors] == ["lines.0.quantity", "lines.1.quantity"]


def test_placing_and_cancelling(shop: Shop, bundle: Variant) -> None:
    order = sell(("SET", 3), ("G-01", 1))
    line = order.lines.get(line_no=1)
    assert (line.unit_price, line.goods_amount, line.is_stocked) == (Decimal("35.0000"), Decimal("105.00"), True)
    assert (goods(shop, 0)[1], goods(shop, 1)[1], goods(shop, 2)[1]) == (7, 3, 0)
    cancel_order(order_id=order.pk, now=clock.now())
    assert (goods(shop, 0)[1], goods(shop, 1)[1]) == (0, 0)


def test_shipping_sums_the_cost_of_the_parts(shop: Shop, bundle: Variant) -> None:
    order = ship_order(order_id=paid(("SET", 3), ("G-01", 1)).pk, carrier="SF", tracking_number="SF1", now=clock.now())
    first, second = order.lines.order_by("line_no")
    assert (first.cost, first.shipped_quantity) == (Decimal("48.00"), 3)  # 3 × (2 × 4.00 + 8.00)
    assert (second.cost, second.shipped_quantity) == (Decimal("4.00"), 1)
    assert goods(shop, 0) == (93, 0, Decimal("372.00"))
    assert goods(shop, 1) == (97, 0, Decimal("776.00"))
    assert_books_are_sound()


def test_a_refund_brings_the_parts_back(shop: Shop, bundle: Variant) -> None:
    order = ship_order(order_id=paid(("SET", 3)).pk, carrier="SF", tracking_number="SF1", now=clock.now())
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], restock=True, now=clock.now())
    assert (goods(shop, 0)[0], goods(shop, 1)[0]) == (96, 98)
    line = order.lines.get()
    assert (line.returned_quantity, line.returned_cost) == (1, Decimal("16.00"))
    refund_everything(order_id=order.pk, restock=True, now=clock.now())
    order.refresh_from_db()
    assert order.fulfilment_state == "returned"
    assert (goods(shop, 0), goods(shop, 1)) == ((100, 0, Decimal("400.00")), (100, 0, Decimal("800.00")))
    assert_books_are_sound()


def test_a_refund_before_shipment_releases_the_parts(shop: Shop, bundle: Variant) -> None:
    order = paid(("SET", 3))
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=clock.now())
    assert (goods(shop, 0)[1], goods(shop, 1)[1]) == (4, 2)
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    assert (goods(shop, 0)[0], goods(shop, 1)[0]) == (96, 98)
    assert order.lines.get().cost == Decimal("32.00")
    assert_books_are_sound()


def test_odd_costs_add_up_however_they_come_back(shop: Shop, bundle: Variant) -> None:
    Stock.objects.filter(variant_id=shop.variant_ids[0]).update(value=Decimal("400.01"), on_hand=97)
    order = ship_order(order_id=paid(("SET", 7), ("G-01", 3)).pk, carrier="SF", tracking_number="SF1", now=clock.now())
    cost = sum((line.cost for line in order.lines.all()), ZERO)
    left = goods(shop, 0)[2] + goods(shop, 1)[2]
    assert cost + left == Decimal("1200.01")
    for _turn in range(7):
        refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], restock=True, now=clock.now())
    line = order.lines.get(line_no=1)
    assert (line.returned_quantity, line.returned_cost) == (7, line.cost)
    assert goods(shop, 0)[2] + goods(shop, 1)[2] + order.lines.get(line_no=2).cost == Decimal("1200.01")


def test_orders_keep_the_parts_they_were_placed_with(shop: Shop, bundle: Variant) -> None:
    order = paid(("SET", 1))
    set_parts(variant_id=bundle.pk, parts=[NewPart(shop.variant_ids[2], 5)])
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    assert (goods(shop, 0)[0], goods(shop, 1)[0], goods(shop, 2)[0]) == (98, 99, 100)


def test_parts_off_the_shelf_are_sold_within_sets(shop: Shop, bundle: Variant) -> None:
    take_off_shelf(product_id=Variant.objects.get(sku="G-01").product_id)
    sell(("SET", 1))
    with pytest.raises(InvalidLines):
        sell(("G-01", 1))


def test_a_bundle_without_parts_is_not_for_sale(shop: Shop) -> None:
    product = create_product(name="空盒", kind="bundle")
    add_variant(product_id=product.pk, sku="EMPTY", retail_price=Decimal("1.00"))
    put_on_shelf(product_id=product.pk, now=clock.now())
    with pytest.raises(InvalidLines) as refusal:
        sell(("EMPTY", 1))
    assert refusal.value.errors[0].code == "off_shelf"
