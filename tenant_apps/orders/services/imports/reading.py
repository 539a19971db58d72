"""Reading an uploaded table: CSV in UTF-8 or GB18030, plain or gzipped, and XLSX.

Whatever is wrong with one row is reported with that row's number and the others are read on. Whatever is wrong with the
file as a whole (not a table, macros, a ZIP bomb) is refused before any row is read.
"""

import codecs
import csv
import gzip
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from kernel.core.errors import Invalid, TooLarge
from kernel.files.guard import ensure_harmless_workbook

BATCH_SIZE = 2_000
MAX_ROWS = 1_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
# A quote that is never closed would swallow the rest of the file; no honest cell spans more lines than this.
MAX_CELL_LINES = 30

Row = list[Any]


class UnreadableFile(Invalid):
    code = "unreadable_file"
    title = _("The file cannot be read")


class FileTooLarge(TooLarge):
    code = "file_too_large"
    title = _("The file is too large")


@dataclass(frozen=True)
class BrokenRow:
    """A row that is no row: `reason` is an issue code, `text` what stood there."""

    reason: str
    text: str


Numbered = tuple[int, Row | BrokenRow]


def read_rows(path: Path) -> Iterator[list[Numbered]]:
    """Batches of (line number as the user's program shows it, cells or what is broken). The first row is the heading.

    Raises UnreadableFile, FileTooLarge.
    """
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"PK\x03\x04"):
        ensure_harmless_workbook(path)
        yield from _batched(_workbook_rows(path))
    elif magic.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        raise UnreadableFile(_("Save the table as CSV or XLSX first."), field="file")
    else:
        with gzip.open(path, "rb") if magic.startswith(b"\x1f\x8b") else path.open("rb") as stream:
            yield from _csv_batches(cast("IO[bytes]", stream))


def cell_text(value: Any) -> str:
    """A cell as text. Excel keeps every number as a float: 536365.0 is the id 536365."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _batched(rows: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    read = 0
    while batch := list(islice(rows, BATCH_SIZE)):
        read += len(batch)
        if read > MAX_ROWS:
            raise FileTooLarge(_("A file may hold %(count)d rows at most.") % {"count": MAX_ROWS}, field="file")
        yield batch


def _workbook_rows(path: Path) -> Iterator[Numbered]:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = workbook.get_sheet_by_index(0)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            yield number, [cell_text(cell) for cell in row]
    except (CalamineError, IndexError) as error:
        raise UnreadableFile(_("This is not a workbook with a sheet."), field="file") from error


def _csv_batches(stream: IO[bytes]) -> Iterator[list[Numbered]]:
    head = _read(stream)
    encoding = _encoding(head)
    lines = _decoded_lines(head, stream, encoding)
    first = next(lines, "")
    delimiter = max(",;\t|", key=first.count)
    records = _records(_chain(first, lines), delimiter)
    read = 0
    while batch := list(islice(records, BATCH_SIZE)):
        read += len(batch)
        if read > MAX_ROWS:
            raise FileTooLarge(_("A file may hold %(count)d rows at most.") % {"count": MAX_ROWS}, field="file")
        yield _parse_batch(batch, delimiter)


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _encoding(head: bytes) -> str:
    """UTF-8 with or without a byte order mark, else GB18030, which holds GBK and GB2312."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)  # the last character may be cut in two: that is no error here
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(1_048_576)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(_("The compressed file is damaged."), field="file") from error


def _decoded_lines(head: bytes, stream: IO[bytes], encoding: str) -> Iterator[str]:
    """Physical lines with their ends. A byte that fits no character becomes U+FFFD, and its row is reported."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    size = 0
    chunk = head
    while chunk:
        size += len(chunk)
        if size > MAX_UNPACKED_BYTES:
            raise FileTooLarge(_("The unpacked file is larger than 1 GB."), field="file")
        lines = (rest + decoder.decode(chunk)).split("\n")
        rest = lines.pop()
        yield from lines
        chunk = _read(stream)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, str]]:
    """Lines joined where a quoted cell spans several; an unclosed quote stays on its own line, to be reported."""
    pending: deque[str] = deque()
    number = 0
    while True:
        line = pending.popleft() if pending else next(lines, None)
        if line is None:
            return
        number += 1
        if line.count('"') % 2 == 0:
            yield number, line
            continue
        held = _held_together(line, pending, lines)
        if len(held) > 1 and _is_one_row("\n".join(held), delimiter):
            yield number, "\n".join(held)
            number += len(held) - 1
        else:
            yield number, line
            pending.extendleft(reversed(held[1:]))


def _held_together(line: str, pending: deque[str], lines: Iterator[str]) -> list[str]:
    """The line and those after it up to the one that closes its quote, or up to the longest honest cell."""
    held = [line]
    while len(held) < MAX_CELL_LINES:
        following = pending.popleft() if pending else next(lines, None)
        if following is None:
            break
        held.append(following)
        if following.count('"') % 2:
            break
    return held


def _is_one_row(text: str, delimiter: str) -> bool:
    try:
        return len(list(csv.reader([text], delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _parse_batch(batch: list[tuple[int, str]], delimiter: str) -> list[Numbered]:
    numbers = [number for number, _text in batch]
    texts = [text for _number, text in batch]
    try:
        rows: list[Row] = list(csv.reader(texts, delimiter=delimiter, strict=True))
    except csv.Error:
        return _parse_one_by_one(batch, delimiter)
    if len(rows) != len(texts):
        return _parse_one_by_one(batch, delimiter)
    if any("\0" in text or "\ufffd" in text for text in texts):
        return [_checked(number, text, row) for (number, text), row in zip(batch, rows, strict=True)]
    return list(zip(numbers, rows, strict=True))


def _checked(number: int, text: str, row: Row) -> Numbered:
    if "\0" in text:
        return number, BrokenRow("nul_character", text.replace("\0", "␀"))
    if "\ufffd" in text:
        return number, BrokenRow("undecodable", text)
    return number, row


def _parse_one_by_one(batch: Iterable[tuple[int, str]], delimiter: str) -> list[Numbered]:
    parsed: list[Numbered] = []
    for number, text in batch:
        try:
            rows = list(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            parsed.append((number, BrokenRow("broken_quotes", text.replace("\0", "␀"))))
        else:
            parsed.append(_checked(number, text, rows[0] if rows else []))
    return parsed
