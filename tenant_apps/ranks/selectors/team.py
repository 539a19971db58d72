"""Teams with their sales, a page at a time."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from kernel.core.money import ZERO
from kernel.http.pagination import paginate
from tenant_apps.agents.selectors.agents import Agent, get_agent
from tenant_apps.agents.selectors.edges import DEEPEST, edges
from tenant_apps.agents.selectors.tree import list_children
from tenant_apps.ranks.selectors.results import EXCLUDED, Sales, ensure_valid_period

# The month's sales are read from an index alone and hashed once; the planner, who thinks teams are small, would look
# them up agent by agent.
_ROWS = """
WITH RECURSIVE team (top, tier, agent_id) AS (
    SELECT id, 0, id FROM unnest(%(agent_ids)s::bigint[]) AS id
    UNION ALL
    SELECT team.top, team.tier + 1, edge.agent_id
    FROM team JOIN {edges} AS edge ON edge.sponsor_id = team.agent_id WHERE team.tier < %(deepest)s
), sales AS MATERIALIZED (
    SELECT agent_id, paid, refunded, order_count FROM ranks_agentsales WHERE day >= %(since)s AND day < %(until)s
), excluded AS MATERIALIZED ({excluded}
), own AS (
    SELECT agent_id, sum(paid) AS paid, sum(refunded) AS refunded, sum(order_count)::bigint AS orders FROM (
        SELECT agent_id, paid, refunded, order_count FROM ranks_agentsales
        WHERE agent_id = ANY(%(agent_ids)s) AND day >= %(since)s AND day < %(until)s
        UNION ALL SELECT agent_id, paid, refunded, order_count FROM excluded WHERE is_seller
    ) AS sold GROUP BY agent_id
), counted AS (
    SELECT top, count(*) FILTER (WHERE tier = 1) AS direct, count(*) - 1 AS below FROM team GROUP BY top
), gathered AS (
    SELECT top, sum(paid) AS paid, sum(refunded) AS refunded, sum(order_count)::bigint AS orders FROM (
        SELECT team.top, sales.paid, sales.refunded, sales.order_count
        FROM team JOIN sales ON sales.agent_id = team.agent_id
        UNION ALL SELECT agent_id, paid, refunded, order_count FROM excluded
    ) AS sold GROUP BY top
)
SELECT counted.top, counted.direct, counted.below,
       coalesce(own.paid, 0.00), coalesce(own.refunded, 0.00), coalesce(own.orders, 0),
       coalesce(gathered.paid, 0.00), coalesce(gathered.refunded, 0.00), coalesce(gathered.orders, 0)
FROM counted LEFT JOIN gathered ON gathered.top = counted.top LEFT JOIN own ON own.agent_id = counted.top
"""


@dataclass(frozen=True, slots=True)
class TeamRow:
    """An agent in the tree page: `team` holds the agent's own sales and those of everybody below."""

    agent: Agent
    child_count: int
    team_size: int
    own: Sales
    team: Sales


def list_team(
    *,
    agent_id: int | None,
    since: date,
    until: date,
    cursor: str | None = None,
    limit: int = 50,
    as_of: datetime | None = None,
) -> tuple[list[TeamRow], str | None]:
    """One page of those directly below the agent (None: the roots), with their sales in [since, until).

    Two statements, however large the teams are (three when the agent has to be told from nobody). Raises AgentNotFound,
    CursorInvalid, LimitInvalid, PeriodInvalid.
    """
    ensure_valid_period(since, until)
    children = list_children(agent_id=agent_id, as_of=as_of)
    agents, next_cursor = paginate(children, cursor=cursor, limit=limit, order=("id",))
    if not agents and agent_id is not None:
        get_agent(agent_id=agent_id)
    return get_team_rows(agents=agents, since=since, until=until, as_of=as_of), next_cursor


def get_team_rows(*, agents: list[Agent], since: date, until: date, as_of: datetime | None = None) -> list[TeamRow]:
    """The figures of these agents' teams, in one statement."""
    if not agents:
        return []
    ids = [agent.pk for agent in agents]
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS.format(edges=edges(as_of), excluded=EXCLUDED),
            {"agent_ids": ids, "since": since, "until": until, "as_of": as_of, "deepest": DEEPEST},
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    nothing = (0, 0, ZERO, ZERO, 0, ZERO, ZERO, 0)
    rows = [(agent, found.get(agent.pk, nothing)) for agent in agents]
    return [TeamRow(agent, row[0], row[1], Sales(*row[2:5]), Sales(*row[5:8])) for agent, row in rows]
