"""Placing an order by the service, against the same reads, writes and locks by psycopg2 alone."""

import statistics
import time
from collections.abc import Callable

from kernel.core import clock
from tests.benchmarks.harness import House, Measurement, percentile
from tests.benchmarks.raw_place_order import Basket, RawShop

MAX_RATIO = 3.0
MAX_STATEMENTS = 15
ROUNDS = 300
WARM_UP = 30


def measure(house: House) -> Measurement:
    """Orders of the service and bare ones alternate, so that whatever else the machine does meets both."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tenant_apps.customers.services import ensure_customer
    from tenant_apps.orders.services.place_order import Buyer, NewLine, place_retail_order
    from tests.factories.trade import PHONE, open_shop

    brand = house.brand("placing")
    shop = open_shop(goods=30, pieces=1_000_000)
    ensure_customer(phone=PHONE, name="王芳")
    raw = house.raw_connection(brand.schema_name)
    raw.autocommit = True
    with raw.cursor() as cursor:
        cursor.execute("ANALYZE")
    details: dict[str, str] = {}
    ratios = {}
    statements = {}
    for size in (3, 30):
        lines = [NewLine(sku, 2) for sku in shop.skus[:size]]
        bare = RawShop(raw, Basket(brand.schema_name, PHONE, "LING", tuple((line.sku, 2) for line in lines)))

        def ours(lines: list[NewLine] = lines) -> None:
            place_retail_order(lines=lines, buyer=Buyer(phone=PHONE), agent_code="LING", now=clock.now())

        floors, durations = alternate(bare.place, ours)
        with CaptureQueriesContext(connection) as captured:
            ours()
        statements[size] = len(captured)
        ratios[size] = statistics.median(durations) / statistics.median(floors)
        details[f"{size} lines, psycopg2"] = f"{describe(floors)}, {bare.statements} statements"
        details[f"{size} lines, service"] = f"{describe(durations)}, {statements[size]} statements"
    raw.close()
    details["30 lines, ratio"] = f"{ratios[30]:.2f} ×"
    same = statements[3] == statements[30] <= MAX_STATEMENTS
    return Measurement(
        value=round(ratios[3], 2),
        unit="×",
        bound=f"≤ {MAX_RATIO:g} × raw, ≤ {MAX_STATEMENTS} SQL",
        ok=ratios[3] <= MAX_RATIO and same,
        details=details,
    )


def alternate(floor: Callable[[], object], ours: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Durations in seconds of both, taken in turns."""
    durations: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + ROUNDS):
        for action, kept in zip((floor, ours), durations, strict=True):
            started = time.perf_counter()
            action()
            if number >= WARM_UP:
                kept.append(time.perf_counter() - started)
    return durations


def describe(durations: list[float]) -> str:
    """Median and p99 in milliseconds."""
    return f"p50 {statistics.median(durations) * 1000:.2f} ms, p99 {percentile(durations, 0.99) * 1000:.2f} ms"
