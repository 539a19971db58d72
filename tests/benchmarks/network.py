"""100,000 agents in a tree of twelve tiers, with sales in October and November 2026, made in seconds."""

import random
from dataclasses import dataclass
from typing import Any

AGENTS = 100_000
TIERS = 12

_AGENTS = """
INSERT INTO agents_agent (id, code, name, phone, level_id, sponsor_id, state, referral_code, joined_at, level_since,
    id_number, bank_card, created_at, updated_at)
SELECT id, 'B' || id, 'agent ' || id, '+861' || lpad(id::text, 10, '0'), level_id, sponsor_id, 'active', 'R' || id,
       timestamptz '2025-01-01', timestamptz '2025-01-01', '', '', now(), now()
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS agent (id, level_id, sponsor_id)
"""
_HISTORY = """
INSERT INTO agents_sponsorhistory (agent_id, sponsor_id, valid_from) SELECT id, sponsor_id, joined_at FROM agents_agent
"""
_SALES = """
INSERT INTO ranks_agentsales (agent_id, day, paid, refunded, order_count)
SELECT id, date '2026-10-01' + ((id * 7 + turn * 13) %% 61)::int, 100 + (id * 37 + turn) %% 900,
       CASE WHEN id %% 9 = 0 THEN 50 ELSE 0 END, 1
FROM agents_agent CROSS JOIN generate_series(1, %s) AS turn ON CONFLICT DO NOTHING
"""
_TABLES = ("agents_agent", "agents_sponsorhistory", "ranks_agentsales", "agents_level")


@dataclass(frozen=True)
class Network:
    """Generated agents: each one's sponsor and team size (including the agent), and the deepest one."""

    sponsors: dict[int, int | None]
    sizes: dict[int, int]
    deepest: int

    def team_of(self, size: int) -> int:
        """The agent whose team is nearest to `size`."""
        return min(self.sizes, key=lambda agent_id: (abs(self.sizes[agent_id] - size), agent_id))


def grow_network(raw: Any, level_ids: list[int], *, sales_each: int) -> Network:
    """Fill a brand without agents over a bare connection into its schema: tiers grow, each below random ones above."""
    sponsors = _sponsors()
    raw.autocommit = True
    with raw.cursor() as cursor:
        ids = list(sponsors)
        levels = [level_ids[agent_id % len(level_ids)] for agent_id in ids]
        for start in range(0, len(ids), 20_000):
            piece = slice(start, start + 20_000)
            above = [sponsors[agent_id] for agent_id in ids[piece]]
            cursor.execute(_AGENTS, [ids[piece], levels[piece], above])
        cursor.execute("SELECT setval(pg_get_serial_sequence('agents_agent', 'id'), %s)", [AGENTS + 1])
        cursor.execute(_HISTORY)
        cursor.execute(_SALES, [sales_each])
        for table in _TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    sizes = dict.fromkeys(sponsors, 1)
    for agent_id in reversed(ids):
        above_id = sponsors[agent_id]
        if above_id is not None:
            sizes[above_id] += sizes[agent_id]
    return Network(sponsors, sizes, deepest=AGENTS)


def _sponsors() -> dict[int, int | None]:
    luck = random.Random(42)
    branching = AGENTS ** (1 / TIERS)
    widths = [max(1, round(branching**tier)) for tier in range(TIERS)]
    widths[-1] = AGENTS - sum(widths[:-1])
    found: dict[int, int | None] = {}
    above: list[int] = []
    for width in widths:
        tier = list(range(len(found) + 1, len(found) + 1 + width))
        found |= {agent_id: luck.choice(above) if above else None for agent_id in tier}
        above = tier
    return found


def median_pair(ours: Any, floor: Any, rounds: int) -> tuple[float, float]:
    """Medians in seconds of two actions taken in turns; who goes first changes with every round."""
    import statistics
    import time

    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds + 2):
        for is_ours in (True, False) if number % 2 else (False, True):
            started = time.perf_counter()
            (ours if is_ours else floor)()
            if number >= 2:  # the first two warm up
                taken[is_ours].append(time.perf_counter() - started)
    return statistics.median(taken[True]), statistics.median(taken[False])
