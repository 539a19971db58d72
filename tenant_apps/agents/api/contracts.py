"""Contract terms over HTTP, and how agents leave."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.agents.schemas import agents as shared
from tenant_apps.agents.schemas import files as schemas
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.services import terms

router = Router(tags=["agent contracts"])


@router.get("/agent-contracts/ending", response=Page[shared.AgentRow], summary="List contracts ending soon")
@requires("agents.view")
def list_ending(request: HttpRequest, filters: Query[schemas.EndingFilters]) -> HttpResponse:
    """The earliest first; those that have ended and were not renewed among them."""
    today = clock.business_date(clock.now())
    ending = reads.list_ending(as_of=today, within_days=filters.within_days).select_related("sponsor")
    rows, next_cursor = paginate(ending, cursor=filters.cursor, limit=filters.limit, order=("valid_until", "id"))
    return FastJson({"items": [shared.agent_row(row, as_of=today) for row in rows], "next_cursor": next_cursor})


@router.get("/agents/{agent_id}/terms", response=schemas.TermsOut, summary="List an agent's contract terms")
@requires("agents.view")
def list_terms(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The latest first."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": [schemas.term_row(term) for term in reads.list_terms(agent_id=agent_id)]}


@router.post("/agents/{agent_id}/terms", response={201: schemas.TermOut}, summary="Renew an agent's contract")
@requires("agents.approve")
def renew(request: HttpRequest, agent_id: int, payload: schemas.TermIn) -> Status[dict[str, Any]]:
    """The certificate is issued anew where there is one."""
    return Status(201, schemas.term_row(terms.renew(agent_id=agent_id, now=clock.now(), **payload.model_dump())))


@router.post("/agent-terms/{term_id}/deposit-paid", response=schemas.TermOut, summary="Mark a deposit as paid")
@requires("agents.approve")
def note_paid(request: HttpRequest, term_id: int) -> dict[str, Any]:
    """Once."""
    return schemas.term_row(terms.record_deposit(term_id=term_id, what="paid", now=clock.now()))


@router.post("/agent-terms/{term_id}/deposit-returned", response=schemas.TermOut, summary="Mark a deposit as returned")
@requires("agents.approve")
def note_returned(request: HttpRequest, term_id: int) -> dict[str, Any]:
    """Only what was paid is returned."""
    return schemas.term_row(terms.record_deposit(term_id=term_id, what="returned", now=clock.now()))
