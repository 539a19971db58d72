"""Order imports: upload, dry run, commit, progress, and the list of what was not imported."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import orjson
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status

from kernel.core.errors import Invalid
from kernel.http.pagination import DEFAULT_LIMIT, MAX_LIMIT, CursorInvalid, LimitInvalid, paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import MoneyText, Page
from tenant_apps.orders.services.imports import jobs
from tenant_apps.orders.services.imports.issues import issues_response, read_issues

router = Router(tags=["imports"])


class ImportOut(Schema):
    """An import. `processed_lines` moves while a worker is at it; counts and sums stand from the dry run on."""

    id: int
    channel: str
    mode: str
    state: str
    file_name: str
    mapping: dict[str, str]
    options: dict[str, Any]
    processed_lines: int
    total_lines: int
    imported_lines: int
    refused_lines: int
    order_count: int
    sales_amount: MoneyText
    returns_amount: MoneyText
    exact_amount: str
    reasons: dict[str, int]
    message: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class IssueOut(Schema):
    """A line that was not imported."""

    line: int
    reason: str
    detail: str
    cells: list[str]


class JsonFieldInvalid(Invalid):
    code = "json_field_invalid"


def _object(text: str, field: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise JsonFieldInvalid(gettext("must be a JSON object"), field=field) from error
    if not isinstance(value, dict):
        raise JsonFieldInvalid(gettext("must be a JSON object"), field=field)
    return value


@router.post("/imports", response={201: ImportOut}, summary="Upload orders and start a dry run")
@requires("orders.import")
def create_import(
    request: HttpRequest,
    file: File[UploadedFile],
    channel: Form[str],
    mode: Form[Literal["history", "live"]] = "history",
    mapping: Form[str] = "{}",
    options: Form[str] = "",
) -> Status[dict[str, Any]]:
    """Multipart. `mapping` is a JSON object field → heading, `options` the channel's rules; both are remembered."""
    wanted = {str(name): str(heading) for name, heading in _object(mapping, "mapping").items()}
    rules = _object(options, "options") if options else None
    meaning = jobs.Meaning(mapping=wanted, options=rules)
    job = jobs.create_import(channel=channel, mode=mode, upload=file, meaning=meaning)
    return Status(201, jobs.describe(jobs.start_check(job_id=job.pk)))


@router.get("/imports", response=Page[ImportOut], summary="List imports")
@requires("orders.import")
def list_imports(request: HttpRequest, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> FastJson:
    """All imports of the brand."""
    rows, following = paginate(jobs.list_imports(), cursor=cursor, limit=limit)
    return FastJson({"items": [jobs.describe(job) for job in rows], "next_cursor": following})


@router.get("/imports/{job_id}", response=ImportOut, summary="Get an import")
@requires("orders.import")
def get_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Poll it once a second while it is checking or committing."""
    return jobs.describe(jobs.get_import(job_id=job_id))


@router.post("/imports/{job_id}/check", response=ImportOut, summary="Repeat a dry run")
@requires("orders.import")
def check_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """After a failure, or when the catalogue changed."""
    return jobs.describe(jobs.start_check(job_id=job_id))


@router.post("/imports/{job_id}/commit", response=ImportOut, summary="Commit an import of orders")
@requires("orders.import")
def commit_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """The work is done in the background; the answer says `committing`."""
    return jobs.describe(jobs.start_commit(job_id=job_id))


@router.post("/imports/{job_id}/cancel", response=ImportOut, summary="Cancel an import")
@requires("orders.import")
def cancel_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Only before its orders are written."""
    return jobs.describe(jobs.cancel_import(job_id=job_id))


@router.get("/imports/{job_id}/issues", response=Page[IssueOut], summary="List rejected lines")
@requires("orders.import")
def list_issues(request: HttpRequest, job_id: int, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> FastJson:
    """In the order of the file, refused lines first, then those that were imported before."""
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitInvalid(gettext("It must be between 1 and %(largest)s.") % {"largest": MAX_LIMIT}, field="limit")
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 12):
        raise CursorInvalid(gettext("Use the next_cursor of the page before, with the same order."), field="cursor")
    name = jobs.get_import(job_id=job_id).issues_stored_as
    try:
        found = list(read_issues(name, start=int(cursor or 0), limit=limit + 1))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise CursorInvalid(
            gettext("Use the next_cursor of the page before, with the same order."), field="cursor"
        ) from error
    items = [issue._asdict() for _position, issue in found[:limit]]
    return FastJson({"items": items, "next_cursor": str(found[limit - 1][0]) if len(found) > limit else None})


@router.get("/imports/{job_id}/issues.csv", summary="Download rejected lines", response={200: None})
@requires("orders.import")
def download_issues(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """CSV in the file's own columns, with line number and reason in front; formulas are escaped."""
    job = jobs.get_import(job_id=job_id)
    return issues_response(job, jobs.headings_of(job))
