"""The tree, now or as it was: whoever asks about last month gets last month's team. Each question is one statement."""

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.selectors.agents import UplineMember
from tenant_apps.agents.selectors.edges import DEEPEST, edges

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


def get_ancestors(*, agent_id: int, as_of: datetime | None = None) -> list[UplineMember]:
    """Everybody above the agent up to the root, the sponsor first; `as_of` asks for the upline of that moment."""
    statement = (_PAST_ANCESTORS if as_of else _ANCESTORS).format(edges=edges(as_of))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"agent_id": agent_id, "as_of": as_of, "deepest": DEEPEST})
        return [UplineMember(*row) for row in cursor.fetchall()]


def list_children(*, agent_id: int | None, as_of: datetime | None = None) -> QuerySet[Agent]:
    """Those directly below the agent (None: the roots) with their levels; `as_of` asks for those of that moment."""
    agents = Agent.objects.select_related("level").defer("id_number", "bank_card")
    if as_of is None:
        return agents.filter(sponsor_id=agent_id)
    still_valid = Q(valid_to__isnull=True) | Q(valid_to__gt=as_of)
    history = SponsorHistory.objects.filter(still_valid, valid_from__lte=as_of, sponsor_id=agent_id)
    return agents.filter(id__in=history.values("agent_id"))
