"""Quantity breaks that the variants of a product reach together: 3 S and 2 M meet 5."""

from decimal import Decimal

import pytest

from kernel.core import clock
from tenant_apps.orders.services.place_order import NewLine, place_restock_order
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.selectors.resolver import resolve_prices
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

pytestmark = pytest.mark.django_db


def set_breaks(api: ApiClient, shop: Shop, *, counts_product: bool) -> None:
    prices = [
        {
            "level_id": shop.ling.level_id,
            "variant_id": variant_id,
            "price": "5.00",
            "min_quantity": 5,
            "counts_product": counts_product,
        }
        for variant_id in shop.variant_ids[:2]
    ]
    assert api.post("/api/v1/level-prices", {"prices": prices}).status_code == 200


@pytest.mark.parametrize(
    ("counts_product", "lines", "total"),
    [
        (True, [("G-01", 3), ("G-02", 2)], "25.00"),
        (True, [("G-01", 2), ("G-02", 2)], "42.00"),
        (True, [("G-01", 3), ("POST", 2)], "51.00"),
        (False, [("G-01", 3), ("G-02", 2)], "49.00"),
        (False, [("G-01", 5), ("G-02", 2)], "53.00"),
        # The third variant has no such break, but its pieces count.
        (True, [("G-01", 3), ("G-03", 2)], "57.00"),
    ],
)
def test_variants_of_a_product_count_together_where_the_rule_says_so(
    shop: Shop, api: ApiClient, counts_product: bool, lines: list[tuple[str, int]], total: str
) -> None:
    set_breaks(api, shop, counts_product=counts_product)
    order = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine(*line) for line in lines], now=clock.now())
    assert order.total == Decimal(total)
    named = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    quote = api.post("/api/v1/orders/quote", {"kind": "restock", "agent_id": shop.ling.pk, "lines": named})
    assert quote.json()["total"] == total


def test_prices_asked_for_side_by_side_are_no_basket(shop: Shop, api: ApiClient) -> None:
    set_breaks(api, shop, counts_product=True)
    lines = [(variant_id, 3) for variant_id in shop.variant_ids[:2]]
    apart = resolve_prices(agent_id=shop.ling.pk, lines=lines, as_of=clock.now())
    assert [one.price for one in apart.values()] == [Decimal(7), Decimal(14)]
    set_breaks(api, shop, counts_product=False)
    held = LevelPrice.objects.filter(min_quantity=5, valid_until=None).order_by("variant_id", "-valid_from")
    assert [row.counts_product for row in held.distinct("variant_id")] == [False, False]
