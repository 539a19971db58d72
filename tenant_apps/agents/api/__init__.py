"""Agents over HTTP."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.agents import schemas, selectors
from tenant_apps.agents.models import Level
from tenant_apps.agents.services import levels, lifecycle, register, tree

router = Router(tags=["agents"])


@router.get("/agent-levels", response=Page[schemas.LevelOut], summary="List levels")
@requires("agents.view")
def list_levels(request: HttpRequest, filters: Query[schemas.PageFilters]) -> HttpResponse:
    """The highest first."""
    rows, next_cursor = paginate(
        selectors.list_levels(), cursor=filters.cursor, limit=filters.limit, order=("rank", "id")
    )
    items = [{"id": row.pk, "code": row.code, "name": row.name, "rank": row.rank} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-levels", response={201: schemas.LevelOut}, summary="Add a level")
@requires("agents.edit")
def create_level(request: HttpRequest, payload: schemas.LevelIn) -> Status[Level]:
    """Code, name and rank are unique."""
    return Status(201, levels.create_level(**payload.model_dump()))


@router.patch("/agent-levels/{level_id}", response=schemas.LevelOut, summary="Change a level")
@requires("agents.edit")
def change_level(request: HttpRequest, level_id: int, payload: schemas.LevelPatch) -> Level:
    """Only the fields given change."""
    return levels.change_level(level_id=level_id, **payload.model_dump(exclude_unset=True))


@router.delete("/agent-levels/{level_id}", response={204: None}, summary="Remove a level")
@requires("agents.edit")
def delete_level(request: HttpRequest, level_id: int) -> Status[None]:
    """Refused while agents stand on it; its prices go with it."""
    levels.delete_level(level_id=level_id)
    return Status(204, None)


@router.get("/agents", response=Page[schemas.AgentRow], summary="List agents")
@requires("agents.view")
def list_agents(request: HttpRequest, filters: Query[schemas.AgentFilters]) -> HttpResponse:
    """Newest first, phones masked; filter by state of today, level and sponsor, search in name, codes and phone."""
    today = clock.business_date(clock.now())
    agents = selectors.list_agents(
        as_of=today,
        standing=filters.state,
        level_id=filters.level_id,
        sponsor_id=filters.sponsor_id,
        search=filters.search,
    )
    rows, next_cursor = paginate(agents, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.agent_row(row, as_of=today) for row in rows], "next_cursor": next_cursor})


@router.post("/agents", response={201: schemas.AgentOut}, summary="Register an agent")
@requires("agents.edit")
def register_agent(request: HttpRequest, payload: schemas.AgentIn) -> Status[dict[str, Any]]:
    """The agent is an applicant until approved."""
    agent = register.register_agent(now=clock.now(), **payload.model_dump(exclude_unset=True))
    return Status(201, schemas.agent_detail(selectors.get_agent(agent_id=agent.pk)))


@router.get("/agents/{agent_id}", response=schemas.AgentOut, summary="Read an agent")
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


@router.post("/agents/{agent_id}/approve", response=schemas.AgentOut, summary="Approve an applicant")
@requires("agents.approve")
def approve_agent(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """From now on the agent may sell."""
    return schemas.agent_detail(lifecycle.approve_agent(agent_id=agent_id, now=clock.now()))


@router.post("/agents/{agent_id}/reject", response=schemas.AgentOut, summary="Reject an applicant")
@requires("agents.approve")
def reject_agent(request: HttpRequest, agent_id: int, payload: schemas.ReasonIn) -> dict[str, Any]:
    """The reason stands in the audit log."""
    return schemas.agent_detail(lifecycle.reject_agent(agent_id=agent_id, reason=payload.reason))


@router.post("/agents/{agent_id}/reconsider", response=schemas.AgentOut, summary="Reconsider a rejected applicant")
@requires("agents.approve")
def reconsider_agent(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """Puts the agent back among the applicants."""
    return schemas.agent_detail(lifecycle.reconsider_agent(agent_id=agent_id))


@router.post("/agents/{agent_id}/suspend", response=schemas.AgentOut, summary="Suspend an agent")
@requires("agents.approve")
def suspend_agent(request: HttpRequest, agent_id: int, payload: schemas.ReasonIn) -> dict[str, Any]:
    """No new orders for the agent until resumed."""
    return schemas.agent_detail(lifecycle.suspend_agent(agent_id=agent_id, reason=payload.reason))


@router.post("/agents/{agent_id}/resume", response=schemas.AgentOut, summary="Resume a suspended agent")
@requires("agents.approve")
def resume_agent(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The agent may sell again."""
    return schemas.agent_detail(lifecycle.resume_agent(agent_id=agent_id))


@router.post("/agents/{agent_id}/end", response=schemas.AgentOut, summary="End an agent's contract")
@requires("agents.approve")
def end_agent(request: HttpRequest, agent_id: int, payload: schemas.ReasonIn) -> dict[str, Any]:
    """For good. The team stays where it is in the tree."""
    return schemas.agent_detail(lifecycle.end_agent(agent_id=agent_id, reason=payload.reason))


@router.post("/agents/{agent_id}/change-level", response=schemas.AgentOut, summary="Move an agent to another level")
@requires("agents.edit")
def move_to_level(request: HttpRequest, agent_id: int, payload: schemas.LevelChoiceIn) -> dict[str, Any]:
    """Prices and commissions of later orders follow; orders already placed keep theirs."""
    return schemas.agent_detail(levels.move_to_level(agent_id=agent_id, level_id=payload.level_id))


@router.post("/agents/{agent_id}/change-sponsor", response=schemas.AgentOut, summary="Move an agent in the tree")
@requires("agents.edit")
def change_sponsor(request: HttpRequest, agent_id: int, payload: schemas.SponsorIn) -> dict[str, Any]:
    """With the whole team, from now on. A sponsor who stands below the agent is refused."""
    agent = tree.change_sponsor(agent_id=agent_id, sponsor_id=payload.sponsor_id, now=clock.now())
    return schemas.agent_detail(agent)


@router.get("/agents/{agent_id}/upline", response=schemas.AgentUplineOut, summary="Who stands above an agent")
@requires("agents.view")
def get_upline(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The sponsor and the sponsor's sponsor."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": [asdict(member) for member in selectors.get_upline(agent_id=agent_id)]}


@router.get("/agents/{agent_id}/sponsor-history", response=schemas.SponsorHistoryOut, summary="An agent's sponsors")
@requires("agents.view")
def list_sponsor_history(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The present first."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": [schemas.sponsorship_row(row) for row in selectors.list_sponsor_history(agent_id=agent_id)]}
