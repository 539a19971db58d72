"""Read pages of orders by SQL, without building models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import connection

# Money leaves the database as text: it goes onto the wire as text.
COLUMNS: Final = {
    "id": "id",
    "number": "number",
    "kind": "kind",
    "channel": "channel_id",
    "external_number": "external_number",
    "customer_id": "customer_id",
    "agent_id": "agent_id",
    "state": "state",
    "payment_state": "payment_state",
    "fulfilment_state": "fulfilment_state",
    "goods_amount": "goods_amount::text",
    "discount": "discount::text",
    "freight": "freight::text",
    "total": "total::text",
    "refunded_amount": "refunded_amount::text",
    "placed_at": "placed_at",
    "paid_at": "paid_at",
    "shipped_at": "shipped_at",
    "delivered_at": "delivered_at",
}
CONDITIONS: Final = {
    "state": "state = %s",
    "payment_state": "payment_state = %s",
    "fulfilment_state": "fulfilment_state = %s",
    "kind": "kind = %s",
    "agent_id": "agent_id = %s",
    "customer_id": "customer_id = %s",
    "channel": "channel_id = %s",
    "number": "number = %s",
    "since": "placed_at >= %s",
    "until": "placed_at < %s",
}
Value = int | str | datetime
NAMES: Final = tuple(COLUMNS)
SELECT: Final = f"SELECT {', '.join(COLUMNS.values())} FROM orders_order"  # noqa: S608 — constants of this module
ORDER: Final = " ORDER BY placed_at DESC, id DESC LIMIT %s"


def read_page(
    filters: Mapping[str, Value], *, after: tuple[datetime, int] | None, limit: int
) -> tuple[list[dict[str, object]], bool]:
    """Return rows that fulfil all `filters` (keys of CONDITIONS), newest first, and whether more follow.

    `after` is the moment and id of the last row before the page.
    """
    conditions = [CONDITIONS[name] for name in filters]
    parameters: list[Value] = list(filters.values())
    if after:
        conditions.append("(placed_at, id) < (%s, %s)")
        parameters += after
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as reader:
        reader.execute(SELECT + where + ORDER, [*parameters, limit + 1])
        rows = [dict(zip(NAMES, row, strict=True)) for row in reader.fetchall()]
    return rows[:limit], len(rows) > limit
