"""One pass over a file: orders with their sums, their lines, and what was refused."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from kernel.money import ZERO
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.lines import Line, LineJudge, Refused
from tenant_apps.orders.services.imports.mapping import ChannelRules, ColumnMapping, map_columns
from tenant_apps.orders.services.imports.reading import BrokenRow, UnreadableFile, read_rows

PROGRESS_EVERY_BATCHES = 5

Progress = Callable[[int], None]


class CollectedLine(NamedTuple):
    """A good line and where it stood in the file."""

    line_no: int
    sku: str
    name: str
    quantity: int  # negative on a return
    unit_price: Decimal
    amount: Decimal  # negative on a return
    cells: tuple[str, ...]  # receiver and agent, only for new orders


@dataclass(slots=True)
class CollectedOrder:
    """What the file says of one order number. `total` is the sum of the rounded lines."""

    is_return: bool
    placed_at: datetime
    customer: str
    total: Decimal = ZERO
    lines: list[CollectedLine] = field(default_factory=list)


@dataclass(slots=True)
class Collected:
    """The file as orders by number, in the order of their first lines."""

    mapping: ColumnMapping
    orders: dict[str, CollectedOrder] = field(default_factory=dict)
    # SKU → how often each description stood on its lines
    names: dict[str, Counter[str]] = field(default_factory=dict)
    total_lines: int = 0

    def product_name(self, sku: str) -> str:
        """The most frequent description of the SKU, or the SKU."""
        names = self.names.get(sku)
        return names.most_common(1)[0][0] if names else sku


@dataclass(frozen=True)
class Sources:
    """What a pass reads with: the file, the user's mapping, the channel's rules, the brand's zone."""

    path: Path
    wanted: Mapping[str, str]
    rules: ChannelRules
    brand_zone: str
    with_receivers: bool = False


def collect(sources: Sources, *, issues: IssueWriter, report: Progress) -> Collected:
    """Read and judge the whole file. What is refused goes to `issues`.

    Raises UnmappedColumns, UnreadableFile, FileTooLarge, HarmfulWorkbook.
    """
    batches = read_rows(sources.path)
    collected, judge, rest = _begin(batches, sources)
    receivers = _receiver_positions(collected.mapping) if sources.with_receivers else ()
    for index, batch in enumerate(_with_first(rest, batches)):
        for line_no, cells in batch:
            verdict = judge.judge(cells)
            if isinstance(verdict, Refused):
                issues.write(line_no, verdict.reason, cells)
            else:
                _add(collected, line_no, verdict, _picked(cells, receivers))
        collected.total_lines += len(batch)
        if index % PROGRESS_EVERY_BATCHES == 0:
            report(collected.total_lines)
    report(collected.total_lines)
    return collected


def read_heading(path: Path) -> tuple[list[str], list[list[str]]]:
    """The heading and up to five rows, for the user to check the mapping by. Raises as `collect`."""
    batch = next(read_rows(path), [])
    rows = [[str(cell) for cell in cells] for _line, cells in batch[:6] if not isinstance(cells, BrokenRow)]
    if not rows:
        raise UnreadableFile(field="file")
    return rows[0], rows[1:]


def _begin(batches: Iterator[list[Any]], sources: Sources) -> tuple[Collected, LineJudge, list[Any]]:
    first = next(batches, [])
    if not first or isinstance(first[0][1], BrokenRow):
        raise UnreadableFile(field="file")
    heading = [str(cell).strip() for cell in first[0][1]]
    mapping = map_columns(heading, sources.wanted)
    judge = LineJudge(mapping=mapping, rules=sources.rules, brand_zone=sources.brand_zone)
    return Collected(mapping=mapping), judge, first[1:]


def _with_first(first: list[Any], batches: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield first
    yield from batches


def _receiver_positions(mapping: ColumnMapping) -> tuple[int | None, ...]:
    names = ("receiver_name", "receiver_phone", "receiver_address", "agent_code")
    return tuple(mapping.position(name) for name in names)


def _picked(cells: Any, positions: tuple[int | None, ...]) -> tuple[str, ...]:
    return tuple(
        str(cells[position]).strip() if position is not None and position < len(cells) else "" for position in positions
    )


def _add(collected: Collected, line_no: int, line: Line, cells: tuple[str, ...]) -> None:
    order = collected.orders.get(line.order_number)
    if order is None:
        order = CollectedOrder(line.is_return, line.placed_at, line.customer)
        collected.orders[line.order_number] = order
    elif line.placed_at < order.placed_at:
        order.placed_at = line.placed_at
    if not order.customer and line.customer:
        order.customer = line.customer
    quantity, amount = line.quantity, line.amount
    if line.is_return:
        quantity, amount = -quantity, -amount
    order.total += amount
    order.lines.append(CollectedLine(line_no, line.sku, line.name, quantity, line.unit_price, amount, cells))
    if line.name:
        names = collected.names.get(line.sku)
        if names is None:
            names = collected.names[line.sku] = Counter()
        names[line.name] += 1
