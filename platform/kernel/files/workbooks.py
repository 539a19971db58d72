"""Read small XLSX tables into memory: a team, a catalogue, a price list."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from kernel.core.errors import Invalid, TooLarge
from kernel.files.guard import ensure_harmless_workbook
from kernel.files.spreadsheets import unescape_cell


class UnreadableWorkbook(Invalid):
    code = "unreadable_file"
    title = _("The file cannot be read")


class WorkbookTooLarge(TooLarge):
    code = "file_too_large"
    title = _("The file is too large")


def read_sheet(path: Path, *, most_rows: int) -> list[tuple[int, list[str]]]:
    """Return the first sheet's non-empty rows as text, each with its row number.

    The heading does not count. Raises UnreadableWorkbook, HarmfulWorkbook, WorkbookTooLarge.
    """
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK\x03\x04"):
            raise UnreadableWorkbook(_("Save the table as XLSX first."), field="file")
    ensure_harmless_workbook(path)
    rows: list[tuple[int, list[str]]] = []
    for number, cells in _rows(path):
        if not any(cells):
            continue
        if len(rows) > most_rows:
            raise WorkbookTooLarge(_("A file may hold %(count)d rows at most.") % {"count": most_rows}, field="file")
        rows.append((number, cells))
    if not rows:
        raise UnreadableWorkbook(_("The first sheet is empty."), field="file")
    return rows


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            yield number, [_text(cell) for cell in row]
    except (CalamineError, IndexError) as error:
        raise UnreadableWorkbook(_("This is not a workbook with a sheet."), field="file") from error


def _text(value: Any) -> str:
    """Return a cell as text. Excel stores every number as a float: 13800000001.0 is a phone number.

    XLSX can contain a NUL (`_x0000_`), which Postgres cannot store; it is removed.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return unescape_cell(str(value).replace("\x00", "").strip()).strip()
