"""Many buyers at once buy beyond stock: never more waits than allowed, what arrives is given once, nobody deadlocks."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db.models import Sum

from kernel.core import clock
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Backorder, Reservation, SkuSetting, Stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.backorders import fill_waiting, set_oversell
from tenant_apps.inventory.services.stock import InsufficientStock, ReceiptLine
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.place_order import NewLine, place_retail_order
from tests.factories.parallel import AtOnce
from tests.factories.trade import open_shop

pytestmark = pytest.mark.django_db(transaction=True)

ROUND = 40


def presell(variant_id: int, limit: int | None) -> None:
    now = clock.now()
    day = clock.business_date(now) + timedelta(days=9)
    set_oversell(variant_id=variant_id, policy="presale", promised_on=day, limit=limit, now=now)


def assert_figures_agree() -> None:
    for setting in SkuSetting.objects.all():
        rows = Backorder.objects.filter(variant_id=setting.variant_id)
        assert setting.waiting == sum(row.open for row in rows)
    for stock in Stock.objects.all():
        held = Reservation.objects.filter(variant_id=stock.variant_id, warehouse_id=stock.warehouse_id)
        assert stock.reserved == sum(row.open for row in held) <= stock.on_hand


def test_a_hundred_and_twenty_buyers_get_what_there_is_and_what_may_wait(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=1, pieces=50)
    presell(shop.variant_ids[0], 30)

    def buy() -> Order:
        return place_retail_order(lines=[NewLine(shop.skus[0], 1)], now=clock.now())

    results = [result for _round in range(120 // ROUND) for result in at_once.outcomes([buy] * ROUND)]
    sold = [result for result in results if isinstance(result, Order)]
    refused = [result for result in results if isinstance(result, InsufficientStock)]
    assert (len(sold), len(refused)) == (80, 40), [r for r in results if r not in sold and r not in refused]
    assert SkuSetting.objects.get().waiting == 30
    assert_figures_agree()


def test_buying_cancelling_receiving_and_filling_at_once_agree(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=3, pieces=10)
    for variant_id in shop.variant_ids:
        presell(variant_id, 60)
    random = Random(11)

    def buyer() -> Callable[[], object]:
        skus = random.sample(shop.skus, 2)
        return lambda: place_retail_order(lines=[NewLine(sku, random.randint(1, 3)) for sku in skus], now=clock.now())

    placed = [one for one in at_once.outcomes([buyer() for _buyer in range(ROUND)]) if isinstance(one, Order)]
    assert placed

    def receiver(number: int) -> Callable[[], object]:
        lines = [ReceiptLine(one, 4, Decimal(4)) for one in random.sample(shop.variant_ids, 3)]
        return lambda: inventory.receive(lines=lines, reference=f"R-{number}", now=clock.now())

    def canceller(order: Order) -> Callable[[], object]:
        return lambda: cancel_order(order_id=order.pk, now=clock.now())

    work = [
        *[buyer() for _buyer in range(12)],
        *[receiver(number) for number in range(8)],
        *[canceller(order) for order in placed[:12]],
        *[lambda: fill_waiting(now=clock.now())] * 8,
    ]
    random.shuffle(work)
    results = at_once.outcomes(work)
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, InsufficientStock)] == []
    assert_figures_agree()
    fill_waiting(now=clock.now())
    assert_figures_agree()
    for setting in SkuSetting.objects.filter(waiting__gt=0):
        free = Stock.objects.filter(variant_id=setting.variant_id).aggregate(n=Sum("on_hand") - Sum("reserved"))
        assert free["n"] == 0
