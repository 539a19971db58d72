"""Doing an import: the dry run and the commit, by a worker that may be killed at any moment.

The whole of it is one transaction that holds the job's row: a second worker finds it taken and leaves, and a killed one
leaves nothing behind, so that the sweeper's next try begins anew.
"""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from kernel.core import audit
from kernel.core.errors import DomainError
from kernel.files import storage as files
from kernel.files.workbooks import read_sheet
from tenant_apps.catalog.models import CatalogImport
from tenant_apps.catalog.services.sheets.archive import Pictures, open_pictures
from tenant_apps.catalog.services.sheets.columns import known_headings
from tenant_apps.catalog.services.sheets.jobs import MAX_ROWS, STALLED_AFTER
from tenant_apps.catalog.services.sheets.parsing import Issue, Row, read_row
from tenant_apps.catalog.services.sheets.planning import Plan, make_plan
from tenant_apps.catalog.services.sheets.writing import BROKEN, PictureStore, Result, lock_products, write_plan
from tenant_apps.catalog.states import IMPORT_RUNNING, ImportState

MAX_ERRORS = 1_000


def run(*, job_id: int, now: datetime) -> None:
    """Do what the job's state asks for. A job that waits for nothing, or that another worker holds, is left alone."""
    try:
        with transaction.atomic():
            waiting = CatalogImport.objects.filter(pk=job_id, state__in=IMPORT_RUNNING)
            job = waiting.select_for_update(skip_locked=True).first()
            if job is not None:
                _run(job, now)
    except DomainError as refusal:
        _fail(job_id, str(refusal.errors[0].detail if refusal.errors else refusal), now)
    except Exception:
        _fail(job_id, str(BROKEN), now)
        raise


def _run(job: CatalogImport, now: datetime) -> None:
    path = Path(files.path_of(job.pictures_stored_as)) if job.pictures_stored_as else None
    with open_pictures(path) as pictures:
        rows = read_rows(Path(files.path_of(job.stored_as)))
        if job.state == ImportState.COMMITTING:
            _commit(job, rows, pictures, now)
        else:
            _finish_check(job, make_plan(rows, pictures), len(rows), now)


def read_rows(path: Path) -> list[Row]:
    """All rows of the workbook. Raises UnreadableWorkbook, HarmfulWorkbook, WorkbookTooLarge."""
    (_number, heading), *lines = read_sheet(path, most_rows=MAX_ROWS)
    places = known_headings(heading)
    return [
        read_row(number, {name: cells[place].strip() for name, place in places.items() if place < len(cells)})
        for number, cells in lines
    ]


def _finish_check(job: CatalogImport, plan: Plan, total: int, now: datetime) -> None:
    _note_issues(job, plan.issues, total)
    job.created_products = sum(1 for planned in plan.products if planned.known is None)
    job.changed_products = 0
    job.state = ImportState.CHECKED
    job.finished_at = now
    job.message = ""
    job.save()


def _note_issues(job: CatalogImport, issues: list[Issue], total: int) -> None:
    job.total_rows = total
    job.valid_rows = total - len({issue.row for issue in issues})
    job.errors = [issue.as_json() for issue in issues[:MAX_ERRORS]]


def _commit(job: CatalogImport, rows: list[Row], pictures: Pictures, now: datetime) -> None:
    """Pictures are decoded first, while nothing but the job is locked; then the plan is made again, to be sure."""
    store = PictureStore()
    try:
        lock_products(make_plan(rows, pictures))
        plan = make_plan(rows, pictures)
        issues = plan.issues or store.fill(plan, pictures)
        if issues:
            store.discard()
            _note_issues(job, issues, len(rows))
            job.state = ImportState.FAILED
            job.finished_at = now
            job.save()
            return
        with transaction.atomic():
            result = write_plan(plan, store, subject=f"catalog_import:{job.pk}")
    except BaseException:
        store.discard()
        raise
    _finish_commit(job, result, now)


def _finish_commit(job: CatalogImport, result: Result, now: datetime) -> None:
    job.created_products = len(result.created)
    job.changed_products = len(result.changed)
    job.state = ImportState.COMMITTED
    job.finished_at = now
    job.message = ""
    job.save()
    audit.record(
        action="catalog.import_committed",
        subject=f"catalog_import:{job.pk}",
        after={"rows": job.total_rows, "created": job.created_products, "changed": job.changed_products},
    )


def _fail(job_id: int, message: str, now: datetime) -> None:
    CatalogImport.objects.filter(pk=job_id, state__in=IMPORT_RUNNING).update(
        state=ImportState.FAILED, message=message[:2_000], finished_at=now
    )


def next_look(now: datetime) -> datetime | None:
    """Return when to look after imports that run; None when none does."""
    return now + STALLED_AFTER if CatalogImport.objects.filter(state__in=IMPORT_RUNNING).exists() else None


def stalled_imports(*, now: datetime) -> list[int]:
    """Jobs that wait for a worker for more than a minute: it is slow, or it is no more. Asking again does no harm."""
    waiting = CatalogImport.objects.filter(state__in=IMPORT_RUNNING, started_at__lt=now - STALLED_AFTER)
    return list(waiting.order_by("id").values_list("id", flat=True))
