"""Refunds: whole and part, many per line, before and after the goods have left."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.states import IllegalTransition
from kernel.models import OutboxMessage
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock
from tenant_apps.orders.models import Order, Payment, Refund
from tenant_apps.orders.selectors import documents
from tenant_apps.orders.selectors import facts as order_facts
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import (
    FREIGHT_LINE,
    NoPayment,
    RefundReferenceUsed,
    RefundRequest,
    refund_everything,
    refund_order,
)
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, sell

pytestmark = pytest.mark.django_db


def paid(*wanted: tuple[str, int], discount: str = "0.00", freight: str = "0.00") -> Order:
    order = sell(*wanted, discount=discount, freight=freight)
    return pay_order(order_id=order.pk, method="alipay", reference=f"a-{order.pk}", now=clock.now())


def shipped(*wanted: tuple[str, int], discount: str = "0.00", freight: str = "0.00") -> Order:
    return ship_order(
        order_id=paid(*wanted, discount=discount, freight=freight).pk,
        carrier="SF",
        tracking_number="SF1",
        now=clock.now(),
    )


def stock_of(shop: Shop, place: int = 0) -> Stock:
    return Stock.objects.get(variant_id=shop.variant_ids[place])


def test_a_paid_order_refunded_before_shipment_is_cancelled(shop: Shop) -> None:
    order = paid(("G-01", 3), ("POST", 1), freight="8.00")
    refund = refund_everything(order_id=order.pk, reason="不要了", now=clock.now())
    order.refresh_from_db()
    assert refund.amount == Decimal("53.00")
    assert refund.freight == Decimal("8.00")
    assert (order.state, order.payment_state, order.fulfilment_state) == ("cancelled", "refunded", "unfulfilled")
    assert (stock_of(shop).on_hand, stock_of(shop).reserved) == (100, 0)
    assert balance_of(AccountCode.PLATFORM_CLEARING) == balance_of(AccountCode.ADVANCES) == 0
    events = set(OutboxMessage.objects.values_list("event", flat=True))
    assert {"orders.order_refunded", "orders.order_cancelled"} <= events
    assert_books_are_sound()


def test_pieces_refunded_before_shipment_are_not_shipped(shop: Shop) -> None:
    order = paid(("G-01", 3), ("G-02", 1))
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=clock.now())
    assert stock_of(shop).reserved == 2
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    line = order.lines.get(line_no=1)
    assert (line.shipped_quantity, line.refunded_quantity, line.cost) == (2, 1, Decimal(8))
    assert stock_of(shop).on_hand == 98
    assert balance_of(AccountCode.REVENUE) == Decimal("40.00")
    assert balance_of(AccountCode.ADVANCES) == 0
    assert_books_are_sound()


def test_a_refund_after_shipment_without_restock_leaves_the_goods_out(shop: Shop) -> None:
    order = shipped(("G-01", 3))
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=clock.now())
    assert stock_of(shop).on_hand == 97
    assert balance_of(AccountCode.REVENUE) == Decimal("20.00")
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal("12.00")
    order.refresh_from_db()
    assert (order.state, order.payment_state, order.fulfilment_state) == ("open", "partly_refunded", "shipped")
    assert_books_are_sound()


def test_returned_goods_come_back_with_their_cost(shop: Shop) -> None:
    order = shipped(("G-01", 3), ("POST", 1))
    deliver_order(order_id=order.pk, now=clock.now())
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], restock=True, now=clock.now())
    assert (stock_of(shop).on_hand, stock_of(shop).value) == (98, Decimal("392.00"))
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal("8.00")
    order.refresh_from_db()
    assert order.fulfilment_state == "delivered"
    refund_everything(order_id=order.pk, restock=True, now=clock.now())
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment_state, order.state) == ("refunded", "returned", "open")
    assert balance_of(AccountCode.COST_OF_GOODS) == balance_of(AccountCode.REVENUE) == 0
    assert_books_are_sound()


def test_many_refunds_of_a_line_add_up_to_what_was_paid(shop: Shop) -> None:
    order = shipped(("G-01", 3), ("G-02", 1), discount="10.00")  # 30.00 − 6.00 and 20.00 − 4.00
    amounts = [
        refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=clock.now()).amount for _piece in range(3)
    ]
    assert amounts == [Decimal("8.00")] * 3
    assert refund_everything(order_id=order.pk, now=clock.now()).amount == Decimal("16.00")
    with pytest.raises(IllegalTransition):
        refund_everything(order_id=order.pk, now=clock.now())


def test_the_last_pieces_take_the_remainder(shop: Shop) -> None:
    order = shipped(("G-01", 3), discount="10.00")  # 20.00 over three pieces
    amounts = [
        refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], restock=True, now=clock.now()).amount
        for _piece in range(3)
    ]
    assert amounts == [Decimal("6.67"), Decimal("6.66"), Decimal("6.67")]
    assert stock_of(shop).value == Decimal("400.00")
    assert_books_are_sound()


def test_money_alone_can_go_back_and_pieces_follow_with_the_rest(shop: Shop) -> None:
    order = shipped(("G-01", 2))
    refund_order(order_id=order.pk, lines=[RefundRequest(1, amount=Decimal("15.50"))], now=clock.now())
    refund = refund_order(order_id=order.pk, lines=[RefundRequest(1, 2)], restock=True, now=clock.now())
    assert refund.amount == Decimal("4.50")
    assert_books_are_sound()


def test_freight_goes_back_once(shop: Shop) -> None:
    order = shipped(("G-01", 2), freight="8.00")
    assert refund_order(order_id=order.pk, lines=[RefundRequest(FREIGHT_LINE)], now=clock.now()).freight == Decimal(
        "8.00"
    )
    with pytest.raises(DomainError) as refusal:
        refund_order(order_id=order.pk, lines=[RefundRequest(FREIGHT_LINE)], now=clock.now())
    assert [(one.field, one.code) for one in refusal.value.errors] == [("lines.0.quantity", "nothing_to_refund")]
    assert refund_everything(order_id=order.pk, now=clock.now()).amount == Decimal("20.00")


@pytest.mark.parametrize(
    ("requests", "complaints"),
    [
        ([], [("lines", "invalid_refund")]),
        ([RefundRequest(9, 1)], [("lines.0.line_no", "unknown_line")]),
        ([RefundRequest(1, 1), RefundRequest(1, 1)], [("lines.1.line_no", "duplicate_line")]),
        ([RefundRequest(1, 4)], [("lines.0.quantity", "exceeds_ordered")]),
        ([RefundRequest(1, -1)], [("lines.0.quantity", "exceeds_ordered")]),
        ([RefundRequest(1)], [("lines.0.quantity", "nothing_to_refund")]),
        ([RefundRequest(1, 0, Decimal(0))], [("lines.0.amount", "nothing_to_refund")]),
        ([RefundRequest(1, 1, Decimal("30.01"))], [("lines.0.amount", "exceeds_paid")]),
        ([RefundRequest(1, 1, Decimal("-1"))], [("lines.0.amount", "exceeds_paid")]),
        ([RefundRequest(1, 1, Decimal("1.001"))], [("lines.0.amount", "exceeds_paid")]),
        ([RefundRequest(2, 1), RefundRequest(1, 4)], [("lines.1.quantity", "exceeds_ordered")]),
        ([RefundRequest(FREIGHT_LINE, 1)], [("lines.0.quantity", "exceeds_ordered")]),
    ],
)
def test_bad_wishes_are_named_and_change_nothing(
    shop: Shop, requests: list[RefundRequest], complaints: list[tuple[str, str]]
) -> None:
    order = shipped(("G-01", 3), ("G-02", 1))
    with pytest.raises(DomainError) as refusal:
        refund_order(order_id=order.pk, lines=requests, now=clock.now())
    assert [(one.field, one.code) for one in refusal.value.errors] == complaints
    assert not Refund.objects.exists()
    order.refresh_from_db()
    assert order.payment_state == "paid"


def test_the_same_reference_gives_the_first_refund(shop: Shop) -> None:
    order = shipped(("G-01", 3))
    first = refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], reference="rf-1", now=clock.now())
    again = refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], reference="rf-1", now=clock.now())
    assert first.pk == again.pk
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "restock"),
    [
        ([RefundRequest(1, 2)], False),
        ([RefundRequest(2, 1)], False),
        ([RefundRequest(1, 1, Decimal("5.00"))], False),
        ([RefundRequest(1, 1), RefundRequest(FREIGHT_LINE)], False),
        ([RefundRequest(1, 1)], True),
        (None, False),
    ],
)
def test_a_reference_is_not_taken_for_another_refund(
    shop: Shop, lines: list[RefundRequest] | None, restock: bool
) -> None:
    order = shipped(("G-01", 3), ("G-02", 1), freight="8.00")
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], reference="rf-1", now=clock.now())
    again = partial(refund_order, lines=lines, restock=restock) if lines else refund_everything
    with pytest.raises(RefundReferenceUsed):
        again(order_id=order.pk, reference="rf-1", now=clock.now())
    assert Refund.objects.count() == 1


def test_an_unpaid_order_or_one_paid_elsewhere_has_nothing_to_refund(shop: Shop) -> None:
    order = sell(("G-01", 3))
    with pytest.raises(IllegalTransition):
        refund_everything(order_id=order.pk, now=clock.now())
    Order.objects.filter(pk=order.pk).update(payment_state="paid")
    with pytest.raises(NoPayment):
        refund_everything(order_id=order.pk, now=clock.now())
    assert not Payment.objects.exists()


def test_facts_of_a_refund(shop: Shop) -> None:
    order = shipped(("G-01", 3), ("G-02", 2), freight="8.00")
    refund = refund_order(order_id=order.pk, lines=[RefundRequest(2, 1), RefundRequest(FREIGHT_LINE)], now=clock.now())
    facts = order_facts.get_refund_facts(refund_id=refund.pk)
    line = order.lines.get(line_no=2)
    assert [(one.line_id, one.amount, one.quantity) for one in facts.lines] == [(line.pk, Decimal("20.00"), 1)]
    assert (facts.amount, facts.freight, facts.order_id) == (Decimal("28.00"), Decimal("8.00"), order.pk)
    with pytest.raises(documents.RefundNotFound):
        order_facts.get_refund_facts(refund_id=10**12)


def test_everything_refunded_by_money_alone_before_shipment_releases_the_goods(shop: Shop) -> None:
    order = paid(("G-01", 3))
    with transaction.atomic():
        refund_order(order_id=order.pk, lines=[RefundRequest(1, amount=Decimal(30))], now=clock.now())
    order.refresh_from_db()
    assert (order.state, stock_of(shop).reserved) == ("cancelled", 0)
    assert_books_are_sound()
