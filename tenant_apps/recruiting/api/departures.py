"""Contract terms over HTTP, and how agents leave."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.recruiting import schemas
from tenant_apps.recruiting.services import termination

router = Router(tags=["agent contracts"])


@router.post(
    "/agents/{agent_id}/terminate", response=schemas.TerminationOut, summary="Terminate a contract with hand-over"
)
@requires("agents.approve")
def terminate(request: HttpRequest, agent_id: int, payload: schemas.TerminationIn) -> dict[str, Any]:
    """For good: team and customers go to the successor in one step; certificate and login end."""
    done = termination.terminate_agent(agent_id=agent_id, now=clock.now(), **payload.model_dump())
    return {"agent_id": done.agent.pk, "team": done.team, "customers": done.customers}


@router.post("/agents/{agent_id}/anonymise", response=schemas.PersonOut, summary="Anonymise an agent")
@requires("agents.approve")
def anonymise(request: HttpRequest, agent_id: int, payload: schemas.AnonymiseIn) -> dict[str, Any]:
    """Cannot be undone. Trade facts stay with a nameless agent."""
    now = clock.now()
    termination.anonymise(agent_id=agent_id, reason=payload.reason, now=now)
    return schemas.person_detail(agent_id, as_of=clock.business_date(now))
