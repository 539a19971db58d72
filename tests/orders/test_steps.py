"""The steps of an order's life: what each does to money and goods, and when it is refused."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.states import IllegalTransition
from kernel.models import OutboxMessage
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, StockMovement
from tenant_apps.orders.models import Order, Payment
from tenant_apps.orders.selectors import documents, facts
from tenant_apps.orders.services.close_order import (
    NotDelivered,
    RefundFirst,
    cancel_order,
    complete_order,
    deliver_order,
)
from tenant_apps.orders.services.locking import OrderNotOpen
from tenant_apps.orders.services.pay_order import (
    InvalidPayment,
    PaymentReferenceUsed,
    WrongAmount,
    pay_order,
)
from tenant_apps.orders.services.ship_order import OrderNotPaid, ship_order
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, sell

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


def pay(order: Order, reference: str = "wx-1", amount: str | None = None) -> Order:
    return pay_order(
        order_id=order.pk, method="wechat", reference=reference, amount=Decimal(amount) if amount else None, now=NOW
    )


def test_from_placing_to_completion(shop: Shop) -> None:
    order = sell(("G-01", 3), ("G-02", 1), ("POST", 1), discount="5.00", freight="8.00")
    pay(order)
    assert balance_of(AccountCode.PLATFORM_CLEARING) == balance_of(AccountCode.ADVANCES) == Decimal("68.00")
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=NOW)
    assert balance_of(AccountCode.ADVANCES) == 0
    assert balance_of(AccountCode.REVENUE) == Decimal("68.00")
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal("20.00")
    deliver_order(order_id=order.pk, now=NOW)
    complete_order(order_id=order.pk, now=NOW)
    order.refresh_from_db()
    assert (order.state, order.payment_state, order.fulfilment_state) == ("completed", "paid", "delivered")
    assert (order.carrier, order.tracking_number) == ("SF", "SF1")
    assert order.paid_at == order.shipped_at == order.delivered_at == order.completed_at == NOW
    costs = [(line.shipped_quantity, line.cost) for line in order.lines.order_by("line_no")]
    assert costs == [(3, Decimal(12)), (1, Decimal(8)), (1, Decimal(0))]
    assert [(stock.on_hand, stock.reserved) for stock in Stock.objects.order_by("variant_id")][:2] == [(97, 0), (99, 0)]
    movement = StockMovement.objects.filter(source=f"order:{order.pk}").order_by("variant_id")[0]
    assert (movement.quantity, movement.balance_after, movement.value) == (-3, 97, Decimal(-12))
    events = OutboxMessage.objects.order_by("id").values_list("event", flat=True)
    assert [event for event in events if event.startswith("orders.")] == [
        "orders.order_placed",
        "orders.order_paid",
        "orders.parcel_shipped",
        "orders.order_shipped",
        "orders.order_delivered",
        "orders.order_completed",
    ]
    assert_books_are_sound()


def test_the_same_payment_again_changes_nothing(shop: Shop) -> None:
    order = sell(("G-01", 1))
    pay(order)
    entries = LedgerEntry.objects.count()
    again = pay(order)
    assert again.payment_state == "paid"
    assert (Payment.objects.count(), LedgerEntry.objects.count()) == (1, entries)


def test_another_payment_of_a_paid_order_is_a_conflict(shop: Shop) -> None:
    order = sell(("G-01", 1))
    pay(order)
    with pytest.raises(IllegalTransition):
        pay(order, reference="wx-2")
    with pytest.raises(PaymentReferenceUsed):
        pay(sell(("G-01", 1)))
    with pytest.raises(PaymentReferenceUsed):
        pay(order, amount="9.99")


def test_the_amount_must_be_the_total(shop: Shop) -> None:
    order = sell(("G-01", 1))
    with pytest.raises(WrongAmount):
        pay(order, amount="9.99")
    assert pay(order, amount="10.00").payment_state == "paid"


@pytest.mark.parametrize(("method", "reference"), [("gold", "x"), ("bank", ""), ("bank", "x" * 65)])
def test_a_payment_needs_a_method_and_a_reference(shop: Shop, method: str, reference: str) -> None:
    order = sell(("G-01", 1))
    with pytest.raises(InvalidPayment):
        pay_order(order_id=order.pk, method=method, reference=reference, now=clock.now())


@pytest.mark.parametrize(
    ("method", "account"),
    [("bank", AccountCode.BANK), ("cash", AccountCode.CASH), ("alipay", AccountCode.PLATFORM_CLEARING)],
)
def test_each_method_has_its_account(shop: Shop, method: str, account: AccountCode) -> None:
    pay_order(order_id=sell(("G-01", 1)).pk, method=method, reference="r", now=clock.now())
    assert balance_of(account) == Decimal(10)


def test_goods_leave_only_against_money(shop: Shop) -> None:
    order = sell(("G-01", 1))
    with pytest.raises(OrderNotPaid):
        ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())


def test_an_unpaid_order_is_cancelled_and_its_goods_are_released(shop: Shop) -> None:
    order = sell(("G-01", 3))
    assert cancel_order(order_id=order.pk, now=NOW).cancelled_at == NOW
    assert Stock.objects.order_by("variant_id")[0].reserved == 0
    assert Reservation.objects.get().state == "released"
    for step in (cancel_order, deliver_order, complete_order, ship_order):
        with pytest.raises(OrderNotOpen):
            step(order_id=order.pk, now=clock.now())
    with pytest.raises(OrderNotOpen):
        pay(order)


def test_a_paid_order_is_refunded_instead_of_cancelled(shop: Shop) -> None:
    order = pay(sell(("G-01", 3)))
    with pytest.raises(RefundFirst):
        cancel_order(order_id=order.pk, now=clock.now())


def test_steps_out_of_order_are_refused(shop: Shop) -> None:
    order = pay(sell(("G-01", 1)))
    with pytest.raises(IllegalTransition):
        deliver_order(order_id=order.pk, now=clock.now())
    with pytest.raises(NotDelivered):
        complete_order(order_id=order.pk, now=clock.now())
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    with pytest.raises(IllegalTransition), transaction.atomic():
        ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    assert Stock.objects.order_by("variant_id")[0].on_hand == 99


def test_unknown_orders_are_not_found() -> None:
    for step in (cancel_order, deliver_order, complete_order, ship_order):
        with pytest.raises(documents.OrderNotFound):
            step(order_id=10**12, now=clock.now())
    for read in (facts.get_order_facts, documents.get_order_document, documents.get_order):
        with pytest.raises(documents.OrderNotFound):
            read(order_id=10**12)


def test_a_free_order_moves_no_money(shop: Shop) -> None:
    order = pay(sell(("G-01", 1), discount="10.00"))
    ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    assert balance_of(AccountCode.REVENUE) == 0
    assert balance_of(AccountCode.COST_OF_GOODS) == Decimal(4)
    assert_books_are_sound()


def test_an_error_in_a_step_leaves_nothing_behind(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = pay(sell(("G-01", 1)))

    def fail(**_facts: object) -> None:
        raise DomainError("stop")

    monkeypatch.setattr("tenant_apps.orders.services.ship_order.audit.record", fail)
    with pytest.raises(DomainError):
        ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    order.refresh_from_db()
    assert order.fulfilment_state == "unfulfilled"
    assert Stock.objects.order_by("variant_id")[0].on_hand == 100
    assert_books_are_sound()
