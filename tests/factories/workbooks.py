"""Workbooks of products, and imports of them as a worker does them."""

import io
import zipfile
from typing import Any

import xlsxwriter
from django.core.files.base import ContentFile

from kernel.core import clock
from tenant_apps.catalog.models import CatalogImport
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.sheets import exporting, jobs, running

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


def checked(upload: Any, pictures: Any = None) -> CatalogImport:
    job = jobs.create_import(workbook=upload, pictures=pictures)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def imported(upload: Any, pictures: Any = None) -> CatalogImport:
    job = checked(upload, pictures)
    assert (job.state, job.errors) == ("checked", []), (job.message, job.errors)
    jobs.start_commit(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.state == "committed", (job.message, job.errors)
    return job


def issues(job: CatalogImport) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in job.errors]


CREAM: Cells = {"商品名称": "雪域面霜", "商家编码": "cream-50", "零售价": 139}


def exported() -> tuple[bytes, bytes]:
    """The workbook and the ZIP of everything."""
    found = []
    for answer in (
        exporting.export_products(products=list_products(), with_cost=True),
        exporting.export_pictures(products=list_products()),
    ):
        found.append(b"".join(answer))
        assert answer.file_to_stream is not None
        answer.file_to_stream.close()
    return found[0], found[1]
