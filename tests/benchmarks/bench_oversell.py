"""Two hundred buyers, a hundred pieces, real connections: exactly a hundred are sold."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from kernel.core import clock
from tests.benchmarks.harness import House, Measurement
from tests.benchmarks.shop import stock_shelf

BUYERS = 200
PIECES = 100
CONNECTIONS = 50


def measure(house: House) -> Measurement:
    """Fifty connections place two hundred orders of one piece each."""
    from django.db import connection

    from kernel.tenancy.context import enter_brand
    from tenant_apps.inventory.models import Stock
    from tenant_apps.inventory.services.stock import InsufficientStock
    from tenant_apps.orders.services.place_order import NewLine, place_retail_order

    brand = house.brand("oversell")
    (sku,) = stock_shelf(variants=1, on_hand=PIECES)
    barrier = Barrier(CONNECTIONS)

    def buy(_: int) -> Counter[str]:
        outcome: Counter[str] = Counter()
        enter_brand(brand)
        barrier.wait()
        for _attempt in range(BUYERS // CONNECTIONS):
            try:
                place_retail_order(lines=[NewLine(sku, 1)], now=clock.now())
                outcome["sold"] += 1
            except InsufficientStock:
                outcome["refused"] += 1
            except Exception as error:
                outcome[f"{type(error).__name__}: {error}"[:120]] += 1
        connection.close()
        return outcome

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        total = sum(pool.map(buy, range(CONNECTIONS)), Counter[str]())
    took = time.perf_counter() - started
    stock = Stock.objects.get(variant__sku=sku)
    left = stock.on_hand - stock.reserved
    return Measurement(
        value=total["sold"],
        unit="sold",
        bound=f"= {PIECES}, none left, no deadlock",
        ok=total == Counter(sold=PIECES, refused=BUYERS - PIECES) and left == 0,
        details={"outcome": dict(total), "available_after": left, "seconds": round(took, 2)},
    )
