"""Workbooks of products, and imports of them as a worker does them."""

import io
import zipfile
from pathlib import Path
from typing import Any

import xlsxwriter
from django.core.files.base import ContentFile

from kernel.core import clock
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.sheets import exporting
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.services.reading.tables import BrokenRow, read_batches

Cells = dict[str, Any]


def workbook(*rows: Cells, headings: list[str] | None = None) -> ContentFile[bytes]:
    """A workbook with the headings of the rows."""
    names = headings or list(dict.fromkeys(name for row in rows for name in row))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for place, name in enumerate(names):
                sheet.write(number, place, row.get(name, ""))
    return ContentFile(out.getvalue(), name="products.xlsx")


def archive(**pictures: bytes) -> ContentFile[bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in pictures.items():
            made.writestr(f"图片/{name}.jpg", data)
    return ContentFile(out.getvalue(), name="pictures.zip")


def checked(upload: Any, pictures: Any = None) -> ImportJob:
    job = jobs.create_import(new=jobs.NewImport(kind="products", upload=upload, attachment=pictures))
    return worked(jobs.start_check(job_id=job.pk))


def worked(job: ImportJob) -> ImportJob:
    """The job after a worker took its next step."""
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def committed(job: ImportJob) -> ImportJob:
    """The job after its commit, which may have failed."""
    return worked(jobs.start_commit(job_id=job.pk))


def imported(upload: Any, pictures: Any = None) -> ImportJob:
    job = checked(upload, pictures)
    assert (job.state, issues(job)) == ("checked", []), job.message
    job = committed(job)
    assert (job.state, issues(job)) == ("committed", []), job.message
    return job


def issues(job: ImportJob) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.reason) for _position, one in read_issues(job.issues_stored_as)]


CREAM: Cells = {"商品名称": "雪域面霜", "商家编码": "cream-50", "零售价": 139}


def rows_of(path: Path) -> list[list[str]]:
    """The cells of a table's rows, the heading first."""
    return [cells for batch in read_batches(path) for _line, cells in batch if not isinstance(cells, BrokenRow)]


def exported() -> tuple[bytes, bytes]:
    """The workbook and the ZIP of everything."""
    products = list_products()
    with exporting.export_products(products=products, with_cost=True) as book:
        rows = book.read()
    with exporting.export_pictures(products=products) as pictures:
        return rows, pictures.read()
