"""Imports of all kinds: upload, dry run, commit, undo, progress, and the rows that were not imported."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import File, Form, Router
from ninja.files import UploadedFile
from ninja.responses import Status

from kernel.core.errors import Invalid
from kernel.files.tables import XLSX_TYPE
from kernel.http.pagination import DEFAULT_LIMIT, MAX_LIMIT, CursorInvalid, LimitInvalid, paginate
from kernel.http.permissions import actor_of, ensure_may, requires_one_of
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.schemas import ImportOut, IssueOut, KindOut, NewImportIn
from tenant_apps.imports.selectors import get_import, list_imports
from tenant_apps.imports.services import jobs, templates
from tenant_apps.imports.services.importer import Importer, get_importer, list_importers
from tenant_apps.imports.services.issues import read_issues, write_error_file
from tenant_apps.imports.services.reading.columns import ColumnMapping

router = Router(tags=["imports"])


class JsonFieldInvalid(Invalid):
    code = "json_field_invalid"


def _permissions() -> frozenset[str]:
    return frozenset(importer.permission for importer in list_importers())


requires = partial(requires_one_of, _permissions)


def _ensure_may(request: HttpRequest, importer: Importer[Any, Any]) -> None:
    ensure_may(actor_of(request), importer.permission, reading=request.method == "GET")


def _job(request: HttpRequest, job_id: int) -> ImportJob:
    """The job, for those who may import its kind. Raises ImportNotFound, PermissionMissing."""
    job = get_import(job_id=job_id)
    _ensure_may(request, get_importer(job.kind))
    return job


def _json(text: str, field: str, kind: type) -> Any:
    refusal = JsonFieldInvalid(_("must be a JSON object") if kind is dict else _("must be a JSON list"), field=field)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refusal from error
    if not isinstance(value, kind):
        raise refusal
    return value


@router.post("/imports", response={201: ImportOut}, summary="Upload a file and start a dry run")
@requires()
def create_import(
    request: HttpRequest,
    file: File[UploadedFile],
    form: Form[NewImportIn],
    attachment: File[UploadedFile | None] = None,
) -> Status[dict[str, Any]]:
    """Multipart. A heading with a known meaning that the kind does not use is refused (`unused_column`) until it is
    mapped or left out. `GET /imports/kinds` lists kinds and columns.
    """
    _ensure_may(request, get_importer(form.kind))
    fields = {str(name): str(heading) for name, heading in _json(form.mapping, "mapping", dict).items()}
    names = tuple(str(heading) for heading in _json(form.left_out, "left_out", list))
    new = jobs.NewImport(
        kind=form.kind,
        upload=file,
        attachment=attachment,
        channel=form.channel,
        mode=form.mode,
        mapping=ColumnMapping(fields, names),
        options=_json(form.options, "options", dict) if form.options else None,
    )
    job = jobs.create_import(new=new)
    return Status(201, _shown(jobs.start_check(job_id=job.pk)))


@router.get("/imports", response=Page[ImportOut], summary="List imports")
@requires()
def list_all_imports(
    request: HttpRequest, kind: str = "", cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> FastJson:
    """Imports of the kinds that the caller may import; `kind` narrows them to one."""
    actor = actor_of(request)
    withheld = dict(actor.withheld)  # what the plan no longer includes can still be read
    kinds = {one.kind for one in list_importers() if actor.may(one.permission) or one.permission in withheld}
    rows, following = paginate(list_imports(kinds=kinds & {kind} if kind else kinds), cursor=cursor, limit=limit)
    return FastJson({"items": [_shown(job) for job in rows], "next_cursor": following})


@router.get("/imports/kinds", response=list[KindOut], summary="List kinds of imports")
@requires()
def list_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """With the columns of each."""
    actor = actor_of(request)
    return [
        {
            "kind": importer.kind,
            "label": str(importer.label),
            "modes": [mode for mode, _label in importer.modes],
            "has_channel": importer.channels() is not None,
            "has_attachment": bool(importer.attachment_label),
            "is_whole": importer.is_whole,
            "can_undo": importer.can_undo,
            "columns": [
                {"name": column.name, "label": str(column.title), "required": column.required}
                for column in importer.columns()
                if not column.needs or actor.may(column.needs)
            ],
        }
        for importer in list_importers()
        if actor.may(importer.permission)
    ]


@router.get("/imports/kinds/{kind}/template.xlsx", summary="Download a template", response={200: None})
@requires()
def download_template(request: HttpRequest, kind: str) -> HttpResponse:
    """The headings of the kind, and one row of examples."""
    importer = get_importer(kind)
    _ensure_may(request, importer)
    content = templates.write_template(importer)
    headers = {"Content-Disposition": f'attachment; filename="{importer.kind}.xlsx"'}
    return HttpResponse(content, content_type=XLSX_TYPE, headers=headers)


@router.get("/imports/{job_id}", response=ImportOut, summary="Get an import")
@requires()
def show_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Poll it once a second while it is checking, committing or undoing."""
    return _shown(_job(request, job_id))


