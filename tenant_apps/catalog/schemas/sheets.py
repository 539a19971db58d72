"""API schemas of product imports."""

from datetime import datetime

from ninja import Schema

from tenant_apps.imports import selectors as imports
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.states import ImportState

MAX_ERRORS = 1_000


class CellIssueOut(Schema):
    """A cell that failed validation."""

    row: int
    column: str
    code: str
    detail: str


class CatalogImportOut(Schema):
    """An import. While it is `uploaded` or `committing` it is being processed; poll it once a second."""

    id: int
    state: str
    file_name: str
    total_rows: int
    valid_rows: int
    created_products: int
    changed_products: int
    errors: list[CellIssueOut]
    message: str
    created_by: str
    created_at: datetime
    finished_at: datetime | None


def import_row(job: imports.ImportJob) -> dict[str, object]:
    """Render an import as `CatalogImportOut`. A running check keeps the state `uploaded` for API compatibility."""
    issues = (one for _position, one in read_issues(job.issues_stored_as, limit=MAX_ERRORS))
    return {
        "id": job.pk,
        "state": "uploaded" if job.state == ImportState.CHECKING else job.state,
        "file_name": job.file_name,
        "total_rows": job.total_rows,
        "valid_rows": job.total_rows - job.refused_rows,
        "created_products": job.figures.get("created", 0),
        "changed_products": job.figures.get("changed", 0),
        "errors": [{"row": one.line, "column": one.column, "code": one.reason, "detail": one.detail} for one in issues],
        "message": job.message,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
