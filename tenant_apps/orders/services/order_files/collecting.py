"""Collect the lines of a file into complete orders."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from kernel.core.money import ZERO
from tenant_apps.imports.services.importer import Run
from tenant_apps.imports.services.reading.source import Source
from tenant_apps.orders.services.order_files.columns import rules_from
from tenant_apps.orders.services.order_files.facts import NO_FACTS, OrderFacts
from tenant_apps.orders.services.order_files.lines import NO_SALES, REASONS, Line, LineReader, Refused


@dataclass(slots=True)
class CollectedOrder:
    """All lines of an order number. `total` is the sum of the rounded lines, `placed_at` the earliest time."""

    is_return: bool
    placed_at: datetime
    customer: str
    total: Decimal = ZERO
    lines: list[Line] = field(default_factory=list)
    facts: OrderFacts = NO_FACTS


@dataclass(slots=True)
class Collected:
    """Orders of the file by number, in the order of their first lines.

    `dropped`: number → (code, column) of refused orders, of which some lines may be valid.
    """

    orders: dict[str, CollectedOrder] = field(default_factory=dict)
    # SKU → how often each description stood on its lines
    names: dict[str, dict[str, int]] = field(default_factory=dict)
    dropped: dict[str, tuple[str, str]] = field(default_factory=dict)

    def product_name(self, sku: str) -> str:
        """Return the most frequent description of the SKU, or the SKU."""
        names = self.names.get(sku)
        return max(names, key=names.__getitem__) if names else sku

    def drop(self, run: Run, number: str, reason: str, column: str = "") -> None:
        """Refuse an order and report each of its lines."""
        self.dropped[number] = (reason, column)
        for line in self.orders.pop(number).lines:
            run.refuse(line.line_no, reason, REASONS[reason], column=column)


def read_lines(run: Run, source: Source, *, heartbeat: Callable[[int], None] | None) -> Iterator[Line | Refused]:
    """Yield valid and refused lines; faults of the latter go to the issues.

    `heartbeat` is None in a thread, which must not use the database.
    """
    rules = rules_from(run.job.options)
    judge = LineReader(match=source.match, rules=rules, zone=run.zone).judge()
    write = run.issues.write
    for batch in source.batches(heartbeat):
        for line_no, cells in batch:
            verdict = judge(line_no, cells)
            if verdict.__class__ is Refused:
                for reason, column in verdict.faults:
                    write(line_no, reason, detail=REASONS[reason], column=column, cells=cells)
            yield verdict


def collect(rows: Iterable[Line | Refused], run: Run) -> Collected:
    """Group lines into orders. An order with a refused line is dropped as a whole."""
    collected = Collected()
    spoilt: set[str] = set()
    previous = ""
    for line in rows:
        if isinstance(line, Refused):
            if not NO_SALES.issuperset(reason for reason, _column in line.faults):
                # A line that does not say its order may belong to the one above.
                spoilt.add(line.order_number or previous)
        else:
            previous = line.order_number
            _add(collected, line)
    for number in spoilt:
        if number in collected.orders:
            collected.drop(run, number, "order_incomplete")
    return collected


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
