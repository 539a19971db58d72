"""What an XLSX must not be: a ZIP bomb, a carrier of macros, a nest of XML entities, a sheet as wide as the sky.

An XLSX is a ZIP of XML files. The sizes written in a ZIP's directory can lie, so the parts are unpacked in a stream and
counted; the sheet's cells are looked at on the way, since a reader allocates the whole rectangle that they span.
"""

import re
import zipfile
import zlib
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from kernel.errors import Invalid

MAXIMUM_PARTS = 2_000
MAXIMUM_PART_BYTES = 700_000_000
MAXIMUM_RATIO = 200
RATIO_COUNTS_FROM_BYTES = 20_000_000
MAXIMUM_COLUMNS_LETTERS = 2  # up to column ZZ, the 702nd
MAXIMUM_ROW = 1_048_576
MAXIMUM_CELLS = 30_000_000

_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]+)([0-9]+)"')
_CHUNK = 4_194_304
_OVERLAP = 256


class HarmfulWorkbook(Invalid):
    code, title = "harmful_workbook", _("The workbook is not accepted")


def ensure_harmless_workbook(path: Path) -> None:
    """Return when the workbook may be read. Raises HarmfulWorkbook saying which rule it breaks."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive, part, is_sheet=part.filename.startswith("xl/worksheets/"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise HarmfulWorkbook(_("The workbook is damaged or encrypted."), field="file") from error


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.lower() for part in parts}
    if "[content_types].xml" not in names:
        raise HarmfulWorkbook(_("This ZIP file is not an XLSX workbook."), field="file")
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in names):
        raise HarmfulWorkbook(_("Workbooks with macros are refused. Save it as XLSX without macros."), field="file")
    if len(parts) > MAXIMUM_PARTS:
        raise HarmfulWorkbook(_("The workbook has too many parts."), field="file")
    if any(part.file_size > MAXIMUM_PART_BYTES for part in parts):
        raise _bomb()


def _bomb() -> HarmfulWorkbook:
    return HarmfulWorkbook(_("The workbook unpacks to more than any table needs."), field="file")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, is_sheet: bool) -> None:
    size, tail, widest, lowest = 0, b"", 1, 1
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            packed = max(part.compress_size, 1)
            if size > MAXIMUM_PART_BYTES or (size > RATIO_COUNTS_FROM_BYTES and size > packed * MAXIMUM_RATIO):
                raise _bomb()
            text = tail + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise HarmfulWorkbook(_("The workbook declares XML entities."), field="file")
            if b"macroEnabled" in text and part.filename == "[Content_Types].xml":
                raise HarmfulWorkbook(
                    _("Workbooks with macros are refused. Save it as XLSX without macros."), field="file"
                )
            if is_sheet:
                widest, lowest = _extent(text, widest, lowest)
                if widest * lowest > MAXIMUM_CELLS:
                    raise HarmfulWorkbook(_("The sheet is larger than any order list."), field="file")
            tail = text[-_OVERLAP:]


def _extent(text: bytes, widest: int, lowest: int) -> tuple[int, int]:
    """The widest column and the lowest row so far. Cells stand in order, so the last of a chunk is its lowest."""
    last = None
    for last in _CELL.finditer(text):
        letters = last.group(1)
        if len(letters) > 1:
            if len(letters) > MAXIMUM_COLUMNS_LETTERS:
                raise HarmfulWorkbook(_("The sheet is larger than any order list."), field="file")
            widest = max(widest, (letters[0] - 64) * 26 + letters[1] - 64)
        else:
            widest = max(widest, letters[0] - 64)
        lowest = max(lowest, int(last.group(2)))
    if lowest > MAXIMUM_ROW:
        raise HarmfulWorkbook(_("The sheet is larger than any order list."), field="file")
    return widest, lowest
