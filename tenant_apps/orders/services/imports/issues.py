"""The list of lines that were not imported: one JSON object a line, in a file beside the upload.

The list may be as long as the file, so it never becomes a table; the job's row holds the counts by reason.
"""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import orjson
from django.core.files.base import File
from django.http import StreamingHttpResponse
from django.utils.translation import gettext

from kernel.files import storage as files
from kernel.files.spreadsheets import escape_cell
from tenant_apps.orders.models import ImportJob
from tenant_apps.orders.models.imports import ImportReason
from tenant_apps.orders.services.imports.reading import BrokenRow

MAX_TEXT_LENGTH = 500


class Issue(NamedTuple):
    """One line of the file, why it is not imported, and what stood there."""

    line: int
    reason: str
    detail: str
    cells: list[str]


class IssueWriter:
    """Writes issues to a file and counts them by reason."""

    def __init__(self, file: IO[bytes]) -> None:
        self.reasons: Counter[str] = Counter()
        self._file = file

    @property
    def count(self) -> int:
        """How many lines were refused."""
        return self.reasons.total()

    def write(self, line: int, reason: str, cells: Sequence[Any] | BrokenRow, detail: str = "") -> None:
        """Note a refused line."""
        self.reasons[reason] += 1
        shown = [cells.text] if isinstance(cells, BrokenRow) else [str(cell) for cell in cells]
        record = [line, reason, detail[:MAX_TEXT_LENGTH], [text[:MAX_TEXT_LENGTH] for text in shown[:40]]]
        self._file.write(orjson.dumps(record) + b"\n")

    def store(self) -> str:
        """Keep the list among the brand's files; returns the name to store in the job, empty when there are none."""
        if not self.count:
            return ""
        self._file.seek(0)
        return files.store(File(self._file), folder="imports", suffix=".jsonl")


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


def issues_as_csv(name: str, headings: Sequence[str]) -> Iterator[str]:
    """The list as CSV in the file's own columns with line number and reason in front, to correct and upload again.

    Cells that a spreadsheet would run as a formula are escaped. Starts with a byte order mark, for Excel.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([escape_cell(text) for text in headings])
    for _position, issue in read_issues(name):
        reason = ImportReason(issue.reason).label if issue.reason in ImportReason.values else issue.reason
        explained = f"{reason}: {issue.detail}" if issue.detail else str(reason)
        writer.writerow([issue.line, escape_cell(explained), *map(escape_cell, issue.cells)])
        if buffer.tell() > 65_536:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def issues_response(job: ImportJob, headings: Sequence[str]) -> StreamingHttpResponse:
    """The list as a download, for the API and the console. `headings` is the first row of the job's file."""
    response = StreamingHttpResponse(
        issues_as_csv(job.issues_stored_as, [gettext("line"), gettext("reason"), *headings]),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-issues.csv"'
    return response
