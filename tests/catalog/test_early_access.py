"""Test schedules without jobs, and early access of high levels (优先推广权)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.core import clock
from tenant_apps.agents.models import Level
from tenant_apps.catalog.models import Product
from tenant_apps.catalog.selectors.sellable import get_variants, is_orderable
from tenant_apps.catalog.selectors.tax_rates import get_tax_histories
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import Schedule, put_on_shelf, schedule_shelf
from tenant_apps.catalog.services.tax_rates import set_tax_rate
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import InvalidLines, NewLine
from tenant_apps.orders.services.place_order import place_restock_order, place_retail_order
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

NOW = clock.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    """G-01 … come on the shelf in two hours, for ranks 1 and 2 since an hour ago."""
    made = open_shop()
    schedule = Schedule(
        on_shelf_at=NOW + 2 * HOUR, off_shelf_at=NOW + 9 * HOUR, early_access_at=NOW - HOUR, early_access_rank=2
    )
    product_id = get_variants(variant_ids=made.variant_ids, now=clock.now())[made.variant_ids[0]].product_id
    schedule_shelf(product_id=product_id, schedule=schedule, now=NOW)
    return made


def restock(shop: Shop, hours: int = 0) -> Order:
    return place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 1)], now=NOW + hours * HOUR)


def code_of(refusal: pytest.ExceptionInfo[InvalidLines]) -> str:
    return refusal.value.errors[0].code


def test_the_level_needs_the_right_and_the_rank(shop: Shop) -> None:
    with pytest.raises(InvalidLines) as refusal:
        restock(shop)
    assert code_of(refusal) == "not_on_shelf"
    Level.objects.update(has_early_access=True)
    assert restock(shop).total > 0
    Level.objects.update(rank=3)
    with pytest.raises(InvalidLines) as refusal:
        restock(shop)
    assert code_of(refusal) == "not_on_shelf"


def test_not_before_the_early_hour_and_not_after_the_end(shop: Shop) -> None:
    Level.objects.update(has_early_access=True)
    with pytest.raises(InvalidLines) as refusal:
        restock(shop, hours=-2)
    assert code_of(refusal) == "not_on_shelf"
    with pytest.raises(InvalidLines) as refusal:
        restock(shop, hours=9)
    assert code_of(refusal) == "off_shelf"


def test_consumers_wait_for_the_shelf(shop: Shop) -> None:
    Level.objects.update(has_early_access=True)
    lines = [NewLine("G-01", 1)]
    with pytest.raises(InvalidLines) as refusal:
        place_retail_order(lines=lines, agent_code="LING", now=NOW)
    assert code_of(refusal) == "not_on_shelf"
    assert place_retail_order(lines=lines, now=NOW + 2 * HOUR).total == Decimal("10.00")
    assert restock(shop, hours=2).total > 0


def test_orderable_by_rank_and_moment(shop: Shop) -> None:
    variant = get_variants(variant_ids=shop.variant_ids[:1], now=NOW)[shop.variant_ids[0]]
    expected = {
        (None, 0): False,
        (1, 0): True,
        (2, 0): True,
        (3, 0): False,
        (1, -2): False,
        (None, 2): True,
        (1, 9): False,
    }
    for (rank, hours), orderable in expected.items():
        assert is_orderable(variant, rank=rank, now=NOW + hours * HOUR) is orderable, (rank, hours)
    assert not variant.is_on_shelf
    assert get_variants(variant_ids=shop.variant_ids, now=NOW + 2 * HOUR)[variant.id].is_on_shelf


def test_orders_freeze_the_rate_of_their_day() -> None:
    shop = open_shop()
    product_id = get_variants(variant_ids=shop.variant_ids, now=clock.now())[shop.variant_ids[0]].product_id
    today = clock.business_date(NOW)
    set_tax_rate(product_id=product_id, valid_from=today, rate=Decimal("0.09"))
    set_tax_rate(product_id=product_id, valid_from=today + timedelta(days=30), rate=Decimal("0.06"))
    rates = []
    for days in (-1, 0, 29, 30):
        order = place_retail_order(lines=[NewLine("G-01", 1)], now=NOW + timedelta(days=days))
        rates.append(order.lines.get().tax_rate)
        assert get_tax_histories(product_ids=[product_id])[product_id].on(today + timedelta(days=days)) == rates[-1]
    assert rates == [Decimal("0.13"), Decimal("0.09"), Decimal("0.09"), Decimal("0.06")]
    assert get_tax_histories(product_ids=[Product.objects.exclude(pk=product_id).values_list("pk", flat=True)[0]]) == {}


def test_a_bundle_waits_for_its_parts(shop: Shop) -> None:
    product = create_product(name="礼盒", kind="bundle")
    bundle = add_variant(product_id=product.pk, sku="BOX", retail_price=Decimal(30))
    set_parts(variant_id=bundle.pk, parts=[NewPart(shop.variant_ids[0], 1)])
    put_on_shelf(product_id=product.pk, now=clock.now())
    lines = [NewLine("BOX", 1)]
    with pytest.raises(InvalidLines) as refusal:
        place_retail_order(lines=lines, now=NOW)
    assert code_of(refusal) == "not_on_shelf"
    box = get_variants(variant_ids=[bundle.pk], now=NOW)[bundle.pk]
    assert [is_orderable(box, rank=rank, now=NOW) for rank in (None, 2, 3)] == [False, True, False]
    assert place_retail_order(lines=lines, now=NOW + 2 * HOUR).total == 30
