"""Many buyers at once, on real connections: never more is sold than there is, and nobody deadlocks."""

from random import Random
from typing import Any

import pytest
from django.db.models import Sum

from kernel.core import clock
from kernel.models import NumberSeries
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Reservation, Stock
from tenant_apps.inventory.services.stock import InsufficientStock
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.services.place_order import NewLine, place_retail_order
from tests.factories.parallel import AtOnce
from tests.factories.trade import open_shop

pytestmark = pytest.mark.django_db(transaction=True)

ROUND = 40


def test_two_hundred_buyers_get_exactly_the_hundred_pieces(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=1, pieces=100)

    def buy() -> Order:
        return place_retail_order(lines=[NewLine(shop.skus[0], 1)], now=clock.now())

    results = [result for _round in range(200 // ROUND) for result in at_once.outcomes([buy] * ROUND)]
    sold = [result for result in results if isinstance(result, Order)]
    refused = [result for result in results if isinstance(result, InsufficientStock)]
    assert (len(sold), len(refused)) == (100, 100), [r for r in results if r not in sold and r not in refused]
    assert Stock.objects.get().available == 0
    assert OrderLine.objects.count() == Reservation.objects.count() == 100
    # Refused orders gave their numbers back: no gaps.
    assert sorted(int(order.number[-6:]) for order in sold) == list(range(1, 101))
    assert NumberSeries.objects.get(kind="SO").last == 100


def test_baskets_in_any_order_never_deadlock_or_oversell(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=6, pieces=40)
    random = Random(7)

    def buyer() -> Any:
        skus = random.sample(shop.skus, 4)
        return lambda: place_retail_order(lines=[NewLine(sku, random.randint(1, 2)) for sku in skus], now=clock.now())

    results = [result for _round in range(3) for result in at_once.outcomes([buyer() for _buyer in range(ROUND)])]
    assert all(isinstance(result, Order | InsufficientStock) for result in results), results
    sold = OrderLine.objects.values("variant_id").annotate(pieces=Sum("quantity")).order_by("variant_id")
    reserved = {stock.variant_id: stock.reserved for stock in Stock.objects.all()}
    assert {row["variant_id"]: row["pieces"] for row in sold} == reserved
    assert all(pieces <= 40 for pieces in reserved.values())
    assert any(isinstance(result, InsufficientStock) for result in results)
