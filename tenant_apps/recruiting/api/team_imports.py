"""Imports of existing teams over HTTP."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.recruiting.models import TeamImport
from tenant_apps.recruiting.selectors import team_imports as reads
from tenant_apps.recruiting.services.team_import import jobs
from tenant_apps.recruiting.states import TeamImportState

router = Router(tags=["agent imports"])


class RowIssue(Schema):
    """Fault of a row; `row` is the number the user's program shows."""

    row: int
    column: str
    code: str
    detail: str


class TeamImportRow(Schema):
    """An import in a list."""

    id: int
    file_name: str
    state: TeamImportState
    total_rows: int
    valid_rows: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class TeamImportOut(TeamImportRow):
    """One import with what is wrong, by row; the first 1,000."""

    errors: list[RowIssue]


@router.get("/agent-imports", response=Page[TeamImportRow], summary="List imports of teams")
@requires("agents.import")
def list_imports(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """The newest first."""
    rows, next_cursor = paginate(reads.list_imports(), cursor=filters.cursor, limit=filters.limit)
    items = [{name: getattr(row, name) for name in TeamImportRow.model_fields} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-imports", response={201: TeamImportOut}, summary="Upload a team and start a dry run")
@requires("agents.import")
def upload(request: HttpRequest, file: File[UploadedFile]) -> Status[TeamImport]:
    """Multipart: an XLSX of up to 10,000 rows, sponsors in any order. A dry run: nothing is written yet."""
    return Status(201, jobs.upload_team(file_name=file.name or "", content=file, now=clock.now()))


@router.get("/agent-imports/template", response={200: None}, summary="Download a team template")
@requires("agents.import")
def get_template(request: HttpRequest) -> HttpResponse:
    """With the heading and one row to show how it is meant."""
    headers = {"Content-Disposition": 'attachment; filename="team.xlsx"'}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(jobs.template(), content_type=kind, headers=headers)


@router.get("/agent-imports/{import_id}", response=TeamImportOut, summary="Get an import of a team")
@requires("agents.import")
def get_import(request: HttpRequest, import_id: int) -> TeamImport:
    """With what is wrong, by row."""
    return reads.get_import(import_id=import_id)


@router.post("/agent-imports/{import_id}/commit", response=TeamImportOut, summary="Commit an import of a team")
@requires("agents.import")
def commit(request: HttpRequest, import_id: int) -> TeamImport:
    """All or nothing."""
    return jobs.commit_team(import_id=import_id, now=clock.now())


@router.post("/agent-imports/{import_id}/undo", response=TeamImportOut, summary="Undo an import of a team")
@requires("agents.import")
def undo(request: HttpRequest, import_id: int) -> TeamImport:
    """As long as nothing hangs on any of its agents."""
    return jobs.undo_team(import_id=import_id, now=clock.now())
