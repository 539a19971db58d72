"""Report what stock is worth, how fast it turns, how old it is, and what does not move.

Everything is added up from the movements, which are never changed; so any day of the past can be asked for. The value
is the moving-average cost that each movement took or brought. The age of goods is counted first in, first out over what
arrived (receipts, opening stock, goods found): the pieces on hand are those that came last. Goods that a buyer sent
back are as old as those that had gone. Inside one warehouse a transfer is an arrival, over all of them it is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

from django.db import connection

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.inventory.states import StockBy

MAX_ROWS: Final = 100_000
AGES: Final = (30, 60, 90, 180)
"""Upper ends, in days, of the classes of age; the last class is older."""

_BY: Final[Mapping[StockBy, tuple[str, str, str]]] = {
    StockBy.SKU: ("moved.variant_id", "trim(product.name || ' ' || variant.name)", "variant.sku"),
    StockBy.CATEGORY: ("coalesce(product.category_id, 0)", "coalesce(category.name, '')", "''"),
    StockBy.WAREHOUSE: ("moved.place", "coalesce(warehouse.name, '')", "coalesce(warehouse.code, '')"),
}
_WHERE: Final[Mapping[str, str]] = {
    "warehouse_id": "AND m.warehouse_id = %(warehouse_id)s",
    "category_id": """AND m.variant_id IN (
        SELECT v.id FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
        WHERE p.category_id = %(category_id)s)""",
}
# Goods on hand of which nothing was shipped in the last days, nor came for the first time.
_IDLE: Final = """
    AND moved.pieces > 0
    AND coalesce(moved.last_shipped_at, moved.first_at) < %(until)s - make_interval(days => %(idle_days)s)
"""
_ARRIVALS: Final = "('receipt', 'opening', 'adjustment')"
_ARRIVALS_HERE: Final = "('receipt', 'opening', 'adjustment', 'transfer')"
_SOLD: Final = "m.kind IN ('shipment', 'return') AND m.occurred_at >= %(since)s"
_ROWS: Final = """
    WITH moved AS (
        SELECT m.variant_id, {place} AS place, sum(m.quantity) AS pieces, sum(m.value) AS value,
               coalesce(sum(m.value) FILTER (WHERE m.occurred_at < %(since)s), 0) AS opening,
               coalesce(-sum(m.quantity) FILTER (WHERE {sold}), 0) AS sold,
               coalesce(-sum(m.value) FILTER (WHERE {sold}), 0) AS cost,
               max(m.occurred_at) FILTER (WHERE m.kind = 'shipment') AS last_shipped_at,
               min(m.occurred_at) AS first_at
        FROM inventory_stockmovement m WHERE m.occurred_at < %(until)s {where}
        GROUP BY 1, 2
    ), arrived AS (
        SELECT m.variant_id, {place} AS place, m.occurred_at, m.quantity,
               sum(m.quantity) OVER (PARTITION BY m.variant_id, {place} ORDER BY m.occurred_at DESC, m.id DESC)
                   - m.quantity AS newer
        FROM inventory_stockmovement m
        WHERE m.occurred_at < %(until)s AND m.quantity > 0 AND m.kind IN {arrivals} {where}
    ), aged AS (
        SELECT moved.variant_id, moved.place, {ages}
        FROM moved JOIN arrived USING (variant_id, place)
        CROSS JOIN LATERAL (
            SELECT least(arrived.quantity, moved.pieces - arrived.newer) AS pieces,
                   %(until)s - arrived.occurred_at AS age
        ) AS layer
        WHERE moved.pieces > arrived.newer
        GROUP BY moved.variant_id, moved.place
    )
    SELECT {key}::text, coalesce(max({name}), ''), coalesce(max({code}), ''), coalesce(sum(moved.pieces), 0)::bigint,
           coalesce(sum(moved.value), 0) AS worth, coalesce(sum(moved.opening), 0),
           coalesce(sum(moved.sold), 0)::bigint, coalesce(sum(moved.cost), 0), max(moved.last_shipped_at),
           ARRAY[{values}]
    FROM moved
    LEFT JOIN aged USING (variant_id, place)
    JOIN catalog_variant variant ON variant.id = moved.variant_id
    JOIN catalog_product product ON product.id = variant.product_id
    LEFT JOIN catalog_category category ON category.id = product.category_id
    LEFT JOIN inventory_warehouse warehouse ON warehouse.id = moved.place
    WHERE (moved.pieces <> 0 OR moved.sold <> 0 OR moved.cost <> 0 OR moved.opening <> 0) {idle}
    GROUP BY {group} ORDER BY worth DESC, {order} LIMIT %(limit)s
