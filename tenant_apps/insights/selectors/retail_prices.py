"""Retail sales of agents beside the suggested retail price (建议零售价): for watching, nothing else.

Agents set their own prices (反垄断法 art. 18): no order is refused, no supply held back, no price asked to be changed
because of this list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from kernel.core import clock
from kernel.core.money import round_money

# The level is that of the agent when the order was placed, and the suggestion the one that held then.
_OUTSIDE = """
SELECT line.id, o.id, o.number, o.placed_at, agent.id, agent.code, agent.name, line.sku, line.name, line.quantity,
       line.goods_amount, span.lowest, span.highest
FROM orders_order o
JOIN orders_orderline line ON line.order_id = o.id
JOIN agents_agent agent ON agent.id = o.agent_id
JOIN LATERAL (
    SELECT suggested.lowest, suggested.highest
    FROM pricing_suggestedretailrange suggested
    WHERE suggested.variant_id = line.variant_id AND suggested.valid_from <= o.placed_at
      AND (suggested.level_id IS NULL OR suggested.level_id = (o.upline -> 0 ->> 'level_id')::bigint)
    ORDER BY suggested.level_id NULLS LAST, suggested.valid_from DESC LIMIT 1
) AS span ON true
WHERE o.kind = 'retail' AND o.state <> 'cancelled' AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
  AND line.quantity > 0
  AND (line.goods_amount < span.lowest * line.quantity OR line.goods_amount > span.highest * line.quantity)
  AND (%(agent_id)s::bigint IS NULL OR o.agent_id = %(agent_id)s) AND line.id < %(before)s
ORDER BY line.id DESC LIMIT %(limit)s
"""
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class OutsideSale:
    """A line sold by an agent below or above what is suggested. `price` is money a piece, after discounts."""

    line_id: int
    order_id: int
    order_number: str
    placed_at: datetime
    agent_id: int
    agent_code: str
    agent_name: str
    sku: str
    name: str
    quantity: int
    price: Decimal
    lowest: Decimal
    highest: Decimal
    is_below: bool


def list_outside_sales(
    *, since: date, until: date, agent_id: int | None = None, before: int | None = None, limit: int = 50
) -> list[OutsideSale]:
    """Lines of the days from `since` to `until`, both included, in the brand's zone; newest first, `limit` at most.

    `before` is the `line_id` after which to go on. One query.
    """
    values = {
        "since": clock.day_bounds(since)[0],
        "until": clock.day_bounds(until)[1],
        "agent_id": agent_id,
        "before": before or _LAST,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE, values)
        rows = cursor.fetchall()
    return [_sale(row) for row in rows]


def _sale(row: tuple[Any, ...]) -> OutsideSale:
    line_id, order_id, number, placed_at, agent_id, code, agent, sku, name, quantity, goods, lowest, highest = row
    return OutsideSale(
        line_id=line_id,
        order_id=order_id,
        order_number=number,
        placed_at=placed_at,
        agent_id=agent_id,
        agent_code=code,
        agent_name=agent,
        sku=sku,
        name=name,
        quantity=quantity,
        price=round_money(goods / quantity),
        lowest=lowest,
        highest=highest,
        is_below=goods < lowest * quantity,  # a price rounded to the cent can look as if it were within
    )
