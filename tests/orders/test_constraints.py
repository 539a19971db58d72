"""Test the database's constraints, regardless of the services."""

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.core import clock
from kernel.database.append_only import AppendOnlyViolation
from kernel.database.switching import as_owner
from tenant_apps.orders.models import Order, Payment, Refund, RefundLine
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: Shop) -> Order:
    """Paid, shipped and partly refunded, so that every table has a row."""
    made = sell(("G-01", 3), freight="8.00")
    pay_order(order_id=made.pk, method="bank", reference="b-1", now=clock.now())
    ship_order(order_id=made.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    refund_order(order_id=made.pk, lines=[RefundRequest(1, 1)], reference="r-1", now=clock.now())
    return made


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("orders_order SET total = total + 1", "orders_total_is_goods_and_freight"),
        ("orders_order SET goods_amount = -1, total = 7", "orders_goods_not_negative"),
        ("orders_order SET discount = -1", "orders_extras_not_negative"),
        ("orders_order SET freight = -1, total = goods_amount - 1", "orders_extras_not_negative"),
        ("orders_order SET refunded_amount = total + 0.01", "orders_refunded_within_total"),
        ("orders_order SET refunded_amount = -0.01", "orders_refunded_within_total"),
        ("orders_order SET refunded_freight = 8.01", "orders_refunded_within_freight"),
        ("orders_order SET kind = 'restock'", "orders_restock_has_agent"),
        ("orders_orderline SET quantity = 0", "orders_line_quantity_not_zero"),
        ("orders_orderline SET refunded_quantity = 4", "orders_line_refunded_quantity_within"),
        ("orders_orderline SET refunded_quantity = -1", "orders_line_refunded_quantity_within"),
        ("orders_orderline SET refunded_amount = 30.01", "orders_line_refunded_within_goods"),
        ("orders_orderline SET shipped_quantity = 4", "orders_line_shipped_within_ordered"),
        ("orders_orderline SET returned_quantity = 4", "orders_line_returned_within_shipped"),
        ("orders_orderline SET returned_cost = 12.01", "orders_line_returned_cost_within"),
        ("orders_payment SET amount = -1", "orders_payment_not_negative"),
        ("orders_refund SET amount = -1", "orders_refund_not_negative"),
        ("orders_refundline SET quantity = 0, amount = 0", "orders_refund_line_not_empty"),
        ("orders_refundline SET quantity = -1", "orders_refund_line_not_empty"),
    ],
)
def test_values_out_of_range(order: Order, change: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), as_owner():  # a brand has no UPDATE
        connection.cursor().execute(f"UPDATE {change}")


ORDER = "kind, channel_id, state, payment_state, fulfilment_state, goods_amount, freight, total, placed_at"
LINE = "order_id, line_no, variant_id, sku, name, quantity, unit_price, goods_amount, tax_rate"
REFUND = "reason, amount, freight, restocked, refunded_at, order_id"


@pytest.mark.parametrize(
    ("table", "same", "changed", "constraint"),
    [
        ("orders_order", f"{ORDER}, number", "", "orders_order_number_unique"),
        ("orders_orderline", LINE, "", "orders_line_number_unique"),
        ("orders_payment", "method, amount, paid_at, order_id", "reference = 'b'", "orders_payment_once_per_order"),
        ("orders_payment", "method, amount, paid_at, reference", "order_id = 0", "orders_payment_reference_once"),
        ("orders_refund", f"{REFUND}, number, reference", "seq = 2", "orders_refund_number_unique"),
        ("orders_refund", f"{REFUND}, seq, reference", "number = 'x'", "orders_refund_sequence_unique"),
        ("orders_refund", f"{REFUND}, reference", "(number, seq) = ('x', 2)", "orders_refund_reference_once"),
        ("orders_refundline", "refund_id, line_id, quantity, amount", "", "orders_refund_line_once"),
    ],
)
def test_doubles(order: Order, table: str, same: str, changed: str, constraint: str) -> None:
    names, _equals, values = changed.replace("(", "").replace(")", "").partition(" = ")
    into, taken = (f"{same}, {names}", f"{same}, {values}") if changed else (same, same)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({into}) SELECT {taken} FROM {table} LIMIT 1")


def test_payments_and_refunds_are_never_changed(order: Order) -> None:
    for model in (Payment, Refund, RefundLine):
        with pytest.raises(AppendOnlyViolation):
            model.objects.update(amount=1)
        with pytest.raises(AppendOnlyViolation):
            model.objects.all().delete()
