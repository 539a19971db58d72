"""Export orders as a streamed CSV or an XLSX in constant memory. Cells are guarded against formula injection."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, Final

import xlsxwriter

from kernel.core import clock
from kernel.files.spreadsheets import escape_cell
from tenant_apps.orders.models.order_export import COLUMNS, read_export_rows

logger = logging.getLogger(__name__)

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK_SIZE: Final = 65_536


@dataclass(frozen=True, slots=True)
class OrderFile:
    """An open workbook, or the lazily produced lines of a CSV."""

    name: str
    content_type: str
    content: IO[bytes] | Iterable[str]


def export_orders(*, filters: Mapping[str, Any], form: str) -> OrderFile:
    """Write the orders that match `filters`, one row per line, as `csv` or `xlsx`. The columns can be imported again.

    Times are in the brand's zone. The export goes to the process log, not the audit log, since a read-only brand may
    export too.
    """
    logger.info("orders exported", extra={"export_format": form, "export_filters": _noted(filters)})
    rows = (_cells(row) for row in read_export_rows(filters))
    name = f"orders-{clock.business_date(clock.now()):%Y%m%d}.{form}"
    if form == "xlsx":
        return OrderFile(name, XLSX_TYPE, _workbook(rows))
    return OrderFile(name, "text/csv; charset=utf-8", _csv(rows))


def _noted(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: len(value) if key == "ids" else str(value) for key, value in filters.items()}


def _cells(row: tuple[object, ...]) -> list[object]:
    zone = clock.brand_zone()
    return [
        value.astimezone(zone).isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else value
        for value in row
    ]


def _csv(rows: Iterable[list[object]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # without it Excel takes UTF-8 for the machine's own encoding
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([escape_cell(value) for value in row])
        if buffer.tell() > CHUNK_SIZE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _workbook(rows: Iterable[list[object]]) -> io.BytesIO:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("orders")
        sheet.write_row(0, 0, list(COLUMNS))
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, Decimal | int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, escape_cell(value))
    file.seek(0)
    return file
