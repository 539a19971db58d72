"""An agent's file over HTTP: contact, sensitive numbers, documents, notes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from kernel.core import clock
from kernel.files import storage as files
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, ensure_may, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.agents.models import AgentDocument, AgentNote
from tenant_apps.agents.schemas import agents as shared
from tenant_apps.agents.schemas import files as schemas
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.services import files_of_agents, sensitive
from tenant_apps.agents.states import DocumentKind

router = Router(tags=["agent files"])


@router.get("/agents/{agent_id}/file", response=schemas.FileOut, summary="Get an agent's file")
@requires("agents.view")
def get_file(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """Contact, region, channel, discount, adviser."""
    return schemas.file_of(selectors.get_agent(agent_id=agent_id))


@router.patch("/agents/{agent_id}/file", response=schemas.FileOut, summary="Change an agent's file")
@requires("agents.edit")
def change_file(request: HttpRequest, agent_id: int, payload: schemas.FilePatch) -> dict[str, Any]:
    """Only the fields given change; another region issues a valid certificate anew."""
    changes = payload.model_dump(exclude_unset=True)
    return schemas.file_of(files_of_agents.change_file(agent_id=agent_id, now=clock.now(), **changes))


@router.post("/agents/{agent_id}/sensitive", response=shared.AgentOut, summary="Store ID number and bank account")
@requires("agents.edit")
def store_sensitive(request: HttpRequest, agent_id: int, payload: schemas.SensitiveIn) -> dict[str, Any]:
    """Encrypted, with the agent's separate consent; they come back masked."""
    return shared.agent_detail(sensitive.store(agent_id=agent_id, now=clock.now(), **payload.model_dump()))


@router.delete("/agents/{agent_id}/sensitive", response=shared.AgentOut, summary="Delete ID number and bank account")
@requires("agents.edit")
def forget_sensitive(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """For an agent who withdraws the consent."""
    return shared.agent_detail(sensitive.forget(agent_id=agent_id))


@router.post("/agents/{agent_id}/looks", response=schemas.LookOut, summary="Reveal a sensitive number")
@requires("agents.sensitive")
def look(request: HttpRequest, agent_id: int, payload: schemas.LookIn) -> dict[str, Any]:
    """Each view is kept for ever, with its reader, time and reason."""
    value = sensitive.look(agent_id=agent_id, field=payload.field, reason=payload.reason, now=clock.now())
    return {"value": value}


@router.get("/agent-looks", response=Page[schemas.LookRow], summary="List views of sensitive numbers")
@requires("agents.sensitive")
def list_looks(request: HttpRequest, filters: Query[schemas.LookFilters]) -> HttpResponse:
    """The latest first; of one agent or of all."""
    rows, next_cursor = paginate(
        reads.list_looks(agent_id=filters.agent_id), cursor=filters.cursor, limit=filters.limit
    )
    return FastJson({"items": [schemas.look_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/agents/{agent_id}/notes", response=Page[schemas.NoteOut], summary="List an agent's notes")
@requires("agents.view")
def list_notes(request: HttpRequest, agent_id: int, filters: Query[PageFilters]) -> HttpResponse:
    """The newest first."""
    selectors.get_agent(agent_id=agent_id)
    rows, next_cursor = paginate(reads.list_notes(agent_id=agent_id), cursor=filters.cursor, limit=filters.limit)
    items = [{name: getattr(row, name) for name in schemas.NoteOut.model_fields} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agents/{agent_id}/notes", response={201: schemas.NoteOut}, summary="Add a note to an agent")
@requires("agents.edit")
def add_note(request: HttpRequest, agent_id: int, payload: schemas.NoteIn) -> Status[AgentNote]:
    """Notes are not changed afterwards."""
    return Status(201, files_of_agents.add_note(agent_id=agent_id, text=payload.text, now=clock.now()))


@router.get("/agents/{agent_id}/documents", response=schemas.DocumentsOut, summary="List an agent's documents")
@requires("agents.view")
def list_documents(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The newest first."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": list(reads.list_documents(agent_id=agent_id))}


@router.post("/agents/{agent_id}/documents", response={201: schemas.DocumentOut}, summary="Add a document")
@requires("agents.edit")
def add_document(
    request: HttpRequest, agent_id: int, file: File[UploadedFile], kind: Form[DocumentKind] = DocumentKind.OTHER
) -> Status[AgentDocument]:
    """Multipart; a PDF or a picture of 10 MB at most."""
    document = files_of_agents.add_document(
        agent_id=agent_id, kind=kind, name=file.name or "", content=file, now=clock.now()
    )
    return Status(201, document)


@router.get("/agents/{agent_id}/documents/{document_id}", response={200: None}, summary="Download a document")
@requires("agents.view")
def get_document(request: HttpRequest, agent_id: int, document_id: int) -> HttpResponse:
    """An ID card needs the permission to see sensitive data, and the look is kept."""
    document = reads.get_document(agent_id=agent_id, document_id=document_id)
    if document.kind == DocumentKind.ID_CARD:
        ensure_may(actor_of(request), "agents.sensitive")
        files_of_agents.record_view(document)
    headers = {"Content-Disposition": content_disposition_header(True, document.name) or "attachment"}
    with files.open_file(document.path) as content:
        return HttpResponse(content.read(), content_type=document.content_type, headers=headers)


@router.delete("/agents/{agent_id}/documents/{document_id}", response={204: None}, summary="Delete a document")
@requires("agents.edit")
def remove_document(request: HttpRequest, agent_id: int, document_id: int) -> Status[None]:
    """With its file."""
    files_of_agents.remove_document(agent_id=agent_id, document_id=document_id)
    return Status(204, None)
