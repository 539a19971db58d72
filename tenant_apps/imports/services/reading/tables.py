"""Rows of an uploaded table: CSV in UTF-8, UTF-16 or GB18030, plain or gzipped, and XLSX.

A fault in one row is reported with that row's number and the others are read on. A fault of the file as a whole (no
table, macros, a ZIP bomb) is refused before any row is read.
"""

import codecs
import csv
import gzip
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final, cast

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from kernel.core.errors import Invalid, TooLarge
from kernel.files.guard import ensure_harmless_workbook

BATCH_SIZE: Final = 2_000
MAX_ROWS: Final = 1_000_000
MAX_UNPACKED_BYTES: Final = 1_000_000_000
# A quote that is never closed would swallow the rest of the file; no honest cell spans more lines than this.
MAX_CELL_LINES: Final = 30
LINES_TO_LOOK_AT: Final = 20
DELIMITERS: Final = ",;\t|"

Row = list[str]


class UnreadableFile(Invalid):
    code = "unreadable_file"
    title = _("The file cannot be read")


class FileTooLarge(TooLarge):
    code = "file_too_large"
    title = _("The file is too large")


@dataclass(frozen=True)
class BrokenRow:
    """A row that is no row: `reason` is an issue code, `text` its characters.

    `cells` are a guess that may tell which document the row belongs to, and nothing else.
    """

    reason: str
    text: str
    cells: tuple[str, ...] = field(default=(), compare=False)


Numbered = tuple[int, Row | BrokenRow]


def read_batches(path: Path, *, max_rows: int = MAX_ROWS) -> Iterator[list[Numbered]]:
    """Batches of (line number as the user's program shows it, cells or the broken row).

    Raises UnreadableFile, FileTooLarge, HarmfulWorkbook.
    """
    read = 0
    for batch in _batches(path):
        read += len(batch)
        if read > max_rows + LINES_TO_LOOK_AT:
            raise FileTooLarge(_("A file may hold %(count)d rows at most.") % {"count": max_rows}, field="file")
        yield batch


def _batches(path: Path) -> Iterator[list[Numbered]]:
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
    """A workbook's cell as text. Excel keeps every number as a float: 536365.0 is the id 536365.

    Numbers have the 15 digits that the programs show, without an exponent. From 10^15 on they are written as a float's
    text, so that identifiers refuse them: the digits that were typed are lost.
    """
    if isinstance(value, str):
        return value.replace("\x00", "")  # XLSX can write a NUL (`_x0000_`), which no column of text can hold
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        number = float(value)
        if abs(number) >= 1e15:
            return repr(number)
        return str(int(number)) if number.is_integer() else f"{Decimal(f'{number:.15g}'):f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _batched(rows: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    while batch := list(islice(rows, BATCH_SIZE)):
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
    lines = _decoded_lines(head, stream, _encoding(head))
    first_lines = list(islice(lines, LINES_TO_LOOK_AT))
    delimiter = _delimiter(first_lines)
    records = _records(chain(first_lines, lines), delimiter)
    while batch := list(islice(records, BATCH_SIZE)):
        yield _parse_batch(batch, delimiter)


def _delimiter(lines: list[str]) -> str:
    """The mark that stands equally often on the most lines; text that holds commas holds them unevenly."""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        mark = lines.pop(0).strip()[4]  # Excel's own way of saying so
        lines.insert(0, "")
        return mark if mark in DELIMITERS else ","

    def evenness(mark: str) -> tuple[int, int]:
        counts = Counter(count for line in lines if (count := line.count(mark)))
        if not counts:
            return 0, 0
        count, lines_with_it = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
        return lines_with_it, count

    return max(DELIMITERS, key=evenness)


def _encoding(head: bytes) -> str:
    """UTF-8 or UTF-16 with or without a byte order mark, else GB18030, which holds GBK and GB2312."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:4_096]
    # Without a mark, delimiters and line ends of UTF-16 show as every other byte being NUL.
    if sample and sample.count(0) * 4 > len(sample):
        return "utf-16-be" if sample[::2].count(0) > sample[1::2].count(0) else "utf-16-le"
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
    only_returns = b"\n" not in head and b"\r" in head  # line ends of old programs on the Mac
    rest = ""
    size = 0
    chunk = head
    while chunk:
        size += len(chunk)
        if size > MAX_UNPACKED_BYTES:
            raise FileTooLarge(_("The unpacked file is larger than 1 GB."), field="file")
        text = rest + decoder.decode(chunk)
        lines = (text.replace("\r", "\n") if only_returns else text).split("\n")
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
        return number, BrokenRow("nul_character", text.replace("\0", "␀"), tuple(row))
    if "\ufffd" in text:
        return number, BrokenRow("undecodable", text, tuple(row))
    return number, row


def _parse_one_by_one(batch: Iterable[tuple[int, str]], delimiter: str) -> list[Numbered]:
    parsed: list[Numbered] = []
    for number, text in batch:
        try:
            rows = list(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            shown = text.replace("\0", "␀")
            parsed.append((number, BrokenRow("broken_quotes", shown, tuple(text.replace('"', "").split(delimiter)))))
        else:
            parsed.append(_checked(number, text, rows[0] if rows else []))
    return parsed
