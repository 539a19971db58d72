"""Write tables as streamed CSV or as XLSX in constant memory. Cells are guarded against formula injection."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Final, Literal

import xlsxwriter

from kernel.core import clock
from kernel.files.spreadsheets import escape_cell

Form = Literal["csv", "xlsx"]
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHUNK_SIZE: Final = 65_536
_XLSX_ROWS: Final = 1_048_576
_TYPES: Final[dict[Form, str]] = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX_TYPE}


@dataclass(frozen=True, slots=True)
class TableFile:
    """An open workbook, or the lazily produced lines of a CSV."""

    name: str
    content_type: str
    content: IO[bytes] | Iterable[str]


def write_table(*, name: str, form: Form, heading: Iterable[str], rows: Iterable[Sequence[object]]) -> TableFile:
    """Write `<name>-<business date>.<form>`. Times are in the brand's zone; numbers stay numbers in a workbook."""
    titles = list(heading)
    cells = (_cells(row) for row in rows)
    content = _workbook(name, titles, cells) if form == "xlsx" else _csv(titles, cells)
    return TableFile(f"{name}-{clock.business_date(clock.now()):%Y%m%d}.{form}", _TYPES[form], content)


def _cells(row: Sequence[object]) -> list[object]:
    zone = clock.brand_zone()
    return [
        value.astimezone(zone).isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else value
        for value in row
    ]


def _csv(heading: Sequence[str], rows: Iterable[list[object]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # without it Excel takes UTF-8 for the machine's own encoding
    writer.writerow(heading)
    for row in rows:
        writer.writerow([escape_cell(value) for value in row])
        if buffer.tell() > _CHUNK_SIZE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _workbook(name: str, heading: Sequence[str], rows: Iterable[list[object]]) -> IO[bytes]:
    """Write a sheet; rows beyond what a sheet holds go on in another one."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = _begin_sheet(book, name, heading)
        place = 1
        for row in rows:
            if place == _XLSX_ROWS:
                sheet, place = _begin_sheet(book, name, heading), 1
            for column, value in enumerate(row):
                if isinstance(value, Decimal | int) and not isinstance(value, bool):
                    sheet.write_number(place, column, value)
                else:
                    sheet.write_string(place, column, escape_cell(value))
            place += 1
    file.seek(0)
    return file


def _begin_sheet(book: "xlsxwriter.Workbook", name: str, heading: Sequence[str]) -> "xlsxwriter.worksheet.Worksheet":
    count = len(book.worksheets())
    sheet = book.add_worksheet(f"{name[:25]} {count + 1}" if count else name[:31])
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, heading)
    return sheet