def _step(start: Callable[..., ImportJob], request: HttpRequest, job_id: int) -> dict[str, Any]:
    _job(request, job_id)
    return _shown(start(job_id=job_id))


@router.post("/imports/{job_id}/check", response=ImportOut, summary="Repeat a dry run")
@requires()
def check_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """After a failure, or when the brand's data changed."""
    return _step(jobs.start_check, request, job_id)


@router.post("/imports/{job_id}/commit", response=ImportOut, summary="Commit an import")
@requires()
def commit_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """The work is done in the background; the answer says `committing`."""
    return _step(jobs.start_commit, request, job_id)


@router.post("/imports/{job_id}/cancel", response=ImportOut, summary="Cancel an import")
@requires()
def cancel_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Before its rows are written; a worker that is at it stops within seconds."""
    return _step(jobs.cancel_import, request, job_id)


@router.post("/imports/{job_id}/undo", response=ImportOut, summary="Undo an import")
@requires()
def undo_import(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Take away what it wrote, while nothing hangs on it; the answer says `undoing`."""
    return _step(jobs.start_undo, request, job_id)


@router.get("/imports/{job_id}/issues", response=Page[IssueOut], summary="List rejected rows")
@requires()
def list_issues(request: HttpRequest, job_id: int, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> FastJson:
    """In the order of the file, fault by fault."""
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitInvalid(_("It must be between 1 and %(largest)s.") % {"largest": MAX_LIMIT}, field="limit")
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 12):
        raise CursorInvalid(_("Use the next_cursor of the page before, with the same order."), field="cursor")
    name = _job(request, job_id).issues_stored_as
    try:
        found = list(read_issues(name, start=int(cursor or 0), limit=limit + 1))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise CursorInvalid(
            _("Use the next_cursor of the page before, with the same order."), field="cursor"
        ) from error
    items = [issue._asdict() for _position, issue in found[:limit]]
    return FastJson({"items": items, "next_cursor": str(found[limit - 1][0]) if len(found) > limit else None})


@router.get("/imports/{job_id}/issues.csv", summary="Download rejected rows", response={200: None})
@requires()
def download_issues(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """CSV in the file's own columns, with row number and faults in front, to correct and upload again."""
    return issues_response(_job(request, job_id))


def issues_response(job: ImportJob) -> StreamingHttpResponse:
    """The list of refused rows as a download."""
    labels = {column.name: column.title for column in get_importer(job.kind).columns()}
    response = StreamingHttpResponse(
        write_error_file(job.issues_stored_as, job.headings, labels), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-issues.csv"'
    return response


def _shown(job: ImportJob) -> dict[str, Any]:
    figures: Mapping[str, Any] = job.figures
    return {
        **jobs.describe(job),
        "order_count": figures.get("order_count", 0),
        "sales_amount": figures.get("sales_amount", "0.00"),
        "returns_amount": figures.get("returns_amount", "0.00"),
        "exact_amount": figures.get("exact_amount", "0.0000"),
    }
