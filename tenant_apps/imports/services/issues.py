"""Rows that were refused: noted by row and column, kept beside the upload, given back as a file to correct.

The list may be as long as the file, so it never becomes a table; the job's row holds the counts by code.
"""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final, NamedTuple

import orjson
from django.core.files.base import File
from django.utils.translation import gettext

from kernel.core.errors import Text
from kernel.files import storage as files
from kernel.files.spreadsheets import escape_cell
from tenant_apps.imports.services.reading.tables import BrokenRow, Numbered

MAX_DETAIL: Final = 500
MAX_CELL: Final = 32_767  # as many characters as a cell of a workbook holds
FOLDER: Final = "imports"


class Issue(NamedTuple):
    """One fault: row number as the user's program shows it, code, sentence, field (or ""), the row's cells."""

    line: int
    reason: str
    detail: str
    cells: list[str]
    column: str = ""


class IssueWriter:
    """Writes issues to a file, counts them by code and the rows they stand on."""

    def __init__(self, file: IO[bytes]) -> None:
        self.reasons: Counter[str] = Counter()
        self.lines: set[int] = set()
        self._bare: set[int] = set()
        self._last_line = 0
        self._is_in_order = True
        self._file = file

    @property
    def count(self) -> int:
        """The number of refused rows."""
        return len(self.lines)

    def write(
        self,
        line: int,
        reason: str,
        *,
        detail: Text = "",
        column: str = "",
        cells: Sequence[object] | BrokenRow | None = None,
    ) -> None:
        """Note a fault; a row may have several. Cells that are not at hand are read from the file in the end."""
        self.reasons[reason] += 1
        if line in self.lines:
            shown: list[str] = []
        elif cells is None:
            shown = []
            self._bare.add(line)
        else:
            shown = [cells.text] if isinstance(cells, BrokenRow) else [str(cell) for cell in cells]
        self.lines.add(line)
        self._is_in_order = self._is_in_order and line >= self._last_line
        self._last_line = line
        record = [line, reason, str(detail)[:MAX_DETAIL], [text[:MAX_CELL] for text in shown], column]
        self._file.write(orjson.dumps(record) + b"\n")

    def read_back(self, limit: int) -> list[Issue]:
        """Return the first `limit` issues by row, of a list that is not stored."""
        self._file.seek(0)
        found = sorted((Issue(*orjson.loads(line)) for line in self._file), key=lambda one: one.line)
        self._file.seek(0, io.SEEK_END)
        return found[:limit]

    def store(self, rows: Callable[[], Iterable[Numbered]]) -> str:
        """Keep the list among the brand's files in the order of the rows; "" when there are none.

        `rows` reads the file once more, for the cells that were not at hand.
        """
        if not self.lines:
            return ""
        self._file.seek(0)
        if self._is_in_order and not self._bare:
            return files.store(File(self._file), folder=FOLDER, suffix=".jsonl")
        records = [orjson.loads(line) for line in self._file]
        records.sort(key=lambda record: int(record[0]))
        with tempfile.TemporaryFile() as sorted_file:
            following = iter(rows()) if self._bare else iter(())
            line, cells = 0, []
            for record in records:
                if record[0] in self._bare:
                    while line < record[0] and (row := next(following, None)) is not None:
                        line, found = row
                        cells = [found.text] if isinstance(found, BrokenRow) else found
                    record[3] = cells if line == record[0] else []
                    self._bare.discard(record[0])
                sorted_file.write(orjson.dumps(record) + b"\n")
            sorted_file.seek(0)
            return files.store(File(sorted_file), folder=FOLDER, suffix=".jsonl")


@contextmanager
def issue_list() -> Iterator[IssueWriter]:
    """A list in a temporary file: what is not stored by the end of the block is gone."""
    with tempfile.TemporaryFile() as file:
        yield IssueWriter(file)


def read_issues(name: str, *, start: int = 0, limit: int | None = None) -> Iterator[tuple[int, Issue]]:
    """Issues of a stored list from byte `start` on, each with the byte position after it."""
    if not name:
        return
    with files.open_file(name) as stream:
        stream.seek(start)
        for read, line in enumerate(stream):
            if limit is not None and read >= limit:
                return
            start += len(line)
            yield start, Issue(*orjson.loads(line))


def write_error_file(name: str, headings: Sequence[str], labels: Mapping[str, Text]) -> Iterator[str]:
    """The refused rows as CSV in the file's own columns, with row number and faults in front, to correct and upload.

    `labels` are the words of columns. Cells that a spreadsheet program would run as a formula are escaped; the import
    takes that off again. Starts with a byte order mark, for Excel.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([escape_cell(text) for text in [gettext("line"), gettext("reason"), *headings]])
    width = len(headings)
    for line, cells, faults in _by_row(name, labels):
        padded = [*cells, *[""] * (width - len(cells))]
        writer.writerow([line, escape_cell("; ".join(faults)), *map(escape_cell, padded)])
        if buffer.tell() > 65_536:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _by_row(name: str, labels: Mapping[str, Text]) -> Iterator[tuple[int, list[str], list[str]]]:
    line = 0
    cells: list[str] = []
    faults: list[str] = []
    for _position, issue in read_issues(name):
        if issue.line != line:
            if faults:
                yield line, cells, faults
            line = issue.line
            cells = []
            faults = []
        cells = cells or issue.cells
        column = labels.get(issue.column, issue.column)
        faults.append(f"{column}: {issue.detail}" if column else issue.detail)
    if faults:
        yield line, cells, faults
