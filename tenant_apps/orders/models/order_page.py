"""Read pages of orders by SQL, without building models."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from kernel.china.search_terms import Word
from tenant_apps.orders.models.order_search import OrderSearch

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
    "placed_by": "placed_by",
    "placed_by_name": "placed_by_name",
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
    "placed_by": "placed_by = %s",
    "since": "placed_at >= %s",
    "until": "placed_at < %s",
}


@dataclass(frozen=True, slots=True)
class Search:
    """A filter by words, all of which an order holds."""

    words: tuple[Word, ...]

    def __str__(self) -> str:
        """Say no more for a log: the words may be somebody's name."""
        return f"{len(self.words)} words"


Value = int | str | datetime | Search
Parameter = int | str | datetime | list[int]
NAMES: Final = tuple(COLUMNS)
SELECT: Final = f"SELECT {', '.join(COLUMNS.values())} FROM orders_order"  # noqa: S608 — constants of this module
ORDER: Final = " ORDER BY placed_at DESC, id DESC LIMIT %s"


def write_conditions(filters: Mapping[str, Value]) -> tuple[list[str], list[Parameter]]:
    """Return the conditions of all `filters` and their parameters, in order."""
    conditions: list[str] = []
    parameters: list[Parameter] = []
    for name, value in filters.items():
        if isinstance(value, Search):
            found = OrderSearch.objects.find(value.words)
            if isinstance(found, list):
                conditions.append("id = ANY(%s)")
                parameters.append(found)
            else:
                text, values = found.query.sql_with_params()
                conditions.append("id IN (" + text + ")")
                parameters += values
        else:
            conditions.append(CONDITIONS[name])
            parameters.append(value)
    return conditions, parameters


def read_page(
    filters: Mapping[str, Value], *, after: tuple[datetime, int] | None, limit: int
) -> tuple[list[dict[str, object]], bool]:
    """Return rows that fulfil all `filters` (keys of CONDITIONS, and `search`), newest first, and whether more follow.

    `after` is the moment and id of the last row before the page.
    """
    conditions, parameters = write_conditions(filters)
    if after:
        conditions.append("(placed_at, id) < (%s, %s)")
        parameters += after
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as reader:
        reader.execute(SELECT + where + ORDER, [*parameters, limit + 1])
        rows = [dict(zip(NAMES, row, strict=True)) for row in reader.fetchall()]
    return rows[:limit], len(rows) > limit
