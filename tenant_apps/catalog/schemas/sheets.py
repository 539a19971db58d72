"""Imports of products over the wire."""

from datetime import datetime

from ninja import Schema

from tenant_apps.catalog.models import CatalogImport


class CellIssueOut(Schema):
    """What is wrong with one cell."""

    row: int
    column: str
    code: str
    detail: str


class CatalogImportOut(Schema):
    """An import. While it is `uploaded` or `committing` a worker is at it; poll it once a second."""

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


def import_row(job: CatalogImport) -> dict[str, object]:
    """The import as `CatalogImportOut`, ready to be rendered."""
    return {
        "id": job.pk,
        "state": job.state,
        "file_name": job.file_name,
        "total_rows": job.total_rows,
        "valid_rows": job.valid_rows,
        "created_products": job.created_products,
        "changed_products": job.changed_products,
        "errors": job.errors,
        "message": job.message,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
