"""An import of products from upload to the written rows: its states, and what the user may do with it."""

from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Forbidden, Invalid, TooLarge
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import due, queue
from kernel.files import storage as files
from kernel.files.workbooks import read_sheet
from kernel.tenancy.actors import current_actor
from tenant_apps.catalog.models import CatalogImport
from tenant_apps.catalog.selectors.imports import get_import
from tenant_apps.catalog.services.sheets.archive import open_pictures
from tenant_apps.catalog.services.sheets.columns import COLUMNS, known_headings
from tenant_apps.catalog.states import IMPORT_TRANSITIONS, ImportState

MAX_ROWS = 10_000
FOLDER = "catalog-imports"
STALLED_AFTER = timedelta(seconds=60)


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    title = _("The file is too large")


class UnknownColumns(Invalid):
    code = "unknown_columns"
    title = _("The first row does not name the columns")


class ColumnForbidden(Forbidden):
    code = "column_forbidden"
    title = _("The file holds a column that you may not change")


class ImportHasErrors(Conflict):
    code = "import_has_errors"
    title = _("Correct the rows with errors first: all of a file is imported, or nothing")


def create_import(*, workbook: "File[Any]", pictures: "File[Any] | None" = None) -> CatalogImport:
    """Keep the uploaded workbook (and ZIP of pictures) and ask for its dry run.

    Raises UploadTooLarge, UnreadableWorkbook, HarmfulWorkbook, WorkbookTooLarge, UnknownColumns, ColumnForbidden,
    UnreadableArchive, ArchiveTooLarge.
    """
    for field, upload in (("file", workbook), ("pictures", pictures)):
        if upload is not None and (upload.size or 0) > settings.IMPORT_MAX_BYTES:
            most = settings.IMPORT_MAX_BYTES // 1_048_576
            raise UploadTooLarge(_("A file may have %(size)d MB at most.") % {"size": most}, field=field)
    stored: list[str] = []
    try:
        stored.append(files.store(workbook, folder=FOLDER, suffix=".xlsx"))
        _check_headings(read_sheet(Path(files.path_of(stored[0])), most_rows=MAX_ROWS)[0][1])
        if pictures is not None:
            stored.append(files.store(pictures, folder=FOLDER, suffix=".zip"))
            with open_pictures(Path(files.path_of(stored[1]))):
                pass
        return _open_job(PurePath(workbook.name or "file").name, stored)
    except Exception:
        for name in stored:
            files.delete_file(name)
        raise


def _check_headings(cells: list[str]) -> None:
    found = known_headings(cells)
    if "sku" not in found:
        raise UnknownColumns(_("A column “SKU” (商家编码) is needed."), field="file")
    for column in COLUMNS:
        if column.name in found and column.needs and not current_actor().may(column.needs):
            raise ColumnForbidden(
                _("The column “%(column)s” needs the permission “%(permission)s”.")
                % {"column": cells[found[column.name]], "permission": column.needs},
                field="file",
            )


@transaction.atomic
def _open_job(file_name: str, stored: list[str]) -> CatalogImport:
    job = CatalogImport.objects.create(
        file_name=file_name[:200],
        stored_as=stored[0],
        pictures_stored_as=stored[1] if len(stored) > 1 else "",
        created_by=current_actor().label[:200],
        created_at=clock.now(),
        started_at=clock.now(),
    )
    audit.record(action="catalog.import_uploaded", subject=f"catalog_import:{job.pk}", after={"file": file_name})
    _queue(job.pk)
    return job


@transaction.atomic
def start_commit(*, job_id: int) -> CatalogImport:
    """Ask for the rows to be written. Raises ImportNotFound, IllegalTransition, ImportHasErrors."""
    job = get_import(job_id=job_id)
    ensure_allowed(IMPORT_TRANSITIONS, now=ImportState(job.state), wanted=ImportState.COMMITTING)
    if job.errors:
        raise ImportHasErrors
    CatalogImport.objects.filter(pk=job_id).update(started_at=clock.now(), message="")
    _move(job, ImportState.COMMITTING)
    _queue(job_id)
    return get_import(job_id=job_id)


@transaction.atomic
def cancel_import(*, job_id: int) -> CatalogImport:
    """Give a checked file up. Raises ImportNotFound, IllegalTransition."""
    job = get_import(job_id=job_id)
    ensure_allowed(IMPORT_TRANSITIONS, now=ImportState(job.state), wanted=ImportState.CANCELLED)
    CatalogImport.objects.filter(pk=job_id).update(finished_at=clock.now())
    _move(job, ImportState.CANCELLED)
    return get_import(job_id=job_id)


def _move(job: CatalogImport, wanted: ImportState) -> None:
    compare_and_set(CatalogImport.objects.filter(pk=job.pk), expected=job.state, wanted=wanted)
    audit.record(action=f"catalog.import_{wanted.value}", subject=f"catalog_import:{job.pk}")


def _queue(job_id: int) -> None:
    queue.after_commit("catalog.run_import", job_id)
    due.note("catalog.resume_imports", at=clock.now() + STALLED_AFTER)
