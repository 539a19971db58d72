"""Results of agents and teams: sums, rankings, series. Periods are half-open: since ≤ day < until."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import PeriodInvalid
from tenant_apps.agents.selectors.edges import DEEPEST, edges
from tenant_apps.ranks.models import AgentSales
from tenant_apps.ranks.states import Measure

MAX_RANKING_ROWS = 100
MAX_SERIES_POINTS = 400  # points

Step = Literal["day", "week", "month"]

_TEAM = """
WITH RECURSIVE team (tier, agent_id) AS (
    SELECT 0, %(agent_id)s::bigint
    UNION ALL
    SELECT team.tier + 1, edge.agent_id FROM team JOIN {edges} AS edge ON edge.sponsor_id = team.agent_id
    WHERE team.tier < %(deepest)s
)
"""

# What is no result of an agent, to be added to the sales summed for him: his where `is_seller`, else his team's.
EXCLUDED = """
SELECT agent_id, day, is_seller, -greatest(amount, 0) AS paid, least(amount, 0) AS refunded,
       -(amount > 0)::int AS order_count
FROM ranks_ownpurchase WHERE day >= %(since)s AND day < %(until)s
"""

# Excluded sales are few: they are read beside the sales instead of being kept out of them.
_SOLD = """
SELECT day, paid, refunded, order_count FROM ranks_agentsales
WHERE day >= %(since)s AND day < %(until)s AND agent_id IN (SELECT agent_id FROM team)
UNION ALL
SELECT day, paid, refunded, order_count FROM ({excluded}) AS excluded
WHERE agent_id = %(agent_id)s AND (is_seller OR %(is_team)s)
"""

_SUM = """
SELECT coalesce(sum(paid), 0.00), coalesce(sum(refunded), 0.00), coalesce(sum(order_count), 0)::bigint
FROM ({sold}) AS sold
"""

_SERIES = """
SELECT point::date, coalesce(sum(sold.paid), 0.00), coalesce(sum(sold.refunded), 0.00),
       coalesce(sum(sold.order_count), 0)::bigint
FROM generate_series(date_trunc(%(step)s, %(since)s::timestamp), %(until)s::timestamp - interval '1 day',
                     ('1 ' || %(step)s)::interval) AS point
LEFT JOIN ({sold}) AS sold ON date_trunc(%(step)s, sold.day::timestamp) = point
GROUP BY point ORDER BY point
"""

_POSTED_SUMS = """
SELECT agent_id, sum(paid - refunded) AS net FROM ranks_agentsales
WHERE day >= %(since)s AND day < %(until)s GROUP BY agent_id
"""

_OWN_SUMS = """
SELECT agent_id, sum(paid - refunded) AS net FROM (
    SELECT agent_id, paid, refunded FROM ranks_agentsales WHERE day >= %(since)s AND day < %(until)s
    UNION ALL SELECT agent_id, paid, refunded FROM ({excluded}) AS excluded WHERE is_seller
) AS sold GROUP BY agent_id
"""

# Each agent's sales climb to the root, tier by tier; who stands above gathers them. Excluded ones stay behind.
_TEAM_SUMS = """
SELECT agent_id, sum(net) AS net FROM (
    WITH RECURSIVE own AS MATERIALIZED ({own}
    ), edge AS MATERIALIZED (SELECT agent_id, sponsor_id FROM {edges} AS one WHERE sponsor_id IS NOT NULL
    ), climb (agent_id, net, tier) AS (
        SELECT agent_id, net, 0 FROM own
        UNION ALL
        SELECT edge.sponsor_id, climb.net, climb.tier + 1
        FROM climb JOIN edge ON edge.agent_id = climb.agent_id WHERE climb.tier < %(deepest)s
    ) SELECT agent_id, net FROM climb
    UNION ALL SELECT agent_id, paid - refunded FROM ({excluded}) AS excluded
) AS gathered GROUP BY agent_id
"""

_RANKING = """
WITH sums AS ({sums})
SELECT rank() OVER (ORDER BY sums.net DESC), agent.id, agent.code, agent.name, agent.level_id, level.name, sums.net
FROM sums JOIN agents_agent AS agent ON agent.id = sums.agent_id JOIN agents_level AS level ON level.id = agent.level_id
WHERE (%(level_id)s::bigint IS NULL OR agent.level_id = %(level_id)s)
  AND (%(group_id)s::bigint IS NULL
       OR agent.id IN (SELECT agent_id FROM agents_groupmember WHERE group_id = %(group_id)s))
