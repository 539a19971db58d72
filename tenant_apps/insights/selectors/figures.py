"""Figures over everything a brand does, one statement each.

Beside the resolver of prices these are the only statements that read the tables of other apps: a dashboard joins what
no single app may know. They name columns of orders, stock, catalogue, agents and commissions, and tests/insights fails
when one of them changes.

"Sales" is what was paid for the orders placed in a period, less all that was refunded of them since; imported returns
count negative. A day is a day of the brand's zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.insights.rules import Span
from tenant_apps.orders.states import HISTORY_SERIES

_SOLD = "(o.kind = 'return' OR o.payment_state <> 'unpaid')"

_SALES_BY_DAY = """
SELECT (o.placed_at AT TIME ZONE %(zone)s)::date AS day, count(*) FILTER (WHERE o.kind <> 'return'),
       sum(o.total - o.refunded_amount)
FROM orders_order o
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s AND {sold}
GROUP BY day ORDER BY day
"""

_TOP_PRODUCTS = """
SELECT variant.product_id, product.name, sum(line.quantity - line.refunded_quantity),
       sum(line.goods_amount - line.refunded_amount) AS amount
FROM orders_order o
JOIN orders_orderline line ON line.order_id = o.id
JOIN catalog_variant variant ON variant.id = line.variant_id
JOIN catalog_product product ON product.id = variant.product_id
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s AND {sold} AND product.kind = 'goods'
GROUP BY variant.product_id, product.name
ORDER BY amount DESC, variant.product_id LIMIT %(limit)s
"""

_TOP_AGENTS = """
SELECT agent.id, agent.code, agent.name, count(*),
       coalesce(sum(o.total - o.refunded_amount) FILTER (WHERE o.kind = 'retail'), 0),
       coalesce(sum(o.total - o.refunded_amount) FILTER (WHERE o.kind = 'restock'), 0)
FROM orders_order o JOIN agents_agent agent ON agent.id = o.agent_id
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s AND {sold}
GROUP BY agent.id, agent.code, agent.name
ORDER BY sum(o.total - o.refunded_amount) DESC, agent.id LIMIT %(limit)s
"""

_STOCK_ALERTS = """
SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), warehouse.name,
       stock.on_hand - stock.reserved AS available, stock.low_stock_threshold
FROM inventory_stock stock
JOIN catalog_variant variant ON variant.id = stock.variant_id
JOIN catalog_product product ON product.id = variant.product_id
JOIN inventory_warehouse warehouse ON warehouse.id = stock.warehouse_id
WHERE stock.on_hand < stock.reserved + stock.low_stock_threshold
ORDER BY (stock.on_hand - stock.reserved)::numeric / stock.low_stock_threshold, stock.id LIMIT %(limit)s
"""

_OPEN_WORK = """
SELECT count(*) FILTER (WHERE payment_state = 'unpaid'),
       count(*) FILTER (WHERE payment_state IN ('paid', 'partly_refunded')
                        AND fulfilment_state IN ('unfulfilled', 'partly_shipped'))
FROM orders_order WHERE state = 'open' AND kind <> 'return'
"""

_COMMISSION_PAYABLE = """
SELECT (SELECT coalesce(sum(amount), 0) FROM commissions_commissionentry)
     + (SELECT coalesce(sum(amount), 0) FROM commissions_openingbalance)
     - (SELECT coalesce(sum(amount), 0) FROM commissions_payout WHERE state = 'paid')
