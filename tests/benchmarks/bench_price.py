"""Measure price resolution for 1,000 variants of one agent: one query, beside hand-written SQL for the prices alone.

The brand has every kind of rule: agreements, prices of the level with quantity breaks and a year of changes, discounts
on categories four deep, a discount on everything, and a personal discount.
"""

import time
from typing import Any

from tests.benchmarks.bench_place_order import describe
from tests.benchmarks.harness import House, Measurement

MAX_RATIO = 1.6
VARIANTS = 1_000
CATEGORIES = 200
ROUNDS = 60
WARM_UP = 10

_CATEGORIES = """
INSERT INTO catalog_category (name, parent_id, position)
SELECT 'C' || number, NULL, 0 FROM generate_series(1, %(count)s) AS number
"""
_TREE = """
UPDATE catalog_category AS category SET parent_id = category.id - 50
WHERE category.id - 50 >= (SELECT min(id) FROM catalog_category)
"""
_SHELVES = """
UPDATE catalog_product SET category_id = (SELECT min(id) FROM catalog_category) + catalog_product.id %% %(count)s
"""
_LEVEL_PRICES = """
INSERT INTO pricing_levelprice (level_id, variant_id, min_quantity, valid_from, price, updated_at)
SELECT %(level)s, variant.id, pieces, timestamptz '2026-01-01' + month * interval '1 month', 10 + month, now()
FROM catalog_variant AS variant, unnest(ARRAY[1, 10, 100]) AS pieces, generate_series(0, 9) AS month
WHERE variant.id %% 2 = 0
"""
_AGREEMENTS = """
INSERT INTO pricing_agentprice (agent_id, variant_id, min_quantity, valid_from, price, note)
SELECT %(agent)s, id, 1, timestamptz '2026-01-01', 9, '' FROM catalog_variant WHERE id %% 10 = 0
"""
_DISCOUNTS = """
INSERT INTO pricing_categorydiscount (level_id, category_id, valid_from, rate)
SELECT %(level)s, id, timestamptz '2026-01-01', 0.7 FROM catalog_category WHERE id %% 3 = 0
UNION ALL SELECT %(level)s, NULL, timestamptz '2026-01-01', 0.9
"""
# The price alone, as somebody would write it by hand for this report: no reason, no row, no names.
_RAW = """
WITH RECURSIVE buyer AS (SELECT id, level_id, personal_discount FROM agents_agent WHERE id = %(agent)s),
wanted AS (
    SELECT variant.id, variant.retail_price, product.category_id
    FROM catalog_variant variant JOIN catalog_product product ON product.id = variant.product_id
    WHERE variant.id = ANY(%(ids)s)),
shelf (category_id, above_id, height) AS (
    SELECT DISTINCT category_id, category_id, 0 FROM wanted
    UNION ALL
    SELECT shelf.category_id, category.parent_id, height + 1
    FROM shelf JOIN catalog_category category ON category.id = above_id WHERE category.parent_id IS NOT NULL),
discount AS (
    SELECT DISTINCT ON (shelf.category_id) shelf.category_id, rule.rate
    FROM shelf JOIN pricing_categorydiscount rule ON rule.category_id = above_id
    JOIN buyer ON buyer.level_id = rule.level_id
    WHERE rule.valid_from <= %(now)s AND (rule.valid_until IS NULL OR rule.valid_until > %(now)s)
    ORDER BY shelf.category_id, height, rule.valid_from DESC)
SELECT wanted.id, COALESCE(
    (SELECT price FROM pricing_agentprice WHERE agent_id = buyer.id AND variant_id = wanted.id
        AND min_quantity <= %(pieces)s AND valid_from <= %(now)s AND (valid_until IS NULL OR valid_until > %(now)s)
        ORDER BY min_quantity DESC, valid_from DESC LIMIT 1),
    round((1 - buyer.personal_discount) * COALESCE(
    (SELECT price FROM pricing_levelprice WHERE level_id = buyer.level_id AND variant_id = wanted.id
        AND min_quantity <= %(pieces)s AND valid_from <= %(now)s AND (valid_until IS NULL OR valid_until > %(now)s)
        ORDER BY min_quantity DESC, valid_from DESC LIMIT 1),
    retail_price * discount.rate,
    (SELECT retail_price * rate FROM pricing_categorydiscount rule WHERE rule.level_id = buyer.level_id
        AND category_id IS NULL AND valid_from <= %(now)s AND (valid_until IS NULL OR valid_until > %(now)s)
        ORDER BY valid_from DESC LIMIT 1)), 2),
    retail_price)
FROM wanted CROSS JOIN buyer LEFT JOIN discount ON discount.category_id = wanted.category_id
"""


def measure(house: House) -> Measurement:
    """Ours and the floor in turns, on the same rows; the prices must be the same."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from kernel.core import clock
    from tenant_apps.pricing.selectors.resolver import resolve_prices

    brand = house.brand("prices")
    agent_id, ids = furnish()
    now = clock.now()
    values = {"agent": agent_id, "ids": ids, "now": now, "pieces": 12}
    lines = [(variant_id, 12) for variant_id in ids]
    raw = house.raw_connection(brand.schema_name)
    cursor = raw.cursor()
    statement = House.prefix(brand.schema_name) + _RAW

    def floor() -> dict[int, Any]:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())

    def ours() -> dict[int, Any]:
        found = resolve_prices(agent_id=agent_id, lines=lines, as_of=now)
        return {variant_id: one.price for (variant_id, _pieces), one in found.items()}

    floors = []
    durations = []
    for number in range(ROUNDS + WARM_UP):
        took = [_timed(action) for action in (floor, ours)]
        if number >= WARM_UP:
            floors.append(took[0])
            durations.append(took[1])
    with CaptureQueriesContext(connection) as captured:
        same = ours() == floor() and len(ours()) == VARIANTS
    raw.close()
    statements = len(captured) // 2
    ratio = sorted(durations)[ROUNDS // 2] / sorted(floors)[ROUNDS // 2]
    return Measurement(
        value=round(ratio, 2),
        unit="×",
        bound=f"≤ {MAX_RATIO} × raw, 1 SQL",
        ok=ratio <= MAX_RATIO and statements == 1 and same,
        details={
            f"{VARIANTS:,} variants, raw SQL (price alone)": describe(floors),
            f"{VARIANTS:,} variants, price and why": f"{describe(durations)}, {statements} statement",
            "the same prices": "yes" if same else "NO",
        },
    )


def _timed(action: Any) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def furnish() -> tuple[int, list[int]]:
    """The agent, and the ids of the variants."""
    from django.db import connection, transaction

    from tenant_apps.agents.models import Agent
    from tests.benchmarks.shop import stock_shelf
    from tests.factories.trade import open_shop

    shop = open_shop(goods=1)
    skus = stock_shelf(variants=VARIANTS)
    Agent.objects.filter(id=shop.ling.pk).update(personal_discount="0.05")
    values = {"count": CATEGORIES, "level": shop.ling.level_id, "agent": shop.ling.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM pricing_levelprice")
        for statement in (_CATEGORIES, _TREE, _SHELVES, _LEVEL_PRICES, _AGREEMENTS, _DISCOUNTS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
        cursor.execute("SELECT id FROM catalog_variant WHERE sku = ANY(%s)", [skus])
        return shop.ling.pk, [row[0] for row in cursor.fetchall()]
