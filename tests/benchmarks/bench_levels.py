"""The nightly evaluation of 100,000 agents by four rules, own and team, beside the SQL that only finds who is due."""

import time
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.benchmarks.harness import House, Measurement
from tests.benchmarks.network import AGENTS, TIERS, grow_network

MAX_SECONDS = 60
MAX_RATIO = 3
NOW = datetime(2026, 11, 16, 17, 10, tzinfo=UTC)

_OWN = "SELECT agent_id, sum(paid - refunded) AS net FROM ranks_agentsales WHERE day >= %s AND day < %s GROUP BY 1"
_TEAM = """
WITH RECURSIVE own AS MATERIALIZED ({own}), climb AS (
    SELECT agent_id, net FROM own
    UNION ALL SELECT above.sponsor_id, climb.net FROM climb JOIN agents_agent above ON above.id = climb.agent_id
    WHERE above.sponsor_id IS NOT NULL)
SELECT agent_id, sum(net) AS net FROM climb GROUP BY 1
"""
_DUE = """
INSERT INTO floor_due SELECT agent.id, coalesce(sums.net, 0) FROM agents_agent agent
LEFT JOIN ({sums}) sums ON sums.agent_id = agent.id WHERE agent.level_id = %s AND coalesce(sums.net, 0) {sign} %s
"""


def measure(house: House) -> Measurement:
    """Seconds of the first night, in which most changes; the second night finds nothing new."""
    brand = house.brand("levels")
    from tenant_apps.agents.services.levels import create_level
    from tenant_apps.ranks.services.evaluation import evaluate_levels
    from tenant_apps.ranks.services.level_rules import RuleSpec, save_rule

    gold, silver, bronze = (create_level(code=f"L{rank}", name=f"L{rank}", rank=rank).pk for rank in (1, 2, 3))
    with closing(house.raw_connection(brand.schema_name)) as raw:
        grow_network(raw, [gold, silver, bronze], sales_each=6)
    specs = [
        RuleSpec("up", "promote", bronze, silver, "own", "month", Decimal(2600), mode="apply"),
        RuleSpec("up by team", "promote", silver, gold, "team", "quarter", Decimal(9000), mode="apply"),
        RuleSpec("down by team", "demote", gold, silver, "team", "month", Decimal(700), mode="apply"),
        RuleSpec("down", "demote", silver, bronze, "own", "rolling", Decimal(900), 30, 10),
    ]
    for spec in specs:
        save_rule(spec=spec, now=NOW)
    floor = raw_seconds(house, brand.schema_name, specs)
    nights = []
    for _night in range(2):
        started = time.perf_counter()
        done = evaluate_levels(now=NOW)
        nights.append((time.perf_counter() - started, done))
    (first, changed), (second, again) = nights
    ok = first <= max(MAX_SECONDS, MAX_RATIO * floor)
    return Measurement(
        value=round(first, 1),
        unit="s",
        bound=f"≤ {MAX_SECONDS} s or SQL × {MAX_RATIO}",
        ok=ok and changed.applied > 0,
        details={
            "agents": f"{AGENTS:,} in {TIERS} tiers, {len(specs)} rules, two by team",
            "first night": f"{changed.found:,} found, {changed.proposed:,} proposed, {changed.applied:,} applied",
            "same night again": f"{second:.1f} s, {again.proposed:,} proposed, {again.applied:,} applied",
            "SQL that only finds": f"{floor:.1f} s",
        },
    )


def raw_seconds(house: House, schema: str, specs: list[Any]) -> float:
    """For each rule the two sums it asks for, written into a table: no proposals, history or audit."""
    spans = {
        "month": [("2026-10-01", "2026-11-01"), ("2026-11-01", "2026-11-18")],
        "quarter": [("2026-07-01", "2026-10-01"), ("2026-10-01", "2026-11-18")],
        "rolling": [("2026-10-18", "2026-11-17"), ("2026-10-19", "2026-11-18")],
    }
    with closing(house.raw_connection(schema)) as raw:
        cursor = raw.cursor()
        cursor.execute("CREATE TEMPORARY TABLE floor_due (agent_id bigint, net numeric)")
        started = time.perf_counter()
        for spec in specs:
            sums = _TEAM.format(own=_OWN) if spec.measure == "team" else _OWN
            sign = ">=" if spec.direction == "promote" else "<"
            for since, until in spans[spec.period]:
                statement = _DUE.format(sums=sums, sign=sign)
                cursor.execute(statement, [since, until, spec.from_level_id, spec.threshold])
        taken = time.perf_counter() - started
        raw.rollback()
    return taken
