"""Report sales by product, category, region, channel, agent, customer, hour of the week, or step of time.

As `figures`, this joins what no single app may know. "Sales" is the goods money of the orders placed in the period that
were paid, discounts and all later refunds taken off, freight left out; imported returns count negative. A line counts
as returned with the pieces that were refunded or came back, whichever are more. Everything is read from the orders
themselves: there is no rollup, so the time grows with the orders of the period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from kernel.core import clock
from kernel.core.money import ZERO, round_money
from tenant_apps.insights.states import IN_TIME, SalesBy

MAX_ROWS: Final = 100_000
_LOCAL: Final = "o.placed_at AT TIME ZONE %(zone)s"
# Key and name of a row, and what has to be joined for the name.
_BY: Final[Mapping[SalesBy, tuple[str, str, str]]] = {
    SalesBy.PRODUCT: ("product.id::text", "product.name", ""),
    SalesBy.CATEGORY: (
        "coalesce(product.category_id::text, '')",
        "coalesce(category.name, '')",
        "LEFT JOIN catalog_category category ON category.id = product.category_id",
    ),
    SalesBy.REGION: ("coalesce(o.receiver ->> 'province', '')", "coalesce(o.receiver ->> 'province', '')", ""),
    SalesBy.CHANNEL: (
        "o.channel_id",
        "channel.name",
        "JOIN orders_channel channel ON channel.code = o.channel_id",
    ),
    SalesBy.AGENT: (
        "coalesce(o.agent_id::text, '')",
        "coalesce(agent.name, '')",
        "LEFT JOIN agents_agent agent ON agent.id = o.agent_id",
    ),
    SalesBy.CUSTOMER: (
        "coalesce(o.customer_id::text, '')",
        "coalesce(nullif(customer.name, ''), customer.external_id, '')",
        "LEFT JOIN customers_customer customer ON customer.id = o.customer_id",
    ),
    SalesBy.HOUR: (
        f"((extract(isodow FROM {_LOCAL})::int - 1) * 24 + extract(hour FROM {_LOCAL})::int)::text",
        "''",
        "",
    ),
    **{
        by: (f"date_trunc('{by.value}', {_LOCAL})::date::text", "''", "")
        for by in (SalesBy.DAY, SalesBy.WEEK, SalesBy.MONTH, SalesBy.YEAR)
    },
}
_WHERE: Final[Mapping[str, str]] = {
    "kind": "o.kind = %(kind)s",
    "channel": "o.channel_id = %(channel)s",
    "agent_id": "o.agent_id = %(agent_id)s",
    "customer_id": "o.customer_id = %(customer_id)s",
    "province": "o.receiver ->> 'province' = %(province)s",
    "sku": "line.sku = %(sku)s",
    "category_id": "product.category_id = %(category_id)s",
}
_ROWS: Final = """
SELECT {key} AS key, max({name}) AS name,
       count(DISTINCT o.id) FILTER (WHERE o.kind <> 'return'),
       coalesce(sum(line.quantity) FILTER (WHERE o.kind <> 'return'), 0),
       sum(line.goods_amount - line.refunded_amount) AS amount,
       sum(CASE WHEN o.kind = 'return' THEN -line.quantity
                ELSE greatest(line.refunded_quantity, line.returned_quantity + line.written_off_quantity) END),
       coalesce(sum(line.goods_amount - line.refunded_amount) FILTER (WHERE o.placed_at < %(pivot)s), 0)
FROM orders_order o
JOIN orders_orderline line ON line.order_id = o.id
JOIN catalog_variant variant ON variant.id = line.variant_id
JOIN catalog_product product ON product.id = variant.product_id
{join}
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s AND (o.kind = 'return' OR o.payment_state <> 'unpaid')
  {where}
GROUP BY 1 ORDER BY {order} LIMIT %(limit)s
"""
_TOTAL: Final = _ROWS.replace("{key} AS key, max({name}) AS name", "'' AS key, '' AS name")


@dataclass(frozen=True, slots=True)
class SalesReport:
    """A report's rows and its days `since` to before `until`; `split_on` compares the days before it with the rest.

    `filters` are keys of kind, channel, agent_id, customer_id, province, sku, category_id.
    """

    by: SalesBy
    since: date
    until: date
    split_on: date | None
    filters: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class SalesRow:
    """Orders, pieces and goods money of one row. `amount_before` is the money of the days before the split."""

    key: str
    name: str
    orders: int
    units: int
    amount: Decimal
    returned: int
    amount_before: Decimal

    @property
    def average_order(self) -> Decimal | None:
        return round_money(self.amount / self.orders) if self.orders else None

    @property
    def units_per_order(self) -> Decimal | None:
        return round_money(Decimal(self.units) / self.orders) if self.orders else None

    @property
    def return_rate(self) -> Decimal | None:
        """Returned of the sold pieces, as a fraction of four places."""
        return (Decimal(self.returned) / self.units).quantize(Decimal("0.0001")) if self.units else None

    @property
    def amount_after(self) -> Decimal:
        return self.amount - self.amount_before


def list_sales(*, report: SalesReport, limit: int = MAX_ROWS) -> list[SalesRow]:
    """Return the rows: steps of time in their order, others by sales, the highest first."""
    order = "min(o.placed_at)" if report.by in IN_TIME - {SalesBy.HOUR} else "amount DESC, key"
    if report.by == SalesBy.HOUR:
        order = f"min((extract(isodow FROM {_LOCAL})::int - 1) * 24 + extract(hour FROM {_LOCAL})::int)"
    key, name, join = _BY[report.by]
    return _read(_ROWS, report, limit, {"key": key, "name": name, "join": join, "order": order})


def get_total(*, report: SalesReport) -> SalesRow:
    """Return the sums over all rows; an order with several of them counts once."""
    found = _read(_TOTAL, report, 1, {"join": "", "order": "amount"})
    return found[0] if found else SalesRow("", "", 0, 0, ZERO, 0, ZERO)


def _read(statement: str, report: SalesReport, limit: int, parts: Mapping[str, str]) -> list[SalesRow]:
    where = " ".join(f"AND {_WHERE[name]}" for name in report.filters)
    since, until = clock.day_bounds(report.since)[0], clock.day_bounds(report.until)[0]
    values: dict[str, int | str | datetime] = {
        **report.filters,
        "since": since,
        "until": until,
        "pivot": clock.day_bounds(report.split_on)[0] if report.split_on else until,
        "zone": clock.brand_zone().key,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement.format(where=where, **parts), values)
        rows: Sequence[tuple[str, str, int, int, Decimal, int, Decimal]] = cursor.fetchall()
    return [SalesRow(*row) for row in rows]
