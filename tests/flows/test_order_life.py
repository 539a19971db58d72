"""Any step on any order at any time: the books balance, stock is real and nobody gets back too much."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, StockMovement
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order, OrderLine, RefundLine
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import NewLine, OrderAdjustments, place_retail_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_everything, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.chance import examples
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

pytestmark = pytest.mark.django_db

PIECES = st.integers(1, 4)
WHICH = st.integers(0, 30)


class OrderLife(RuleBasedStateMachine):
    """Any step on any order at any time; a step either works wholly or is refused and changes nothing."""

    shop: Shop
    attempts = 0

    def attempt(self, step: Callable[[], Any]) -> None:
        """Refusals are fine, anything else is not."""
        self.attempts += 1
        try:
            with transaction.atomic():
                step()
        except DomainError:
            pass

    def pick(self, which: int) -> int:
        ids = list(Order.objects.order_by("id").values_list("id", flat=True))
        return ids[which % len(ids)] if ids else 0

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.savepoint()
        self.shop = open_shop(goods=2, pieces=12)

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    @rule(
        first=PIECES, second=PIECES, service=st.booleans(), discount=st.integers(0, 2500), freight=st.integers(0, 900)
    )
    def place(self, first: int, second: int, service: bool, discount: int, freight: int) -> None:
        lines = [NewLine(self.shop.skus[0], first), NewLine(self.shop.skus[1], second)]
        if service:
            lines.insert(1, NewLine(self.shop.service_sku, 1))
        adjustments = OrderAdjustments(discount=Decimal(discount) / 100, freight=Decimal(freight) / 100)
        self.attempt(
            lambda: place_retail_order(lines=lines, agent_code="LING", adjustments=adjustments, now=clock.now())
        )

    @rule(which=WHICH, reference=st.integers(1, 40))
    def pay(self, which: int, reference: int) -> None:
        order_id = self.pick(which)
        self.attempt(
            lambda: pay_order(order_id=order_id, method="wechat", reference=f"wx-{reference}", now=clock.now())
        )

    @rule(which=WHICH)
    def ship(self, which: int) -> None:
        self.attempt(
            lambda: ship_order(order_id=self.pick(which), carrier="SF", tracking_number="SF1", now=clock.now())
        )

    @rule(which=WHICH)
    def deliver(self, which: int) -> None:
        self.attempt(lambda: deliver_order(order_id=self.pick(which), now=clock.now()))

    @rule(which=WHICH)
    def complete(self, which: int) -> None:
        self.attempt(lambda: complete_order(order_id=self.pick(which), now=clock.now()))

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.attempt(lambda: cancel_order(order_id=self.pick(which), now=clock.now()))

    @rule(
        which=WHICH,
        requests=st.lists(
            st.builds(
                RefundRequest,
                line_no=st.integers(0, 3),
                quantity=st.integers(0, 3),
                amount=st.none() | st.integers(0, 2000).map(lambda cents: Decimal(cents) / 100),
            ),
            max_size=3,
        ),
        restock=st.booleans(),
    )
    def refund_part(self, which: int, requests: list[RefundRequest], restock: bool) -> None:
        self.attempt(lambda: refund_order(order_id=self.pick(which), lines=requests, restock=restock, now=clock.now()))

    @rule(which=WHICH, restock=st.booleans())
    def refund_all(self, which: int, restock: bool) -> None:
        self.attempt(lambda: refund_everything(order_id=self.pick(which), restock=restock, now=clock.now()))

    @rule(which=st.integers(0, 1), pieces=PIECES, cents=st.integers(0, 99999))
    def receive(self, which: int, pieces: int, cents: int) -> None:
        line = inventory.ReceiptLine(self.shop.variant_ids[which], pieces, Decimal(cents) / 10_000)
        self.attempt(lambda: inventory.receive(lines=[line], reference=f"r-{self.attempts}", now=clock.now()))

    @rule(which=st.integers(0, 1), change=st.integers(-5, 3).filter(bool))
    def count_stock(self, which: int, change: int) -> None:
        line = inventory.AdjustmentLine(self.shop.variant_ids[which], change)
        self.attempt(lambda: inventory.adjust(lines=[line], reference=f"c-{self.attempts}", now=clock.now()))

    @invariant()
    def books_and_stock_agree(self) -> None:
        if not hasattr(self, "shop"):
            return
        assert_books_are_sound()
        self.check_stock_against_movements()
        self.check_refunds()
        self.check_money()

    def check_stock_against_movements(self) -> None:
        for stock in Stock.objects.all():
            moved = StockMovement.objects.filter(variant_id=stock.variant_id).aggregate(
                p=Sum("quantity"), v=Sum("value")
            )
            assert (stock.on_hand, stock.value) == (moved["p"], moved["v"])
            held = Reservation.objects.filter(variant_id=stock.variant_id, state="active")
            assert stock.reserved == sum(one.open for one in held)

    def check_refunds(self) -> None:
        for order in Order.objects.all():
            assert ZERO <= order.refunded_amount <= order.total
            lines = list(OrderLine.objects.filter(order=order))
            assert order.refunded_amount == sum((one.refunded_amount for one in lines), order.refunded_freight)
            given = RefundLine.objects.filter(refund__order=order).aggregate(total=Sum("amount"))["total"] or ZERO
            assert given == sum((one.refunded_amount for one in lines), ZERO)
            if order.payment_state == "refunded":
                assert order.refunded_amount == order.total

    def check_money(self) -> None:
        """Money in hand is what was paid less what went back; advances are what is paid and not shipped."""
        paid = Order.objects.exclude(payment_state="unpaid")
        kept = sum((order.total - order.refunded_amount for order in paid), ZERO)
        assert balance_of(AccountCode.PLATFORM_CLEARING) == kept
        waiting = [order for order in paid if order.fulfilment_state == "unfulfilled"]
        owed = sum((order.total - order.refunded_amount for order in waiting), ZERO)
        assert balance_of(AccountCode.ADVANCES) == owed
        assert balance_of(AccountCode.REVENUE) == kept - owed


@pytest.mark.hypothesis
def test_order_life() -> None:
    run_state_machine_as_test(
        OrderLife,
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