"""

# Cost is known of what was shipped, commission of what was traded here: the margin leaves out what has neither.
_TRADE = """
WITH span (name, since, until) AS (
    SELECT * FROM unnest(%(names)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
),
sold AS (
    SELECT span.name, o.id, o.kind, o.total - o.refunded_amount AS amount,
           o.fulfilment_state <> 'unfulfilled' AND left(o.number, 2) <> %(history)s AS has_cost
    FROM span JOIN orders_order o ON o.placed_at >= span.since AND o.placed_at < span.until WHERE {sold}
),
cost AS (
    SELECT line.order_id, sum(line.cost - line.returned_cost) AS amount
    FROM orders_orderline line WHERE line.order_id IN (SELECT id FROM sold WHERE has_cost) GROUP BY line.order_id
),
earned AS (
    SELECT entry.order_id, sum(entry.amount) AS amount
    FROM commissions_commissionentry entry WHERE entry.order_id IN (SELECT id FROM sold WHERE has_cost)
    GROUP BY entry.order_id
)
SELECT span.name, count(sold.id) FILTER (WHERE sold.kind <> 'return'), coalesce(sum(sold.amount), 0),
       coalesce(sum(sold.amount - coalesce(cost.amount, 0) - coalesce(earned.amount, 0))
                FILTER (WHERE sold.has_cost), 0),
       coalesce(sum(sold.amount) FILTER (WHERE sold.has_cost), 0)
FROM span LEFT JOIN sold ON sold.name = span.name
LEFT JOIN cost ON cost.order_id = sold.id LEFT JOIN earned ON earned.order_id = sold.id
GROUP BY span.name
"""

_WORK = """
SELECT (SELECT count(*) FROM recruiting_application WHERE state = 'applied'),
       (SELECT count(*) FROM commissions_payout WHERE state = 'requested'),
       (SELECT count(*) FROM inventory_stock WHERE on_hand < reserved + low_stock_threshold),
       (SELECT count(*) FROM agents_agent WHERE state = 'active' AND valid_until <= %(ends_by)s),
       (SELECT coalesce(sum(found), 0) FROM inventory_stockcheck)
"""

_RECENT_ORDERS = """
SELECT o.id, o.number, o.placed_at, coalesce(agent.name, customer.name, o.receiver ->> 'name', ''), o.kind, o.total,
       o.state, o.payment_state, o.fulfilment_state
FROM orders_order o
LEFT JOIN agents_agent agent ON agent.id = o.agent_id AND o.kind = 'restock'
LEFT JOIN customers_customer customer ON customer.id = o.customer_id
ORDER BY o.placed_at DESC, o.id DESC LIMIT %(limit)s
"""

_FIRST_STEPS = """
SELECT EXISTS (SELECT 1 FROM agents_level), EXISTS (SELECT 1 FROM catalog_product WHERE state = 'on_shelf'),
       EXISTS (SELECT 1 FROM pricing_levelprice) OR EXISTS (SELECT 1 FROM pricing_categorydiscount),
       EXISTS (SELECT 1 FROM inventory_stock), EXISTS (SELECT 1 FROM agents_agent WHERE state = 'active'),
       EXISTS (SELECT 1 FROM commissions_commissionplan), EXISTS (SELECT 1 FROM orders_order)
"""

# What the platform's support sees of a brand. People of Banyan who visit it are not its own.
_CONDITION = """
SELECT (SELECT count(*) FROM orders_order WHERE placed_at >= %(since)s AND placed_at <= %(now)s AND kind <> 'return'),
       (SELECT count(*) FROM kernel_outboxdelivery WHERE state = 'dead')
     + (SELECT count(*) FROM imports_importjob WHERE state = 'failed' AND created_at >= %(since)s),
       (SELECT count(*) FROM kernel_outboxdelivery WHERE state = 'pending'),
       (SELECT min(message.occurred_at) FROM kernel_outboxdelivery delivery
        JOIN kernel_outboxmessage message ON message.id = delivery.message_id WHERE delivery.state = 'pending'),
       greatest((SELECT max(last_login) FROM accounts_user WHERE role <> 'visitor'),
                (SELECT max(last_used_at) FROM accounts_apikey))
"""

_FAILURES = """
SELECT what, times, error, moment FROM (
    SELECT delivery.handler AS what, count(*) AS times, max(split_part(delivery.last_error, E'\n', 1)) AS error,
           max(message.occurred_at) AS moment
    FROM kernel_outboxdelivery delivery JOIN kernel_outboxmessage message ON message.id = delivery.message_id
    WHERE delivery.state = 'dead' GROUP BY delivery.handler
    UNION ALL
    SELECT 'orders.import', 1, split_part(message, E'\n', 1), coalesce(finished_at, created_at)
    FROM imports_importjob WHERE state = 'failed' AND created_at >= %(since)s
) AS failure ORDER BY moment DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Condition:
    """A brand's condition: its orders of the last 30 days, failures, waiting work, and its last sign-in."""

    orders: int
    failed: int
    waiting: int
    oldest_waits_since: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Failure:
    """Something that did not work: a handler's events or an import; how often, why, and when last."""

    what: str
    times: int
    error: str
    at: datetime


@dataclass(frozen=True)
class DaySales:
    """One day's paid orders and net sales (money)."""

    day: date
    orders: int
    amount: Decimal


@dataclass(frozen=True)
class ProductSales:
    """A product's pieces and net goods money in a period."""

    product_id: int
    name: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class AgentSales:
    """An agent's orders in a period: what was sold by the agent's link, and what the agent bought for stock."""

    agent_id: int
    code: str
    name: str
    orders: int
    retail_amount: Decimal
    restock_amount: Decimal


@dataclass(frozen=True)
class LowStock:
    """A variant with fewer pieces available than its threshold."""

    variant_id: int
    sku: str
    name: str
    warehouse: str
    available: int
    threshold: int


@dataclass(frozen=True)
class OpenWork:
    """Open orders that wait for money, and paid ones that wait for the warehouse."""

    unpaid: int
    unshipped: int


@dataclass(frozen=True)
class Trade:
    """Orders and net sales of a span; the margin is what shipped orders leave after cost and commission.

    `margin_sales` are the sales of those orders: the margin's share is `margin / margin_sales`.
    """

    orders: int
    sales: Decimal
    margin: Decimal
    margin_sales: Decimal


@dataclass(frozen=True)
class Work:
    """Counts of what waits for somebody beside orders."""

    applications: int
    payouts: int
    low_stock: int
    ending_contracts: int
    stock_differences: int


@dataclass(frozen=True)
class RecentOrder:
    """One of the newest orders with its three states."""

    order_id: int
    number: str
    placed_at: datetime
    buyer: str
    kind: str
    total: Decimal
    state: str
    payment_state: str
    fulfilment_state: str


@dataclass(frozen=True)
class FirstSteps:
    """Steps a new brand has done already."""

    has_level: bool
    has_product: bool
    has_price: bool
    has_stock: bool
    has_agent: bool
    has_commission_plan: bool
    has_order: bool


def list_daily_sales(*, until: date, days: int) -> list[DaySales]:
    """The `days` days that end with `until` (inclusive), oldest first, days without sales too."""
    first = until - timedelta(days=days - 1)
    bounds = _bounds(first, until) | {"zone": clock.brand_zone().key}
    found = {row[0]: DaySales(*row) for row in _rows(_SALES_BY_DAY.format(sold=_SOLD), bounds)}
    every_day = (first + timedelta(days=offset) for offset in range(days))
    return [found.get(day, DaySales(day, 0, ZERO)) for day in every_day]


def list_top_products(*, until: date, days: int, limit: int = 10) -> list[ProductSales]:
    """The goods with the highest net sales of the days that end with `until`."""
    rows = _rows(_TOP_PRODUCTS.format(sold=_SOLD), _bounds(until - timedelta(days=days - 1), until) | {"limit": limit})
    return [ProductSales(*row) for row in rows]


def list_top_agents(*, until: date, days: int, limit: int = 10) -> list[AgentSales]:
    """The agents with the highest net sales and restocks together."""
    rows = _rows(_TOP_AGENTS.format(sold=_SOLD), _bounds(until - timedelta(days=days - 1), until) | {"limit": limit})
    return [AgentSales(*row) for row in rows]


def list_low_stock(*, limit: int = 10) -> list[LowStock]:
    """List goods that run short, the scarcest (by its own threshold) first."""
    return [LowStock(*row) for row in _rows(_STOCK_ALERTS, {"limit": limit})]


def count_open_work() -> OpenWork:
    """Orders that wait for somebody."""
    return OpenWork(*_rows(_OPEN_WORK, {})[0])


def get_trade(*, spans: Mapping[str, Span]) -> dict[str, Trade]:
    """Return the trade of each span, by its name."""
    parameters = {
        "names": list(spans),
        "since": [span.since for span in spans.values()],
        "until": [span.until for span in spans.values()],
        "history": HISTORY_SERIES,
    }
    return {name: Trade(*figures) for name, *figures in _rows(_TRADE.format(sold=_SOLD), parameters)}


def count_work(*, as_of: date, within_days: int = 30) -> Work:
    """Count what waits for somebody; a contract counts from `within_days` before its end."""
    return Work(*_rows(_WORK, {"ends_by": as_of + timedelta(days=within_days)})[0])


def get_commission_payable() -> Decimal:
    """Return the brand's debt to its agents: what was owed at the start and all entries, less payouts made."""
    total: Decimal = _rows(_COMMISSION_PAYABLE, {})[0][0]
    return total


def list_recent_orders(*, limit: int = 8) -> list[RecentOrder]:
    """The newest orders."""
    return [RecentOrder(*row) for row in _rows(_RECENT_ORDERS, {"limit": limit})]


def has_stock() -> bool:
    """Tell whether the brand ever had goods in a warehouse."""
    found: bool = _rows("SELECT EXISTS (SELECT 1 FROM inventory_stock)", {})[0][0]
    return found


def get_first_steps() -> FirstSteps:
    """Return the steps of the first days that are done."""
    return FirstSteps(*_rows(_FIRST_STEPS, {})[0])


def get_condition(*, now: datetime) -> Condition:
    """Return a brand's condition for the platform's console, counted in one statement."""
    return Condition(*_rows(_CONDITION, {"now": now, "since": now - timedelta(days=30)})[0])


def list_failures(*, now: datetime, limit: int = 10) -> list[Failure]:
    """List failures, the latest first: events given up, by their handler, and imports of the last 30 days."""
    return [Failure(*row) for row in _rows(_FAILURES, {"since": now - timedelta(days=30), "limit": limit})]


def _bounds(first: date, last: date) -> dict[str, Any]:
    return {"since": clock.day_bounds(first)[0], "until": clock.day_bounds(last)[1]}


def _rows(statement: str, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
