"""Refuse harmful XLSX files: ZIP bombs, macros, XML entities, oversized sheets.

An XLSX is a ZIP of XML files. The sizes in a ZIP's directory can be forged, so the parts are unpacked as a stream and
counted. Cell addresses are checked too, since readers allocate the whole rectangle that they span.
"""

import re
import zipfile
import zlib
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid

MAX_PARTS = 2_000
MAX_PART_BYTES = 700_000_000
MAX_RATIO = 200
RATIO_COUNTS_FROM_BYTES = 20_000_000
MAX_COLUMN = 702  # ZZ
MAX_ROW = 1_048_576
MAX_CELLS = 30_000_000

_CHUNK_BYTES = 4_194_304
_MAX_TAIL_LENGTH = 8_388_608

# A row or a cell, whatever stands among its attributes. Every beginning must have an end, or something is being hidden.
_BEGINNING = re.compile(rb"<(?:[\w.-]+:)?(?:row|c)(?=[\s/>])")
_TAG = re.compile(rb"""<(?:[\w.-]+:)?(row|c)(?=[\s/>])((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
# As all the usual programs write them; a sheet of nothing else is read four times as fast.
_PLAIN = re.compile(rb"""<(?:row|c) r="([A-Z]{0,3})([0-9]{1,8})"(?: (?!r=)[\w:.]+="[^"<>]*+")*+ ?/?>""")
_PLACE = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']([^"']*)["']""")
_REFERENCE = re.compile(rb"([A-Za-z]{1,3})([0-9]{1,8})")


class HarmfulWorkbook(Invalid):
    code = "harmful_workbook"
    title = _("The workbook is not accepted")


def ensure_harmless_workbook(path: Path) -> None:
    """Raise HarmfulWorkbook, naming the broken rule, unless the workbook is safe to read."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            for part in parts:
                _ensure_harmless_part(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise HarmfulWorkbook(_("The workbook is damaged or encrypted."), field="file") from error


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.lower() for part in parts}
    if "[content_types].xml" not in names:
        raise HarmfulWorkbook(_("This ZIP file is not an XLSX workbook."), field="file")
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in names):
        raise HarmfulWorkbook(_("Workbooks with macros are refused. Save it as XLSX without macros."), field="file")
    if len(parts) > MAX_PARTS:
        raise HarmfulWorkbook(_("The workbook has too many parts."), field="file")
    if any(part.file_size > MAX_PART_BYTES for part in parts):
        raise _bomb()


def _bomb() -> HarmfulWorkbook:
    return HarmfulWorkbook(_("The workbook unpacks to more than any table needs."), field="file")


def _ensure_harmless_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Check every part, since the workbook itself declares which of them are sheets."""
    size = 0
    tail = b""
    extent = _Extent()
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            packed = max(part.compress_size, 1)
            if size > MAX_PART_BYTES or (size > RATIO_COUNTS_FROM_BYTES and size > packed * MAX_RATIO):
                raise _bomb()
            text = tail + chunk
            _refuse_words(text, part.filename)
            complete, tail = _cut(text)
            extent.read(complete)
    extent.read(tail)


def _refuse_words(text: bytes, part_name: str) -> None:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise HarmfulWorkbook(_("The workbook declares XML entities."), field="file")
    if b"macroEnabled" in text and part_name == "[Content_Types].xml":
        raise HarmfulWorkbook(_("Workbooks with macros are refused. Save it as XLSX without macros."), field="file")


def _cut(text: bytes) -> tuple[bytes, bytes]:
    """Split the text after its last complete tag; the rest belongs to the next chunk."""
    last = max(text.rfind(b"<"), 0)
    if len(text) - last > _MAX_TAIL_LENGTH:
        return text, b""  # no XML at all, such as a picture
    return text[:last], text[last:]


class _Extent:
    """The rectangle that a sheet's cells span, which readers allocate."""

    def __init__(self) -> None:
        self.row = self.column = self.lowest = self.widest = 0

    def read(self, text: bytes) -> None:
        beginnings = len(_BEGINNING.findall(text))
        plain = _PLAIN.findall(text)
        if len(plain) == beginnings:
            self._read_plain(plain)
        else:
            self._read_odd(_TAG.findall(text), beginnings)
        if self.lowest > MAX_ROW or self.widest > MAX_COLUMN or self.widest * self.lowest > MAX_CELLS:
            raise HarmfulWorkbook(_("The sheet is larger than any order list."), field="file")

    def _read_plain(self, places: list[tuple[bytes, bytes]]) -> None:
        if not places:
            return
        columns, rows = ({*found} for found in zip(*places, strict=True))
        self.widest = max(self.widest, *map(_column_number, columns))
        self.lowest = max(self.lowest, *map(int, rows))
        self.column = _column_number(places[-1][0])
        self.row = int(places[-1][1])

    def _read_odd(self, tags: list[tuple[bytes, bytes]], beginnings: int) -> None:
        if len(tags) != beginnings:
            raise HarmfulWorkbook(_("The workbook is damaged or encrypted."), field="file")
        for name, attributes in tags:
            places = _PLACE.findall(attributes)
            if name == b"row":
                self._to_row(places)
            else:
                self._to_cell(places)

    def _to_row(self, places: list[bytes]) -> None:
        self.column = 0
        self.row += 1
        for place in places:
            self.row = max(self.row, int(place)) if place.isdigit() and len(place) < 9 else MAX_ROW + 1
        self.lowest = max(self.lowest, self.row)

    def _to_cell(self, places: list[bytes]) -> None:
        self.column += 1
        for place in places:
            match = _REFERENCE.fullmatch(place)
            if match is None:
                raise HarmfulWorkbook(_("The sheet is larger than any order list."), field="file")
            self.column = _column_number(match[1])
            self.lowest = max(self.lowest, int(match[2]))
        self.widest = max(self.widest, self.column)


@cache
def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
