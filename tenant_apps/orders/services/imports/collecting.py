"""One pass over a file: orders with their sums, their lines, and what was refused."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from kernel.core.money import ZERO
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.lines import Line, LineReader, Refused
from tenant_apps.orders.services.imports.mapping import ChannelRules, ColumnMapping, map_columns
from tenant_apps.orders.services.imports.reading import BrokenRow, UnreadableFile, read_rows

PROGRESS_EVERY_BATCHES = 5

Progress = Callable[[int], None]


@dataclass(slots=True)
class CollectedOrder:
    """What the file says of one order number. `total` is the sum of the rounded lines."""

    is_return: bool
    placed_at: datetime
    customer: str
    total: Decimal = ZERO
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Collected:
    """The file as orders by number, in the order of their first lines."""

    orders: dict[str, CollectedOrder] = field(default_factory=dict)
    # SKU → how often each description stood on its lines
    names: dict[str, dict[str, int]] = field(default_factory=dict)

    def product_name(self, sku: str) -> str:
        """The most frequent description of the SKU, or the SKU."""
        names = self.names.get(sku)
        return max(names, key=names.__getitem__) if names else sku


@dataclass(frozen=True)
class Sources:
    """What a pass reads with: the file, the user's mapping, the channel's rules, the brand's zone."""

    path: Path
    wanted: Mapping[str, str]
    rules: ChannelRules
    brand_zone: str
    with_receivers: bool = False


class FileReader:
    """One pass over a file. `total_lines` counts what has been read so far, without the heading."""

    def __init__(self, sources: Sources, *, issues: IssueWriter, report: Progress = lambda _: None) -> None:
        """Read the heading. Raises UnmappedColumns, UnreadableFile, FileTooLarge, HarmfulWorkbook."""
        self._batches = read_rows(sources.path)
        self._issues = issues
        self._report = report
        self.total_lines = 0
        first = next(self._batches, [])
        if not first or isinstance(first[0][1], BrokenRow):
            raise UnreadableFile(field="file")
        heading = [str(cell).strip() for cell in first[0][1]]
        self.mapping = map_columns(heading, sources.wanted)
        self._judge = LineReader(mapping=self.mapping, rules=sources.rules, brand_zone=sources.brand_zone).judge()
        self._receivers = _receiver_positions(self.mapping) if sources.with_receivers else ()
        self._first = first[1:]

    def lines(self) -> Iterator[Line]:
        """The good lines; what is refused goes to the issues. Raises UnreadableFile, FileTooLarge."""
        judge = self._judge
        receivers = self._receivers
        write = self._issues.write
        for index, batch in enumerate(chain([self._first], self._batches)):
            for line_no, cells in batch:
                verdict = judge(line_no, cells)
                if isinstance(verdict, Refused):
                    write(line_no, verdict.reason, cells)
                elif receivers:
                    yield verdict._replace(cells=_picked(cells, receivers))
                else:
                    yield verdict
            self.total_lines += len(batch)
            if index % PROGRESS_EVERY_BATCHES == 0:
                self._report(self.total_lines)
        self._report(self.total_lines)


def collect(reader: FileReader) -> Collected:
    """All good lines of the file, by order."""
    collected = Collected()
    for line in reader.lines():
        _add(collected, line)
    return collected


def read_heading(path: Path) -> tuple[list[str], list[list[str]]]:
    """The heading and up to five rows, for the user to check the mapping by. Raises as `FileReader`."""
    batch = next(read_rows(path), [])
    rows = [[str(cell) for cell in cells] for _line, cells in batch[:6] if not isinstance(cells, BrokenRow)]
    if not rows:
        raise UnreadableFile(field="file")
    return rows[0], rows[1:]


def _receiver_positions(mapping: ColumnMapping) -> tuple[int | None, ...]:
    names = ("receiver_name", "receiver_phone", "receiver_address", "agent_code")
    return tuple(mapping.position(name) for name in names)


def _picked(cells: Any, positions: tuple[int | None, ...]) -> tuple[str, ...]:
    return tuple(
        str(cells[position]).strip() if position is not None and position < len(cells) else "" for position in positions
    )


def _add(collected: Collected, line: Line) -> None:
    order = collected.orders.get(line.order_number)
    if order is None:
        order = CollectedOrder(line.is_return, line.placed_at, line.customer)
        collected.orders[line.order_number] = order
    elif line.placed_at < order.placed_at:
        order.placed_at = line.placed_at
    if not order.customer:
        order.customer = line.customer
    order.lines.append(line)
    order.total += line.amount
    if line.name:
        names = collected.names.setdefault(line.sku, {})
        names[line.name] = names.get(line.name, 0) + 1
