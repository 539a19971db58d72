"""Finding orders among a million by whatever somebody knows of them: the time of a page for each kind of search."""

import random
import re
import time
from contextlib import closing

from tests.benchmarks.harness import House, Measurement, percentile
from tests.benchmarks.order_history import AGENTS, CUSTOMERS, ORDERS, RETIRED, Placed, fill_brand, phone_of, sku_of

MAX_MS = 100.0
ROUNDS = 60
NEVER = ("Seq Scan on orders_order", "Seq Scan on orders_ordersearch", "Seq Scan on customers_customer")


def measure(house: House) -> Measurement:
    """The slowest kind's p95; no kind may read a table of orders or customers from end to end."""
    brand = house.brand("search")
    with closing(house.raw_connection(brand.schema_name)) as raw:
        started = time.perf_counter()
        sample = fill_brand(raw)
        details = {
            "orders": f"{ORDERS:,}, {CUSTOMERS:,} customers, {AGENTS:,} agents; made in "
            f"{time.perf_counter() - started:.0f} s"
        }
        with raw.cursor() as cursor:
            cursor.execute(
                "SELECT pg_size_pretty(pg_total_relation_size('orders_ordersearch')),"
                " pg_size_pretty(pg_relation_size('orders_search_terms')),"
                " pg_size_pretty(pg_total_relation_size('orders_order'))"
            )
            sizes = cursor.fetchone()
        details["size"] = "terms {}, of it the index {}; orders {}".format(*sizes)
    kinds = searches(sample)
    slowest: dict[str, float] = {}
    scans: set[str] = set()
    for kind, texts in kinds.items():
        durations = [milliseconds(text) for text in texts]
        slowest[kind] = percentile(durations, 0.95)
        found = len(page(texts[0]))
        scans |= full_scans(texts[0])
        details[kind] = (
            f"p50 {percentile(durations, 0.5):.1f} ms, p95 {slowest[kind]:.1f} ms"
            f" (“{texts[0]}”: {found} on the first page)"
        )
    details["full scans"] = ", ".join(sorted(scans)) or "none"
    worst = max(slowest.values())
    return Measurement(
        value=round(worst, 1),
        unit="ms",
        bound=f"p95 of each kind ≤ {MAX_MS:.0f} ms, no full scan",
        ok=worst <= MAX_MS and not scans,
        details=details,
    )


def searches(sample: list[Placed]) -> dict[str, list[str]]:
    """Texts by what somebody knows of an order; each kind's differ."""
    from kernel.china.pinyin import spell
    from tenant_apps.agents.models import Agent

    luck = random.Random(3)
    some = luck.sample(sample, ROUNDS)
    agents = dict(Agent.objects.values_list("id", "name"))
    return {
        "number": [one.number for one in some],
        "end of a number": [one.number[-6:] for one in some],
        "last four of a phone": [one.phone[-4:] for one in some],
        "whole phone, spaced": [f"{one.phone[3:6]} {one.phone[6:10]} {one.phone[10:]}" for one in some],
        "customer's phone": [phone_of(luck.randrange(1, CUSTOMERS)) for _ in some],
        "name": [one.name for one in some],
        "given name": [one.name[1:] for one in some],
        "surname": [one.name[0] for one in some],
        "pinyin": [spell(one.name) for one in some],
        "pinyin of a surname": [spell(one.name[0]) for one in some],
        "initials": ["".join(spell(character)[0] for character in one.name) for one in some],
        "tracking number": [one.tracking for one in some],
        "end of a tracking number": [one.tracking[-4:] for one in some],
        "SKU": [sku_of(one.variant_id) for one in some],
        "retired SKU": [sku_of(RETIRED)] * (ROUNDS // 6),
        "product": ["面霜", "口红", "jinghua", "fsr", "粉底液", "眼霜"] * (ROUNDS // 6),
        "agent's code": [f"B{one.agent_id}" for one in some],
        "agent's name": [agents[one.agent_id] for one in some],
        "name and SKU": [f"{one.name} {sku_of(one.variant_id)}" for one in some],
        "surname and agent": [f"{one.name[0]} B{one.agent_id}" for one in some],
        "nothing": [f"{one.name}{one.name}" for one in some],
    }


def page(text: str) -> list[dict[str, object]]:
    from tenant_apps.orders.selectors.lists import list_order_rows

    return list_order_rows(filters={"search": text}, cursor=None, limit=50)[0]


def milliseconds(text: str) -> float:
    started = time.perf_counter()
    page(text)
    return (time.perf_counter() - started) * 1_000


def full_scans(text: str) -> set[str]:
    """Tables that a search reads from end to end, of those that grow with the orders."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        page(text)
    plans: list[str] = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            if re.match(r"\s*SELECT", query["sql"]):
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
                plans += [str(row[0]) for row in cursor.fetchall()]
    return {never.removeprefix("Seq Scan on ") for never in NEVER for line in plans if never in line}
