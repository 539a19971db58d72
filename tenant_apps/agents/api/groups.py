"""Groups of agents over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.agents.schemas import agents as agent_shapes
from tenant_apps.agents.schemas import files as schemas
from tenant_apps.agents.selectors import groups as reads
from tenant_apps.agents.services import groups

router = Router(tags=["agent groups"])


@router.get("/agent-groups", response=Page[schemas.GroupOut], summary="List groups of agents")
@requires("agents.view")
def list_groups(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """By name."""
    rows, next_cursor = paginate(reads.list_groups(), cursor=filters.cursor, limit=filters.limit, order=("name", "id"))
    return FastJson({"items": [schemas.group_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/agent-groups", response={201: schemas.GroupOut}, summary="Add a group of agents")
@requires("agents.edit")
def create_group(request: HttpRequest, payload: schemas.GroupIn) -> Status[dict[str, Any]]:
    """By hand, by channel, or by performance."""
    return Status(201, schemas.group_row(groups.create_group(**payload.model_dump())))


@router.patch("/agent-groups/{group_id}", response=schemas.GroupOut, summary="Change a group of agents")
@requires("agents.edit")
def change_group(request: HttpRequest, group_id: int, payload: schemas.GroupPatch) -> dict[str, Any]:
    """Only the fields given change."""
    return schemas.group_row(groups.change_group(group_id=group_id, **payload.model_dump(exclude_unset=True)))


@router.delete("/agent-groups/{group_id}", response={204: None}, summary="Delete a group of agents")
@requires("agents.edit")
def delete_group(request: HttpRequest, group_id: int) -> Status[None]:
    """Its members stay agents."""
    groups.delete_group(group_id=group_id)
    return Status(204, None)


@router.post("/agent-groups/{group_id}/add", response=schemas.MembersOut, summary="Add agents to a group")
@requires("agents.edit")
def add_members(request: HttpRequest, group_id: int, payload: schemas.MembersIn) -> dict[str, Any]:
    """Only into a group made by hand."""
    return {"count": groups.add_members(group_id=group_id, agent_ids=payload.agent_ids)}


@router.post("/agent-groups/{group_id}/remove", response=schemas.MembersOut, summary="Remove agents from a group")
@requires("agents.edit")
def remove_members(request: HttpRequest, group_id: int, payload: schemas.MembersIn) -> dict[str, Any]:
    """Only out of a group made by hand."""
    return {"count": groups.remove_members(group_id=group_id, agent_ids=payload.agent_ids)}


@router.get("/agent-groups/{group_id}/members", response=Page[agent_shapes.AgentRow], summary="List a group's agents")
@requires("agents.view")
def list_members(request: HttpRequest, group_id: int, filters: Query[PageFilters]) -> HttpResponse:
    """As of today, newest first."""
    today = clock.business_date(clock.now())
    members = reads.list_members(group=reads.get_group(group_id=group_id), as_of=today)
    rows, next_cursor = paginate(members, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [agent_shapes.agent_row(row, as_of=today) for row in rows], "next_cursor": next_cursor})
