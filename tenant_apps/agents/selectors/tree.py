"""The tree, now or as it was: whoever asks about last month gets last month's team. Each question is one statement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from kernel.core.money import ZERO
from kernel.http.pagination import paginate
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.selectors import AgentNotFound, UplineMember
from tenant_apps.agents.selectors.edges import DEEPEST, edges
from tenant_apps.agents.selectors.results import Sales, check_period

_ANCESTORS = """
WITH RECURSIVE upline (tier, agent_id, level_id, code, name, sponsor_id) AS (
    SELECT 0, id, level_id, code, name, sponsor_id FROM agents_agent WHERE id = %(agent_id)s
    UNION ALL
    SELECT upline.tier + 1, above.id, above.level_id, above.code, above.name, above.sponsor_id
    FROM upline JOIN agents_agent AS above ON above.id = upline.sponsor_id WHERE upline.tier < %(deepest)s
)
SELECT tier, agent_id, level_id, code, name FROM upline WHERE tier > 0 ORDER BY tier
"""
_PAST_ANCESTORS = """
WITH RECURSIVE upline (tier, agent_id) AS (
    SELECT 0, %(agent_id)s::bigint
    UNION ALL
    SELECT upline.tier + 1, edge.sponsor_id FROM upline JOIN {edges} AS edge ON edge.agent_id = upline.agent_id
    WHERE edge.sponsor_id IS NOT NULL AND upline.tier < %(deepest)s
)
SELECT upline.tier, agent.id, agent.level_id, agent.code, agent.name
FROM upline JOIN agents_agent AS agent ON agent.id = upline.agent_id WHERE upline.tier > 0 ORDER BY upline.tier
"""

_SUBTREE = """
WITH RECURSIVE team (tier, agent_id) AS (
    SELECT 0, %(agent_id)s::bigint
    UNION ALL
    SELECT team.tier + 1, edge.agent_id FROM team JOIN {edges} AS edge ON edge.sponsor_id = team.agent_id
    WHERE team.tier < %(deepest)s
)
SELECT tier, agent_id FROM team ORDER BY tier, agent_id
"""

_ROWS = """
WITH RECURSIVE team (top, tier, agent_id) AS (
    SELECT id, 0, id FROM unnest(%(agent_ids)s::bigint[]) AS id
    UNION ALL
    SELECT team.top, team.tier + 1, edge.agent_id
    FROM team JOIN {edges} AS edge ON edge.sponsor_id = team.agent_id WHERE team.tier < %(deepest)s
), sales AS MATERIALIZED (
    SELECT agent_id, sum(paid) AS paid, sum(refunded) AS refunded, sum(order_count)::bigint AS orders
    FROM agents_agentsales WHERE day >= %(since)s AND day < %(until)s GROUP BY agent_id
), counted AS (
    SELECT top, count(*) FILTER (WHERE tier = 1) AS direct, count(*) - 1 AS below FROM team GROUP BY top
), gathered AS (
    SELECT team.top, sum(sales.paid) AS paid, sum(sales.refunded) AS refunded, sum(sales.orders)::bigint AS orders
    FROM team JOIN sales ON sales.agent_id = team.agent_id GROUP BY team.top
)
SELECT counted.top, counted.direct, counted.below,
       coalesce(own.paid, 0.00), coalesce(own.refunded, 0.00), coalesce(own.orders, 0),
       coalesce(gathered.paid, 0.00), coalesce(gathered.refunded, 0.00), coalesce(gathered.orders, 0)
FROM counted LEFT JOIN gathered ON gathered.top = counted.top LEFT JOIN sales AS own ON own.agent_id = counted.top
"""


@dataclass(frozen=True, slots=True)
class TeamRow:
    """An agent in the tree page: `team` holds the agent's own sales and those of everybody below."""

    agent: Agent
    child_count: int
    team_size: int
    own: Sales
    team: Sales


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody in an agent's team; tier 0 is the agent, 1 the direct team."""

    tier: int
    agent_id: int


def get_ancestors(*, agent_id: int, as_of: datetime | None = None) -> list[UplineMember]:
    """Everybody above the agent up to the root, the sponsor first; `as_of` asks for the upline of that moment."""
    rows = _ask(_PAST_ANCESTORS if as_of else _ANCESTORS, agent_id=agent_id, as_of=as_of)
    return [UplineMember(*row) for row in rows]


def get_sponsor_as_of(*, agent_id: int, as_of: datetime) -> int | None:
    """The id of who sponsored the agent at that moment; None for a root, and for who was not there yet."""
    held = SponsorHistory.objects.filter(agent_id=agent_id, valid_from__lte=as_of).filter(_open_at(as_of))
    return held.values_list("sponsor_id", flat=True).first()


def get_depth(*, agent_id: int, as_of: datetime | None = None) -> int:
    """How many stand above the agent: 0 for a root."""
    return len(get_ancestors(agent_id=agent_id, as_of=as_of))


def get_subtree(*, agent_id: int, as_of: datetime | None = None) -> list[TeamMember]:
    """The agent and everybody below, by tier."""
    rows = _ask(_SUBTREE, agent_id=agent_id, as_of=as_of)
    return [TeamMember(*row) for row in rows]


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
    check_period(since, until)
    agents, next_cursor = paginate(_children(agent_id, as_of), cursor=cursor, limit=limit, order=("id",))
    if not agents and agent_id is not None and not Agent.objects.filter(id=agent_id).exists():
        raise AgentNotFound
    return get_team_rows(agents=agents, since=since, until=until, as_of=as_of), next_cursor


def get_team_rows(*, agents: list[Agent], since: date, until: date, as_of: datetime | None = None) -> list[TeamRow]:
    """The figures of these agents' teams, in one statement."""
    if not agents:
        return []
    ids = [agent.pk for agent in agents]
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS.format(edges=edges(as_of)),
            {"agent_ids": ids, "since": since, "until": until, "as_of": as_of, "deepest": DEEPEST},
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    nothing = (0, 0, ZERO, ZERO, 0, ZERO, ZERO, 0)
    rows = [(agent, found.get(agent.pk, nothing)) for agent in agents]
    return [TeamRow(agent, row[0], row[1], Sales(*row[2:5]), Sales(*row[5:8])) for agent, row in rows]


def _children(agent_id: int | None, as_of: datetime | None) -> QuerySet[Agent]:
    agents = Agent.objects.select_related("level").defer("id_number", "bank_card")
    if as_of is None:
        return agents.filter(sponsor_id=agent_id)
    history = SponsorHistory.objects.filter(valid_from__lte=as_of, sponsor_id=agent_id).filter(_open_at(as_of))
    return agents.filter(id__in=history.values("agent_id"))


def _open_at(as_of: datetime) -> Q:
    return Q(valid_to__isnull=True) | Q(valid_to__gt=as_of)


def _ask(statement: str, *, agent_id: int, as_of: datetime | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(edges=edges(as_of)), {"agent_id": agent_id, "as_of": as_of, "deepest": DEEPEST})
        return list(cursor.fetchall())
