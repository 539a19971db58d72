"""The tree and results over HTTP."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.agents.schemas import agents as schemas
from tenant_apps.agents.schemas import tree as shapes
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import tree as reads
from tenant_apps.agents.services import tree

router = Router(tags=["agents"])


@router.post("/agents/{agent_id}/change-sponsor", response=schemas.AgentOut, summary="Move an agent in the tree")
@requires("agents.edit")
def change_sponsor(request: HttpRequest, agent_id: int, payload: shapes.SponsorIn) -> dict[str, Any]:
    """With the whole team, from now on. A sponsor who stands below the agent, or may not recruit, is refused."""
    tree.change_sponsor(agent_id=agent_id, sponsor_id=payload.sponsor_id, now=clock.now())
    return schemas.agent_detail(selectors.get_agent(agent_id=agent_id))


@router.get("/agents/{agent_id}/upline", response=shapes.AgentUplineOut, summary="List an agent's upline")
@requires("agents.view")
def get_upline(request: HttpRequest, agent_id: int, filters: Query[shapes.UplineFilters]) -> dict[str, Any]:
    """The sponsor and the sponsor's sponsor; up to the root, and as it was, when asked."""
    selectors.get_agent(agent_id=agent_id)
    above = reads.get_ancestors(agent_id=agent_id, as_of=filters.as_of)
    return {"items": [asdict(member) for member in above[: filters.tiers]]}


@router.get(
    "/agents/{agent_id}/sponsor-history", response=shapes.SponsorHistoryOut, summary="List an agent's sponsor history"
)
@requires("agents.view")
def list_sponsor_history(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The present first."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": [shapes.sponsorship_row(row) for row in selectors.list_sponsor_history(agent_id=agent_id)]}
