"""Measure the cost of a plan's limit: the same service with the count and without, taken in turns.

Without the count only the statement that takes a place is left out (an order then takes its number alone). Also checks
that the limit is exact with eight connections, and that the cost is the same with 100,000 rows.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from unittest.mock import patch

from tests.benchmarks.bench_place_order import describe
from tests.benchmarks.harness import House, Measurement

MAX_RATIO = 1.15
ROUNDS = 400
WARM_UP = 40
ROWS = 100_000
CONNECTIONS = 8
TRIES = 25
LIMIT = 100
FAR_AWAY = 10**12
MORE_PAGES = 5  # versions of the one row that nobody has cleared away yet

_MANY_VARIANTS = """
WITH product AS (
    INSERT INTO catalog_product (name, kind, tax_code, tax_rate, state, description, created_at, updated_at)
    SELECT 'Many ' || number, 'goods', '', 0.13, 'off_shelf', '', now(), now() FROM generate_series(1, %s) AS number
    RETURNING id)
INSERT INTO catalog_variant (product_id, sku, barcode, name, retail_price, is_active, created_at, updated_at)
SELECT id, 'MANY-' || id, '', '', 9.90, true, now(), now() FROM product
"""


def measure(house: House) -> Measurement:
    """Orders are what is bound: they are placed most, and by most at once."""
    from kernel.core import clock
    from shared_apps.entitlements.services import quotas

    house.brand("quotas")
    place, register, add = writes()
    limit_everything(FAR_AWAY)
    details: dict[str, Any] = {}
    ratios = {}
    for name, write in (("placing an order", place), ("registering an agent", register), ("adding a SKU", add)):
        checked, unchecked = alternate(write)
        ratios[name] = statistics.median(checked) / statistics.median(unchecked)
        details[name] = f"{ratios[name]:.2f} × ({describe(checked)}; unchecked {describe(unchecked)})"
    few = effort()
    fill(ROWS)
    quotas.recount_brand(now=clock.now())
    many = effort()
    details["taking a place, few rows"] = str(few)
    details[f"taking a place, {ROWS:,} rows"] = str(many)
    passed = storm()
    details[f"{CONNECTIONS} connections at the limit"] = f"{passed} of {CONNECTIONS * TRIES} tries, limit {LIMIT}"
    same = few.tables == many.tables and many.pages <= few.pages + MORE_PAGES
    return Measurement(
        value=round(ratios["placing an order"], 3),
        unit="×",
        bound=f"≤ {MAX_RATIO} × unchecked, exact",
        ok=ratios["placing an order"] <= MAX_RATIO and passed == LIMIT and same,
        details=details,
    )


def writes() -> tuple[Callable[[], object], Callable[[], object], Callable[[], object]]:
    """An order of three lines through an agent, an applicant, a SKU: each call writes another one."""
    from kernel.core import clock
    from tenant_apps.agents.services.enrolment import enrol_agent
    from tenant_apps.catalog.services.products import create_product
    from tenant_apps.catalog.services.variants import add_variant
    from tenant_apps.customers.services import ensure_customer
    from tenant_apps.orders.services.place_order import Buyer, NewLine, place_retail_order
    from tests.factories.trade import PHONE, open_shop

    shop = open_shop(pieces=1_000_000)
    ensure_customer(phone=PHONE, name="王芳")
    lines = [NewLine(sku, 2) for sku in shop.skus]
    product = create_product(name="口红")
    level = shop.ling.level_id
    numbers = count()
    return (
        lambda: place_retail_order(lines=lines, buyer=Buyer(phone=PHONE), agent_code="LING", now=clock.now()),
        lambda: enrol_agent(
            name="林", phone=f"+86138{next(numbers):08}", level_id=level, sponsor_id=shop.mei.pk, now=clock.now()
        ),
        lambda: add_variant(product_id=product.pk, sku=f"NEW-{next(numbers)}", retail_price=Decimal("9.90")),
    )


def alternate(write: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Durations in seconds with the count and without; who goes first changes with every round."""
    checked: list[float] = []
    unchecked: list[float] = []
    for number in range(WARM_UP + ROUNDS):
        for is_checked in (True, False) if number % 2 else (False, True):
            with ExitStack() as stack:
                if not is_checked:
                    stack.enter_context(nothing_counted())
                started = time.perf_counter()
                write()
                took = time.perf_counter() - started
            if number >= WARM_UP:
                (checked if is_checked else unchecked).append(took)
    return checked, unchecked


@contextmanager
def nothing_counted() -> Iterator[None]:
    """Services find nobody who counts; an order still takes its number."""
    from kernel.core import numbering
    from shared_apps.entitlements.services import quotas

    def nothing(*_arguments: object, **_options: object) -> None:
        return None

    def number_alone(_name: str, *, kind: str, day: date, now: datetime) -> str:
        return numbering.take_number(kind=kind, day=day)

    with (
        patch.object(quotas, "take", nothing),
        patch.object(quotas, "follow", nothing),
        patch.object(quotas, "take_with_number", number_alone),
    ):
        yield


def limit_everything(most: int) -> None:
    """The limit is compared, and never reached."""
    from shared_apps.entitlements.models import Quota

    Quota.objects.update(limit=most)


def fill(rows: int) -> None:
    """So many products and SKUs more, by one statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_MANY_VARIANTS, [rows])


@dataclass(frozen=True)
class Effort:
    """Buffers that Postgres reports for taking a place."""

    tables: frozenset[str]
    pages: int
    milliseconds: float

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.tables))} in {self.milliseconds:.3f} ms, {self.pages} pages"


def effort() -> Effort:
    """Take a place among the SKUs, and take it back. Which way the planner reads a table of one page is its affair."""
    from django.db import connection, transaction

    from shared_apps.entitlements.services import quotas

    told: list[Effort] = []
    with transaction.atomic(), connection.execute_wrapper(_explained(told)):
        quotas.take("skus")
        transaction.set_rollback(True)
    return told[0]


def _explained(told: list[Effort]) -> Callable[..., Any]:
    """Has Postgres explain the UPDATE while it runs it, then runs it as it was."""

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        cursor = context["cursor"].cursor  # psycopg2's, which no wrapper surrounds
        if not told:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql, params)
            plan = cursor.fetchone()[0][0]["Plan"]
            pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            told.append(Effort(frozenset(_tables_of(plan)), pages, plan["Actual Total Time"]))
        return execute(sql, params, many, context)

    return run


def _tables_of(plan: dict[str, Any]) -> Iterator[str]:
    if "Relation Name" in plan:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _tables_of(part)


def storm() -> int:
    """Return how many SKUs eight connections can add where a hundred fit."""
    from django.db import connection
    from django.db.models import F

    from kernel.tenancy.context import current_brand, enter_brand
    from shared_apps.entitlements.models import Quota
    from shared_apps.entitlements.services.quotas import QuotaExceeded
    from tenant_apps.catalog.models import Variant
    from tenant_apps.catalog.services.products import create_product
    from tenant_apps.catalog.services.variants import add_variant

    brand = current_brand()
    product = create_product(name="眉笔")
    Quota.objects.filter(name="skus").update(limit=F("used") + LIMIT)

    def work(number: int) -> None:
        enter_brand(brand)
        for turn in range(TRIES):
            try:
                add_variant(product_id=product.pk, sku=f"S-{number}-{turn}", retail_price=Decimal("9.90"))
            except QuotaExceeded:
                continue
        connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, range(CONNECTIONS)))
    return Variant.objects.filter(product=product).count()
