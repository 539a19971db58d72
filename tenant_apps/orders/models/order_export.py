"""Read orders with their lines as flat rows, page by page in constant memory."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db import connection

from tenant_apps.orders.models.order_page import Value, write_conditions

# Named as the import names its fields: what is exported can be imported again.
COLUMNS: Final = {
    "order_number": "coalesce(nullif(page.external_number, ''), page.number)",
    "number": "page.number",
    "kind": "page.kind",
    "channel": "page.channel_id",
    "state": "page.state",
    "payment_state": "page.payment_state",
    "fulfilment_state": "page.fulfilment_state",
    "placed_at": "page.placed_at",
    "customer": "coalesce(nullif(customer.external_id, ''), customer.phone, '')",
    "receiver_name": "page.receiver ->> 'name'",
    "receiver_phone": "page.receiver ->> 'phone'",
    "receiver_address": "page.receiver ->> 'address'",
    "agent_code": "agent.code",
    "sku": "line.sku",
    "name": "line.name",
    "quantity": "line.quantity",
    "unit_price": "line.unit_price",
    "goods_amount": "line.goods_amount",
    "refunded_amount": "line.refunded_amount",
}
ORDERS_PER_PAGE: Final = 500
ROWS: Final = f"""
    SELECT page.id, {", ".join(COLUMNS.values())}
    FROM (SELECT * FROM orders_order WHERE %s ORDER BY placed_at DESC, id DESC LIMIT {ORDERS_PER_PAGE}) AS page
    JOIN orders_orderline AS line ON line.order_id = page.id
    LEFT JOIN customers_customer AS customer ON customer.id = page.customer_id
    LEFT JOIN agents_agent AS agent ON agent.id = page.agent_id
    ORDER BY page.placed_at DESC, page.id DESC, line.line_no
"""  # noqa: S608  constants of this module


def read_export_rows(filters: Mapping[str, Value | list[int]]) -> Iterator[tuple[object, ...]]:
    """Yield rows in the order of COLUMNS, newest order first. `filters` as for `read_page`; `ids` names orders."""
    named = filters.get("ids")
    where, parameters = write_conditions(
        {name: value for name, value in filters.items() if not isinstance(value, list)}
    )
    if isinstance(named, list):
        where.append("id = ANY(%s)")
        parameters.append(named)
    after: list[datetime | int] = []
    while True:
        clauses = [*where, *(["(placed_at, id) < (%s, %s)"] if after else [])]
        with connection.cursor() as cursor:
            cursor.execute(ROWS.replace("%s", " AND ".join(clauses) or "true", 1), [*parameters, *after])
            rows = cursor.fetchall()
        if not rows:
            return
        yield from (row[1:] for row in rows)
        after = [rows[-1][1 + list(COLUMNS).index("placed_at")], rows[-1][0]]
