"""Agents over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.agents.schemas import agents as schemas
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import lifecycle, register

router = Router(tags=["agents"])


@router.get("/agents", response=Page[schemas.AgentRow], summary="List agents")
@requires("agents.view")
def list_agents(request: HttpRequest, filters: Query[schemas.AgentFilters]) -> HttpResponse:
    """Newest first, phones masked; filter by state of today, level and sponsor, search in name, codes and phone."""
    today = clock.business_date(clock.now())
    agents = selectors.list_agents(
        as_of=today,
        status=filters.state,
        level_id=filters.level_id,
        sponsor_id=filters.sponsor_id,
        search=filters.search,
    )
    rows, next_cursor = paginate(agents, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.agent_row(row, as_of=today) for row in rows], "next_cursor": next_cursor})


@router.get("/agents/{agent_id}", response=schemas.AgentOut, summary="Get an agent")
@requires("agents.view")
def get_agent(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """ID number and bank card are masked."""
    return schemas.agent_detail(selectors.get_agent(agent_id=agent_id))


@router.patch("/agents/{agent_id}", response=schemas.AgentOut, summary="Change an agent")
@requires("agents.edit")
def change_agent(request: HttpRequest, agent_id: int, payload: schemas.AgentPatch) -> dict[str, Any]:
    """Only the fields given change."""
    agent = register.change_agent(agent_id=agent_id, **payload.model_dump(exclude_unset=True))
    return schemas.agent_detail(agent)


@router.post("/agents/{agent_id}/suspend", response=schemas.AgentOut, summary="Suspend an agent")
@requires("agents.approve")
def suspend_agent(request: HttpRequest, agent_id: int, payload: schemas.ReasonIn) -> dict[str, Any]:
    """No new orders for the agent until resumed."""
    return schemas.agent_detail(lifecycle.suspend_agent(agent_id=agent_id, reason=payload.reason))


@router.post("/agents/{agent_id}/resume", response=schemas.AgentOut, summary="Resume an agent")
@requires("agents.approve")
def resume_agent(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The agent may sell again."""
    return schemas.agent_detail(lifecycle.resume_agent(agent_id=agent_id))


@router.post("/agents/{agent_id}/end", response=schemas.AgentOut, summary="End an agent's contract")
@requires("agents.approve")
def end_agent(request: HttpRequest, agent_id: int, payload: schemas.ReasonIn) -> dict[str, Any]:
    """For good. The team stays where it is in the tree."""
    return schemas.agent_detail(lifecycle.end_agent(agent_id=agent_id, reason=payload.reason))
