"""Imports of existing teams: the engine's jobs of the kind `team`, dry run and commit within the request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile

from kernel.core import clock
from kernel.core.errors import Conflict, NotFound
from kernel.core.states import IllegalTransition
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.imports import selectors as imports
from tenant_apps.imports.services import jobs, running, templates
from tenant_apps.imports.services.importer import get_importer
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.states import ImportState

KIND = "team"
MAX_ISSUES = 1_000

router = Router(tags=["agent imports"])


class TeamImportNotFound(NotFound):
    code = "team_import_not_found"
    title = _("There is no such import")


class ImportNotPossible(Conflict):
    code = "import_not_possible"
    title = _("The import is not in a state for this")


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
    state: ImportState
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
    rows, next_cursor = paginate(imports.list_imports(kinds={KIND}), cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [_row(job) for job in rows], "next_cursor": next_cursor})


@router.post("/agent-imports", response={201: TeamImportOut}, summary="Upload a team and do a dry run")
@requires("agents.import")
def upload(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Multipart: XLSX or CSV of up to 10,000 rows, sponsors in any order. A dry run: nothing is written yet."""
    job = jobs.create_import(new=jobs.NewImport(kind=KIND, upload=file))
    return Status(201, _done(job.pk, jobs.start_check))


@router.get("/agent-imports/template", response={200: None}, summary="Download a team template")
@requires("agents.import")
def get_template(request: HttpRequest) -> HttpResponse:
    """With the heading and one row to show how it is meant."""
    headers = {"Content-Disposition": 'attachment; filename="team.xlsx"'}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(templates.write_template(get_importer(KIND)), content_type=kind, headers=headers)


@router.get("/agent-imports/{import_id}", response=TeamImportOut, summary="Get an import of a team")
@requires("agents.import")
def get_import(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """With what is wrong, by row."""
    return _shown(_team_job(import_id))


@router.post("/agent-imports/{import_id}/commit", response=TeamImportOut, summary="Commit an import of a team")
@requires("agents.import")
def commit(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """All or nothing."""
    return _done(_team_job(import_id).pk, jobs.start_commit)


@router.post("/agent-imports/{import_id}/undo", response=TeamImportOut, summary="Undo an import of a team")
@requires("agents.import")
def undo(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """As long as nothing hangs on any of its agents."""
    return _done(_team_job(import_id).pk, jobs.start_undo)


def _team_job(import_id: int) -> Any:
    """Raises TeamImportNotFound, for jobs of other kinds too."""
    job = imports.list_imports(kinds={KIND}).filter(pk=import_id).first()
    if job is None:
        raise TeamImportNotFound
    return job


def _done(job_id: int, start: Callable[..., Any]) -> dict[str, Any]:
    """Take the step now instead of leaving it to a worker, and raise what refuses it."""
    with _known_codes():
        start(job_id=job_id)
    running.run(job_id=job_id, now=clock.now(), raises=True)
    return _shown(_team_job(job_id))


@contextmanager
def _known_codes() -> Iterator[None]:
    """Keep the code that clients of these addresses know."""
    try:
        yield
    except IllegalTransition as error:
        raise ImportNotPossible from error


def _row(job: Any) -> dict[str, Any]:
    return {
        "id": job.pk,
        "file_name": job.file_name,
        "state": job.state,
        "total_rows": job.total_rows,
        "valid_rows": job.total_rows - job.refused_rows,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def _shown(job: Any) -> dict[str, Any]:
    issues = (issue for _position, issue in read_issues(job.issues_stored_as, limit=MAX_ISSUES))
    errors = [{"row": one.line, "column": one.column, "code": one.reason, "detail": one.detail} for one in issues]
    return {**_row(job), "errors": errors}
