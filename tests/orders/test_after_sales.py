"""After-sales: asked for, decided, goods and money on two tracks, settled; many on one line."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock
from tenant_apps.orders.models import AfterSale, Order
from tenant_apps.orders.rules.after_sales import InspectedLine, NewAfterSale, NewAfterSaleLine, Replacement
from tenant_apps.orders.selectors import after_sales as order_after_sales
from tenant_apps.orders.services.after_sales import deciding, goods, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_everything, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, sell

pytestmark = pytest.mark.django_db


def paid(*wanted: tuple[str, int], freight: str = "0.00") -> Order:
    order = sell(*wanted, freight=freight)
    return pay_order(order_id=order.pk, method="bank", reference=f"b-{order.pk}", now=clock.now())


def signed(*wanted: tuple[str, int], freight: str = "0.00", days_ago: int = 0) -> Order:
    order = paid(*wanted, freight=freight)
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    return deliver_order(order_id=order.pk, now=clock.now() - timedelta(days=days_ago))


def ask(
    order: Order,
    *lines: NewAfterSaleLine,
    kind: str = "return",
    freight: Decimal = ZERO,
    replacements: Sequence[Replacement] = (),
    difference: Decimal = ZERO,
) -> AfterSale:
    wanted = NewAfterSale(
        kind=kind, reason="quality", lines=lines, freight=freight, replacements=replacements, difference=difference
    )
    return request_after_sale(order_id=order.pk, wanted=wanted, now=clock.now())


def approve(asked: AfterSale) -> AfterSale:
    return deciding.approve_after_sale(after_sale_id=asked.pk, now=clock.now())


def come_back(after_sale: AfterSale, *found: InspectedLine) -> AfterSale:
    goods.receive_goods(after_sale_id=after_sale.pk, now=clock.now())
    return goods.inspect_goods(after_sale_id=after_sale.pk, lines=found, now=clock.now())


def refund(after_sale: AfterSale) -> Decimal:
    return Decimal(settling.refund_after_sale(after_sale_id=after_sale.pk, now=clock.now()).amount)


def states(after_sale: AfterSale) -> tuple[str, str, str]:
    after_sale.refresh_from_db()
    return after_sale.state, after_sale.goods_state, after_sale.settlement_state


def on_hand(shop: Shop, place: int = 0) -> int:
    return Stock.objects.get(variant_id=shop.variant_ids[place]).on_hand


def code_of(refusal: pytest.ExceptionInfo[DomainError]) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in refusal.value.errors} or {("", refusal.value.code)}


def test_goods_back_then_money(shop: Shop) -> None:
    order = signed(("G-01", 3), ("G-02", 1), freight="8.00")
    asked = ask(order, NewAfterSaleLine(1, 2))
    assert (asked.amount, order_after_sales.waits_for(asked)) == (Decimal("20.00"), "review")
    assert order_after_sales.has_open_after_sale(order.pk)
    deciding.approve_after_sale(after_sale_id=asked.pk, now=clock.now())
    goods.note_goods_sent(after_sale_id=asked.pk, carrier="YTO", tracking_number="YT1", now=clock.now())
    assert states(asked) == ("approved", "on_the_way", "due")
    come_back(asked, InspectedLine(1, good=2))
    assert states(asked) == ("approved", "inspected", "due")
    assert on_hand(shop) == 99
    assert refund(asked) == Decimal("20.00")
    assert states(asked) == ("done", "inspected", "settled")
    line = order.lines.get(line_no=1)
    assert (line.returned_quantity, line.refunded_quantity, line.claimed_quantity) == (2, 2, 0)
    assert not order_after_sales.has_open_after_sale(order.pk)
    assert_books_are_sound()


def test_money_then_goods(shop: Shop) -> None:
    order = signed(("G-01", 3))
    asked = approve(ask(order, NewAfterSaleLine(1, 3)))
    assert refund(asked) == Decimal("30.00")
    assert states(asked) == ("approved", "expected", "settled")
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment_state) == ("refunded", "delivered")
    come_back(asked, InspectedLine(1, good=3))
    assert states(asked) == ("done", "inspected", "settled")
    order.refresh_from_db()
    assert order.fulfilment_state == "returned"
    assert balance_of(AccountCode.COST_OF_GOODS) == balance_of(AccountCode.REVENUE) == 0
    assert_books_are_sound()


def test_goods_of_a_refunded_order_come_back(shop: Shop) -> None:
    order = signed(("G-01", 3))
    refund_everything(order_id=order.pk, now=clock.now())
    asked = approve(ask(order, NewAfterSaleLine(1, 2, refund_quantity=0)))
    assert (asked.settlement_state, asked.amount) == ("none", 0)
    come_back(asked, InspectedLine(1, good=2))
    assert states(asked) == ("done", "inspected", "none")
    assert on_hand(shop) == 99
    assert_books_are_sound()


def test_money_goes_without_goods(shop: Shop) -> None:
    order = signed(("G-01", 3), freight="8.00")
    asked = approve(ask(order, NewAfterSaleLine(1, amount=Decimal("4.50")), kind="refund_only", freight=Decimal(3)))
    assert refund(asked) == Decimal("7.50")
    assert states(asked) == ("done", "none", "settled")
    assert on_hand(shop) == 97
    assert_books_are_sound()


def test_a_refund_before_shipment_frees_the_goods(shop: Shop) -> None:
    order = paid(("G-01", 3))
    asked = approve(ask(order, NewAfterSaleLine(1, refund_quantity=1), kind="refund_only"))
    assert refund(asked) == Decimal("10.00")
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).reserved == 2
    with pytest.raises(DomainError) as refusal:
        ask(order, NewAfterSaleLine(1, 1))
    assert code_of(refusal) == {("kind", "not_shipped")}


def test_damaged_and_lost_pieces_are_written_off(shop: Shop) -> None:
    order = signed(("G-01", 3))
    asked = approve(ask(order, NewAfterSaleLine(1, 3)))
    goods.receive_goods(after_sale_id=asked.pk, now=clock.now())
    goods.inspect_goods(after_sale_id=asked.pk, lines=[InspectedLine(1, good=1)], now=clock.now())
    assert states(asked) == ("approved", "received", "due")
    goods.inspect_goods(after_sale_id=asked.pk, lines=[InspectedLine(1, damaged=1, lost=1)], now=clock.now())
    line = order.lines.get()
    assert (line.returned_quantity, line.written_off_quantity, line.returned_cost) == (1, 2, Decimal("4.00"))
    assert (on_hand(shop), balance_of(AccountCode.COST_OF_GOODS)) == (98, Decimal("8.00"))
    order.refresh_from_db()
    assert order.fulfilment_state == "returned"
    assert refund(asked) == Decimal("30.00")
    assert_books_are_sound()


def test_many_on_one_line_and_the_last_takes_the_remainder(shop: Shop) -> None:
    order = sell(("G-01", 3), discount="0.01")
    pay_order(order_id=order.pk, method="bank", reference="b", now=clock.now())
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    sums = []
    for _time in range(3):
        asked = approve(ask(order, NewAfterSaleLine(1, 1)))
        come_back(asked, InspectedLine(1, good=1))
        sums.append(refund(asked))
    assert sum(sums) == Decimal("29.99")
    assert on_hand(shop) == 100
    with pytest.raises(DomainError) as refusal:
        ask(order, NewAfterSaleLine(1, 1))
    assert ("lines.0.quantity", "exceeds_shipped") in code_of(refusal)
    assert_books_are_sound()


def test_pieces_of_an_open_request_are_not_asked_for_twice(shop: Shop) -> None:
    order = signed(("G-01", 3))
    first = ask(order, NewAfterSaleLine(1, 2))
    with pytest.raises(DomainError) as refusal:
        ask(order, NewAfterSaleLine(1, 2))
    assert code_of(refusal) == {("lines.0.quantity", "exceeds_shipped"), ("lines.0.refund_quantity", "exceeds_ordered")}
    with pytest.raises(DomainError) as refusal:  # by the short way
        refund_order(order_id=order.pk, lines=[RefundRequest(1, 3)], restock=True, now=clock.now())
    assert refusal.value.code == "goods_not_with_buyer"
    deciding.refuse_after_sale(after_sale_id=first.pk, reason="已使用", now=clock.now())
    assert states(first)[0] == "refused"
    assert ask(order, NewAfterSaleLine(1, 3)).amount == Decimal("30.00")


def test_an_even_exchange(shop: Shop) -> None:
    order = signed(("G-01", 2), freight="8.00")
    asked = approve(ask(order, NewAfterSaleLine(1, 1), kind="exchange", replacements=[Replacement("g-01", 1)]))
    come_back(asked, InspectedLine(1, good=1))
    assert order_after_sales.waits_for(AfterSale.objects.get(pk=asked.pk)) == "exchange"
    sent = settling.exchange_goods(after_sale_id=asked.pk, now=clock.now())
    assert states(asked) == ("done", "inspected", "settled")
    assert (sent.kind, sent.total, sent.discount, sent.payment_state) == (
        "exchange",
        Decimal("0.00"),
        Decimal("10.00"),
        "paid",
    )
    assert (sent.customer_id, sent.receiver) == (order.customer_id, order.receiver)
    ship_order(order_id=sent.pk, carrier="SF", tracking_number="SF2", now=clock.now())
    assert (on_hand(shop), balance_of(AccountCode.COST_OF_GOODS)) == (98, Decimal("8.00"))
    again = approve(ask(Order.objects.get(pk=sent.pk), NewAfterSaleLine(1, 1)))  # what was exchanged can come back too
    come_back(again, InspectedLine(1, good=1))
    assert refund(again) == 0
    assert states(again)[0] == "done"
    assert_books_are_sound()


@pytest.mark.parametrize(("difference", "total", "back"), [("10.00", "10.00", None), ("-2.50", "0.00", "2.50")])
def test_an_exchange_with_a_difference(shop: Shop, difference: str, total: str, back: str | None) -> None:
    order = signed(("G-01", 2))
    asked = approve(
        ask(
            order,
            NewAfterSaleLine(1, 1),
            kind="exchange",
            replacements=[Replacement("G-02", 1)],
            difference=Decimal(difference),
        )
    )
    come_back(asked, InspectedLine(1, damaged=1))
    if back:
        assert refund(asked) == Decimal(back)
        assert states(asked)[2] == "due"
        with pytest.raises(DomainError):
            refund(asked)
    sent = settling.exchange_goods(after_sale_id=asked.pk, now=clock.now())
    assert sent.total == Decimal(total)
    assert states(asked) == ("done", "inspected", "settled")
    with pytest.raises(DomainError):
        settling.exchange_goods(after_sale_id=asked.pk, now=clock.now())
    assert_books_are_sound()