ORDER BY sums.net DESC, agent.id LIMIT %(limit)s
"""


def get_days_with_sales(*, agent_ids: Collection[int]) -> set[tuple[int, date]]:
    """Return the (agent, day) pairs whose net sales are not zero."""
    rows = AgentSales.objects.filter(agent_id__in=agent_ids).exclude(paid=F("refunded"))
    return set(rows.values_list("agent_id", "day"))


@dataclass(frozen=True, slots=True)
class Sales:
    """Goods money paid and refunded, without freight, and how many orders were paid."""

    paid: Decimal
    refunded: Decimal
    orders: int

    @property
    def net(self) -> Decimal:
        """Net sales, which count for levels and rankings."""
        return self.paid - self.refunded


@dataclass(frozen=True, slots=True)
class Point:
    """One column of a chart: what was sold in the day, week (from Monday) or month that begins on `since`."""

    since: date
    sales: Sales


@dataclass(frozen=True, slots=True)
class Ranked:
    """A line of a ranking; equal results share a place."""

    place: int
    agent_id: int
    code: str
    name: str
    level_id: int
    level_name: str
    net_sales: Decimal


def get_sales(*, agent_id: int, since: date, until: date, team: bool = False, as_of: datetime | None = None) -> Sales:
    """Raises PeriodInvalid."""
    ensure_valid_period(since, until)
    with connection.cursor() as cursor:
        cursor.execute(
            _members(team, as_of) + _fill(_SUM), {**_parameters(agent_id, since, until, as_of), "is_team": team}
        )
        return Sales(*cursor.fetchone())


def get_series(
    *, agent_id: int, since: date, until: date, step: Step = "day", team: bool = False, as_of: datetime | None = None
) -> list[Point]:
    """Return sales by day, week or month; steps without sales are there with zeros.

    The first and the last point hold only their days within the period. At most 400 points. Raises PeriodInvalid.
    """
    ensure_valid_period(since, until)
    days = {"day": 1, "week": 7, "month": 28}[step]
    if (until - since).days > MAX_SERIES_POINTS * days:
        raise PeriodInvalid(_("A series has at most %(points)s points.") % {"points": MAX_SERIES_POINTS}, field="until")
    with connection.cursor() as cursor:
        cursor.execute(
            _members(team, as_of) + _fill(_SERIES),
            {**_parameters(agent_id, since, until, as_of), "step": step, "is_team": team},
        )
        return [Point(row[0], Sales(*row[1:])) for row in cursor.fetchall()]


def list_ranking(
    *,
    since: date,
    until: date,
    measure: str = Measure.OWN,
    level_id: int | None = None,
    group_id: int | None = None,
    limit: int = MAX_RANKING_ROWS,
) -> list[Ranked]:
    """The agents who sold most in [since, until), by own results or with their teams (as they stand now).

    At most 100. One statement. Raises PeriodInvalid.
    """
    ensure_valid_period(since, until)
    wanted = {"level_id": level_id, "group_id": group_id, "limit": min(limit, MAX_RANKING_ROWS)}
    with connection.cursor() as cursor:
        cursor.execute(
            _RANKING.format(sums=net_sums(measure=measure)), {**_parameters(0, since, until, None), **wanted}
        )
        return [Ranked(*row) for row in cursor.fetchall()]


def net_sums(*, measure: str, as_of: datetime | None = None) -> str:
    """SQL of agent_id and net over the parameters since, until (as_of, deepest): own, or gathered up the tree."""
    return (
        _OWN_SUMS.format(excluded=EXCLUDED)
        if measure == Measure.OWN
        else _TEAM_SUMS.format(own=_POSTED_SUMS, excluded=EXCLUDED, edges=edges(as_of))
    )


def _fill(text: str) -> str:
    return text.format(sold=_SOLD.format(excluded=EXCLUDED))


def _members(team: bool, as_of: datetime | None) -> str:
    if not team:
        return "WITH team AS (SELECT %(agent_id)s::bigint AS agent_id)"
    return _TEAM.format(edges=edges(as_of))


def _parameters(agent_id: int, since: date, until: date, as_of: datetime | None) -> dict[str, Any]:
    return {"agent_id": agent_id, "since": since, "until": until, "as_of": as_of, "deepest": DEEPEST}


def ensure_valid_period(since: date, until: date) -> None:
    """Raises PeriodInvalid unless the half-open period has a day."""
    if since >= until:
        raise PeriodInvalid(field="until")
