"""`GET /orders?limit=50` over 25,000 orders, against the same SQL by psycopg2 and orjson."""

import time
from typing import Any

import orjson

from tests.benchmarks.harness import House, Measurement, percentile
from tests.benchmarks.shop import JsonClient

MAX_RATIO = 3.0
ORDERS = 25_000
REQUESTS = 500

FILL = """
INSERT INTO orders_order (number, kind, channel_id, external_number, state, payment_state, fulfilment_state,
                          goods_amount, total, placed_at, paid_at)
SELECT 'BN' || number, 'retail', 'manual', '', 'open', 'paid', 'unfulfilled',
       number %% 900 + 0.50, number %% 900 + 0.50, now() - number * interval '1 minute', now()
FROM generate_series(1, %s) AS number
"""


def measure(house: House) -> Measurement:
    """Requests and the bare SQL alternate, page after page through the list."""
    from django.db import connection

    brand = house.brand("apiget")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [ORDERS])
        cursor.execute("SELECT 1 FROM orders_channel WHERE code = 'manual'")
    token = house.api_key()
    raw = house.raw_connection(brand.schema_name)
    raw.autocommit = True
    raw_cursor = raw.cursor()
    raw_cursor.execute("ANALYZE orders_order")
    floors: list[float] = []
    answers: list[float] = []
    with house.web_server() as port:
        client = JsonClient(port=port, slug="apiget", token=token)
        for round_number in range(REQUESTS + 20):
            started = time.perf_counter()
            page = floor_page(raw_cursor, House.prefix(brand.schema_name))
            middle = time.perf_counter()
            head, body = client.exchange("GET", "/api/v1/orders?limit=50")
            ended = time.perf_counter()
            if b" 200 " not in head[:16] or numbers(body) != numbers(page):
                raise RuntimeError(f"the API and the SQL disagree: {head!r}")
            if round_number >= 20:  # the first ones warm both up
                floors.append(middle - started)
                answers.append(ended - middle)
    raw.close()
    floor = percentile(floors, 0.95)
    ours = percentile(answers, 0.95)
    ratio = round(ours / floor, 2)
    return Measurement(
        value=ratio,
        unit="×",
        bound=f"p95 ≤ {MAX_RATIO:g} × psycopg2 + orjson",
        ok=ratio <= MAX_RATIO,
        details={
            "psycopg2": f"p50 {percentile(floors, 0.5) * 1000:.2f} ms, p95 {floor * 1000:.2f} ms",
            "API": f"p50 {percentile(answers, 0.5) * 1000:.2f} ms, p95 {ours * 1000:.2f} ms",
        },
    )


def numbers(page: bytes) -> list[str]:
    """The orders' numbers on a page."""
    return [row["number"] for row in orjson.loads(page)["items"]]


def floor_page(cursor: Any, prefix: str) -> bytes:
    """The API's own SQL behind the brand's role and path, read and written as JSON."""
    from tenant_apps.orders.models.order_page import NAMES, ORDER, SELECT

    cursor.execute(prefix + SELECT + ORDER, [51])
    rows = [dict(zip(NAMES, row, strict=True)) for row in cursor.fetchall()][:50]
    return orjson.dumps({"items": rows, "next_cursor": None})
