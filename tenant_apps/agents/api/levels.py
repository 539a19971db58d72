"""Levels and how agents move between them, over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.agents.models import Level
from tenant_apps.agents.schemas import agents as schemas
from tenant_apps.agents.schemas import levels as shapes
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import levels as reads
from tenant_apps.agents.services import levels

router = Router(tags=["agents"])


@router.get("/agent-levels", response=Page[shapes.LevelOut], summary="List levels")
@requires("agents.view")
def list_levels(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """The highest first."""
    found = selectors.list_levels()
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit, order=("rank", "id"))
    items = [{name: getattr(row, name) for name in shapes.LEVEL_FIELDS} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-levels", response={201: shapes.LevelOut}, summary="Add a level")
@requires("agents.edit")
def create_level(request: HttpRequest, payload: shapes.LevelIn) -> Status[Level]:
    """Code, name and rank are unique."""
    return Status(201, levels.create_level(**payload.model_dump()))


@router.patch("/agent-levels/{level_id}", response=shapes.LevelOut, summary="Change a level")
@requires("agents.edit")
def change_level(request: HttpRequest, level_id: int, payload: shapes.LevelPatch) -> Level:
    """Only the fields given change."""
    return levels.change_level(level_id=level_id, **payload.model_dump(exclude_unset=True))


@router.delete("/agent-levels/{level_id}", response={204: None}, summary="Delete a level")
@requires("agents.edit")
def delete_level(request: HttpRequest, level_id: int) -> Status[None]:
    """Refused while agents stand on it; its prices go with it."""
    levels.delete_level(level_id=level_id)
    return Status(204, None)


@router.post("/agents/{agent_id}/change-level", response=schemas.AgentOut, summary="Move an agent to another level")
@requires("agents.edit")
def move_to_level(request: HttpRequest, agent_id: int, payload: shapes.LevelChoiceIn) -> dict[str, Any]:
    """By hand, with a reason; prices and commissions of later orders follow, orders already placed keep theirs."""
    return schemas.agent_detail(levels.move_to_level(agent_id=agent_id, now=clock.now(), **payload.model_dump()))


@router.get(
    "/agents/{agent_id}/level-changes", response=Page[shapes.LevelChangeOut], summary="List an agent's level history"
)
@requires("agents.view")
def list_level_changes(request: HttpRequest, agent_id: int, filters: Query[PageFilters]) -> HttpResponse:
    """The latest first, each with its cause and the figures of that moment."""
    selectors.get_agent(agent_id=agent_id)
    found = reads.list_level_changes(agent_id=agent_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [shapes.change_row(row) for row in rows], "next_cursor": next_cursor})
