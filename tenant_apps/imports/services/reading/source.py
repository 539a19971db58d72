"""One uploaded file: heading, data rows, and the rows around them that are no data."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from tenant_apps.imports.services.reading.cells import clean_identifier
from tenant_apps.imports.services.reading.columns import (
    AS_USUAL,
    Column,
    ColumnMapping,
    Match,
    count_known,
    fold_heading,
    match_columns,
)
from tenant_apps.imports.services.reading.tables import (
    LINES_TO_LOOK_AT,
    MAX_ROWS,
    BrokenRow,
    Numbered,
    Row,
    UnreadableFile,
    read_batches,
)

PROGRESS_EVERY_BATCHES: Final = 5
MAX_REMEMBERED: Final = 50_000
TOTAL_WORDS: Final = frozenset(
    {
        "合计",
        "总计",
        "小计",
        "共计",
        "汇总",
        "本页合计",
        "total",
        "totals",
        "sum",
        "subtotal",
        "grandtotal",
        "说明",
        "备注",
    }
)


class Source:
    """A pass over a file. `total_rows` counts the data rows read so far, `skipped_rows` those that are no data.

    Raises UnreadableFile, FileTooLarge, HarmfulWorkbook.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[Column],
        *,
        wanted: ColumnMapping = AS_USUAL,
        channel: str = "",
        max_rows: int = MAX_ROWS,
        skip_blank_rows: bool = True,
    ) -> None:
        """Find and read the heading: the row among the first twenty with the most known headings."""
        self._batches = read_batches(path, max_rows=max_rows)
        first = next(self._batches, [])
        candidates = [
            (place, cells)
            for place, (_line, cells) in enumerate(first[:LINES_TO_LOOK_AT])
            if not isinstance(cells, BrokenRow) and any(cells)
        ]
        if not candidates or isinstance(first[0][1], BrokenRow):
            raise UnreadableFile(_("The table is empty."), field="file")
        place, heading = max(
            candidates, key=lambda one: (count_known(one[1], columns, wanted=wanted, channel=channel), -one[0])
        )
        self.raw_heading = [str(cell) for cell in heading]
        self.heading_line = first[place][0]
        self.match: Match = match_columns(heading, columns, wanted=wanted, channel=channel)
        self.total_rows = 0
        self.skipped_rows = sum(1 for candidate, _cells in candidates if candidate < place)
        self._first = first[place + 1 :]
        self._required = [self.match.position(column.name) for column in columns if column.required]
        self._skip_blank_rows = skip_blank_rows
        self._suspects = _Suspects(heading[0])

    def batches(self, report: Callable[[int], None] | None = None) -> Iterator[list[Numbered]]:
        """The data rows in batches, once; `report` is told now and then how many were read."""
        suspects = self._suspects
        is_data = self._is_data
        for index, batch in enumerate(chain([self._first], self._batches)):
            # Nearly all rows begin with a cell that is no suspect: they cost a look-up and no call.
            kept = [
                row
                for row in batch
                if row[1].__class__ is not list or (row[1] and not suspects[row[1][0]]) or is_data(row[1])
            ]
            self.skipped_rows += len(batch) - len(kept)
            self.total_rows += len(kept)
            if kept:
                yield kept
            if report and index % PROGRESS_EVERY_BATCHES == 0:
                report(self.total_rows)
        if report:
            report(self.total_rows)

    def _is_data(self, cells: Row) -> bool:
        """Neither blank, nor the heading again, nor a total below the table."""
        leading = next((cell for cell in cells if cell.strip()), "")
        if not leading:
            return not self._skip_blank_rows
        if cells == self.raw_heading:
            return False
        if fold_heading(leading.partition("：")[0].partition(":")[0]) not in TOTAL_WORDS:
            return True
        return all(place is None or _cell(cells, place) for place in self._required)


class _Suspects(dict[str, bool]):
    """First cells after which a row may be no data: blank, the heading's, a total's word. Each is looked at once."""

    def __init__(self, heading: str) -> None:
        super().__init__({"": True, heading: True})

    def __missing__(self, cell: str) -> bool:
        found = not cell.strip() or fold_heading(cell[:40].partition("：")[0].partition(":")[0]) in TOTAL_WORDS
        if len(self) < MAX_REMEMBERED:
            self[cell] = found
        return found


def _cell(cells: Sequence[str], place: int) -> str:
    """The cell's text; a total's own word counts as nothing."""
    text = clean_identifier(cells[place]) if place < len(cells) else ""
    return "" if fold_heading(text.partition(":")[0]) in TOTAL_WORDS else text