"""
_AGES: Final = ", ".join(
    f"coalesce(sum(layer.pieces) FILTER (WHERE layer.age <= make_interval(days => {days})), 0) AS up_to_{days}"
    for days in AGES
)
# Of the value as much as of the pieces; each is "up to", so a class is the difference to the one before.
_VALUES: Final = ", ".join(
    f"coalesce(sum(round(moved.value * aged.up_to_{days} / nullif(moved.pieces, 0), 2)), 0)" for days in AGES
)


@dataclass(frozen=True, slots=True)
class StockReport:
    """A report's rows, and its days `since` to before `until`; the stock is that at the end of the last day.

    `filters` are keys of warehouse_id, category_id and idle_days: only goods of which nothing was shipped so long.
    """

    by: StockBy
    since: date
    until: date
    filters: Mapping[str, int]

    @property
    def days(self) -> int:
        return (self.until - self.since).days


@dataclass(frozen=True, slots=True)
class StockRow:
    """Stock of one row at the end of a report's days, with what was shipped in them, less what came back.

    `up_to` is the part of the value that is at most 30, 60, 90, 180 days old.
    """

    key: str
    name: str
    code: str
    pieces: int
    value: Decimal
    opening: Decimal
    sold: int
    cost: Decimal
    last_shipped_at: datetime | None
    up_to: tuple[Decimal, ...]

    @property
    def ages(self) -> tuple[Decimal, ...]:
        """Return the value in classes of age: to 30, 60, 90, 180 days, and older."""
        ends = (ZERO, *self.up_to, self.value)
        return tuple(upper - lower for lower, upper in pairwise(ends))

    def turnover_days(self, days: int) -> Decimal | None:
        """Return the days in which the stock is sold once: mean of opening and closing value, by the cost of a day."""
        if self.cost <= 0:
            return None
        return ((self.opening + self.value) / 2 * days / self.cost).quantize(Decimal("0.1"))


def list_stock_report(*, report: StockReport, limit: int = MAX_ROWS) -> list[StockRow]:
    """Return the rows, the highest value first."""
    key, name, code = _BY[report.by]
    return _read(report, limit, {"key": key, "name": name, "code": code, "group": key, "order": key})


def get_stock_total(*, report: StockReport) -> StockRow:
    """Return the sums over all rows."""
    found = _read(report, 1, {"key": "''", "name": "''", "code": "''", "group": "()", "order": "1"})
    return found[0]


def _read(report: StockReport, limit: int, parts: Mapping[str, str]) -> list[StockRow]:
    by_place = report.by == StockBy.WAREHOUSE or "warehouse_id" in report.filters
    statement = _ROWS.format(
        **parts,
        place="m.warehouse_id" if by_place else "0",
        arrivals=_ARRIVALS_HERE if by_place else _ARRIVALS,
        where=" ".join(clause for name, clause in _WHERE.items() if name in report.filters),
        sold=_SOLD,
        ages=_AGES,
        values=_VALUES,
        idle=_IDLE if "idle_days" in report.filters else "",
    )
    values: dict[str, int | datetime] = {
        **report.filters,
        "since": clock.day_bounds(report.since)[0],
        "until": clock.day_bounds(report.until)[0],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Sequence[tuple[str, str, str, int, Decimal, Decimal, int, Decimal, datetime | None, list[Decimal]]]
        rows = cursor.fetchall()
    return [StockRow(*row[:9], tuple(row[9])) for row in rows]
