"""The floor under placing an order: the same reads, writes and locks by psycopg2 alone, statement by statement.

What is left out is what a framework brings: models, checks of input, errors with field names, translation, contexts.
The brand's role and path travel with each statement, as they do in the program, so that both pay for them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from tests.benchmarks.harness import House

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Basket:
    """Lines, buyer and agent of an order; SKUs and codes as stored."""

    schema: str
    phone: str
    agent_code: str
    lines: tuple[tuple[str, int], ...]


class RawShop:
    """Places orders on one psycopg2 connection in autocommit mode; each order is one BEGIN … COMMIT."""

    def __init__(self, connection: Any, basket: Basket) -> None:
        self.cursor = connection.cursor()
        self.prefix = House.prefix(basket.schema)
        self.basket = basket
        self.statements = 0

    def run(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        self.statements += 1
        self.cursor.execute(self.prefix + statement, parameters)

    def place(self) -> int:
        """One order; its id."""
        self.statements = 2
        self.cursor.execute("BEGIN")
        order_id = self._place(datetime.now(UTC))
        self.cursor.execute("COMMIT")
        return order_id

    def _place(self, now: datetime) -> int:
        basket = self.basket
        self.run("SELECT id FROM customers_customer WHERE phone = %s", (basket.phone,))
        customer_id = self.cursor.fetchone()[0]
        self.run("SELECT id, level_id, sponsor_id, state FROM agents_agent WHERE code = %s", (basket.agent_code,))
        agent_id, level_id, sponsor_id, _state = self.cursor.fetchone()
        self.run("SELECT id, level_id, code FROM agents_agent WHERE id = %s", (sponsor_id,))
        sponsor = self.cursor.fetchone()
        upline = [
            {"tier": 1, "agent_id": agent_id, "level_id": level_id, "code": basket.agent_code},
            {"tier": 2, "agent_id": sponsor[0], "level_id": sponsor[1], "code": sponsor[2]},
        ]
        self.run(
            "SELECT v.id, v.sku, p.name, v.name, v.retail_price, p.tax_rate FROM catalog_variant v"
            " JOIN catalog_product p ON p.id = v.product_id WHERE v.sku = ANY(%s) AND p.state = 'on_shelf'",
            ([sku for sku, _quantity in basket.lines],),
        )
        articles = {row[1]: row for row in self.cursor.fetchall()}
        amounts = [
            (articles[sku][4] * quantity).quantize(CENT, rounding=ROUND_HALF_UP) for sku, quantity in basket.lines
        ]
        goods = sum(amounts, Decimal(0))
        order_id = self._write_order(now, goods, customer_id, agent_id, upline)
        self._write_lines(order_id, articles, amounts)
        self._reserve(order_id, articles)
        self._announce(order_id, now)
        return order_id

    def _write_order(
        self, now: datetime, goods: Decimal, customer_id: int, agent_id: int, upline: list[dict[str, Any]]
    ) -> int:
        self.run(
            "INSERT INTO kernel_numberseries (kind, day, last) VALUES ('SO', %s, 1)"
            " ON CONFLICT (kind, day) DO UPDATE SET last = kernel_numberseries.last + 1 RETURNING last",
            (now.date(),),
        )
        number = f"SO{now:%Y%m%d}-{self.cursor.fetchone()[0]:06d}"
        self.run(
            "WITH placed AS ("
            "INSERT INTO orders_order (number, kind, channel_id, external_number, customer_id, agent_id, upline,"
            " receiver, note, state, payment_state, fulfilment_state, goods_amount, discount, freight, total,"
            " placed_at) VALUES (%s, 'retail', 'manual', '', %s, %s, %s, '{}', '', 'open', 'unpaid', 'unfulfilled',"
            " %s, 0, 0, %s, %s)"
            " RETURNING id), search AS ("
            " INSERT INTO orders_ordersearch (order_id, terms) SELECT id, %s::text[] FROM placed)"
            " SELECT id FROM placed",
            (
                number,
                customer_id,
                agent_id,
                orjson.dumps(upline).decode(),
                goods,
                goods,
                now,
                self._terms(number, customer_id, agent_id),
            ),
        )
        return int(self.cursor.fetchone()[0])

    def _terms(self, number: str, customer_id: int, agent_id: int) -> list[str]:
        plain = number.lower().replace("-", "")
        goods = [f"v:{place}" for place, _line in enumerate(self.basket.lines)]
        return [f"n:{plain}", f"n:{plain[-4:]}", f"n:{plain[:10]}", f"k:{customer_id}", f"a:{agent_id}", *goods]

    def _write_lines(self, order_id: int, articles: dict[str, Any], amounts: list[Decimal]) -> None:
        values: list[Any] = []
        for number, (sku, quantity) in enumerate(self.basket.lines, start=1):
            variant_id, _sku, product, name, price, tax_rate = articles[sku]
            title = f"{product} {name}"
            values += (order_id, number, variant_id, sku, title, quantity, price, amounts[number - 1], tax_rate)
        rows = ", ".join(["(%s, %s, %s, %s, %s, true, %s, %s, 0, %s, %s)"] * len(self.basket.lines))
        self.run(
            "INSERT INTO orders_orderline (order_id, line_no, variant_id, sku, name, is_stocked, quantity, unit_price,"
            " discount, goods_amount, tax_rate) VALUES " + rows,
            tuple(values),
        )

    def _reserve(self, order_id: int, articles: dict[str, Any]) -> None:
        wanted = dict(sorted((articles[sku][0], quantity) for sku, quantity in self.basket.lines))
        self.run(
            "SELECT id, variant_id, on_hand - reserved, warehouse_id FROM inventory_stock WHERE variant_id = ANY(%s)"
            " AND warehouse_id = (SELECT id FROM inventory_warehouse WHERE is_default)"
            " ORDER BY variant_id FOR NO KEY UPDATE",
            (list(wanted),),
        )
        rows = self.cursor.fetchall()
        if any(row[2] < wanted[row[1]] for row in rows):
            raise RuntimeError("sold out")
        self.run(
            "UPDATE inventory_stock AS stock SET reserved = stock.reserved + change.pieces"
            " FROM unnest(%s::bigint[], %s::int[]) AS change (id, pieces) WHERE stock.id = change.id",
            ([row[0] for row in rows], [wanted[row[1]] for row in rows]),
        )
        values: list[Any] = []
        for row in rows:
            values += (f"order:{order_id}", row[1], row[3], wanted[row[1]])
        self.run(
            "INSERT INTO inventory_reservation (source, variant_id, warehouse_id, quantity, state) VALUES "
            + ", ".join(["(%s, %s, %s, %s, 'active')"] * len(rows)),
            tuple(values),
        )

    def _announce(self, order_id: int, now: datetime) -> None:
        self.run(
            "INSERT INTO kernel_outboxmessage (event, payload, request_id, occurred_at)"
            " VALUES ('orders.order_placed', %s, '', %s)",
            (f'{{"order_id":{order_id}}}', now),
        )
        self.run(
            "INSERT INTO kernel_auditrecord (occurred_at, actor_kind, actor_id, actor_label, action, subject, before,"
            " after, ip_address, request_id) VALUES (%s, 'system', NULL, '', 'orders.place', %s, NULL, '{}', NULL, '')",
            (now, f"order:{order_id}"),
        )
