"""Support from the brand's side: asking, and letting support in."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.schemas import Page
from kernel.tenancy.context import current_brand, public_schema
from shared_apps.support.models import AccessGrant, TicketMessage
from shared_apps.support.schemas import (
    MessageIn,
    SupportAccessIn,
    SupportAccessOut,
    SupportLogEntryOut,
    TicketDetailOut,
    TicketIn,
    TicketMessageOut,
    TicketOut,
)
from shared_apps.support.selectors import grants as grant_selectors
from shared_apps.support.selectors import tickets as ticket_selectors
from shared_apps.support.services import grants, tickets

router = Router(tags=["support"])

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[str, Path(max_length=32, description="such as TK20261121-000001")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100, description="rows on a page")]


@router.get("/support/tickets", response=Page[TicketOut], summary="List tickets")
@requires("support.ask")
def list_tickets(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, object]:
    """The brand's tickets, newest first."""
    brand_id = current_brand().pk
    with public_schema():
        rows, next_cursor = paginate(ticket_selectors.list_tickets(brand_id=brand_id), cursor=cursor, limit=limit)
    return {"items": rows, "next_cursor": next_cursor}


@router.post("/support/tickets", response={201: TicketDetailOut}, summary="Create a ticket")
@requires("support.ask")
def open_ticket(request: HttpRequest, payload: TicketIn) -> Status[dict[str, Any]]:
    """Staff is told at once. Screenshots are added in the console."""
    question = tickets.NewQuestion(**payload.model_dump())
    ticket = tickets.open_ticket(brand_id=current_brand().pk, question=question, now=clock.now())
    return Status(201, _detail(ticket.number))


@router.get("/support/tickets/{number}", response=TicketDetailOut, summary="Get a ticket")
@requires("support.ask")
def read_ticket(request: HttpRequest, number: Number) -> dict[str, Any]:
    """With everything that was said."""
    return _detail(number)


@router.post("/support/tickets/{number}/messages", response={201: TicketMessageOut}, summary="Reply to a ticket")
@requires("support.ask")
def write_message(request: HttpRequest, number: Number, payload: MessageIn) -> Status[dict[str, Any]]:
    """It waits for support again, also when it was closed."""
    said = tickets.ask_again(brand_id=current_brand().pk, number=number, body=payload.body, now=clock.now())
    return Status(201, _message(said, []))


@router.get("/support/access", response=Page[SupportAccessOut], summary="List support sessions")
@requires("support.grant")
def list_access(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, object]:
    """Allowed, asked for in an emergency, and over: all, newest first."""
    brand_id = current_brand().pk
    with public_schema():
        rows, next_cursor = paginate(grant_selectors.list_grants(brand_id=brand_id), cursor=cursor, limit=limit)
    return {"items": rows, "next_cursor": next_cursor}


@router.post("/support/access", response={201: SupportAccessOut}, summary="Grant support access")
@requires("support.grant")
def grant_access(request: HttpRequest, payload: SupportAccessIn) -> Status[AccessGrant]:
    """From now on, for some hours. Every request of theirs is logged."""
    grant = grants.grant_access(brand_id=current_brand().pk, now=clock.now(), **payload.model_dump())
    return Status(201, grant)


@router.post("/support/access/{grant_id}/revoke", response=SupportAccessOut, summary="End a support session")
@requires("support.grant")
def revoke_access(request: HttpRequest, grant_id: RowId) -> AccessGrant:
    """At once: a support session that goes on is over with its next request. Again is harmless."""
    return grants.revoke_access(grant_id=grant_id, brand_id=current_brand().pk, now=clock.now())


@router.get("/support/access/{grant_id}/log", response=Page[SupportLogEntryOut], summary="List support activity")
@requires("support.grant")
def read_log(request: HttpRequest, grant_id: RowId, cursor: Cursor = None, limit: Limit = 50) -> dict[str, object]:
    """Every request made by this access, newest first."""
    if grant_selectors.get_grant(grant_id=grant_id, brand_id=current_brand().pk) is None:
        raise grants.GrantNotFound
    with public_schema():
        rows, next_cursor = paginate(grant_selectors.list_log(grant_id=grant_id), cursor=cursor, limit=limit)
    return {"items": rows, "next_cursor": next_cursor}


def _detail(number: str) -> dict[str, Any]:
    brand_id = current_brand().pk
    with public_schema():
        ticket = ticket_selectors.get_ticket(number=number, brand_id=brand_id)
        if ticket is None:
            raise tickets.TicketNotFound
        said = ticket_selectors.list_messages(ticket_id=ticket.pk)
        messages = [_message(message, list(message.files.all())) for message in said]
    fields = (name for name in TicketOut.model_fields)
    return {**{name: getattr(ticket, name) for name in fields}, "messages": messages}


def _message(message: TicketMessage, files: list[Any]) -> dict[str, Any]:
    return {
        "id": message.pk,
        "author_kind": message.author_kind,
        "author": message.author,
        "body": message.body,
        "created_at": message.created_at,
        "files": files,
    }
