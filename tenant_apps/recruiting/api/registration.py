"""Register agents by the staff."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.recruiting import schemas
from tenant_apps.recruiting.services import registration

router = Router(tags=["agents"])


@router.post("/agents", response={201: schemas.RegisteredAgentOut}, summary="Register an agent")
@requires("agents.approve")
def register_agent(request: HttpRequest, payload: schemas.AgentIn) -> Status[dict[str, Any]]:
    """An application that is approved at once: the agent is active, with term, deposit and login by the level."""
    now = clock.now()
    done = registration.register_agent(
        new=registration.NewRegistration(**payload.model_dump()),
        origin=request.build_absolute_uri("/").rstrip("/"),
        now=now,
    )
    person = schemas.person_detail(done.agent_id, as_of=clock.business_date(now))
    return Status(201, {**person, "message": done.message})
