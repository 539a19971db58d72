"""Place, pay, ship, refund, ask for after-sales, with goods before and after money, in whatever order chance takes."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock, StockMovement
from tenant_apps.orders.models import AfterSale, Order, OrderLine, Payment, Refund
from tenant_apps.orders.rules.after_sales import InspectedLine, NewAfterSale, NewAfterSaleLine, Replacement
from tenant_apps.orders.rules.fulfilment import ShipmentLine
from tenant_apps.orders.services import close_order, refund_order, ship_order
from tenant_apps.orders.services.after_sales import deciding, goods, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.states import OPEN_AFTER_SALES, SettlementState
from tests.factories.chance import examples
from tests.factories.trade import assert_books_are_sound, balance_of, open_shop, sell

pytestmark = pytest.mark.django_db
AMOUNTS = st.sampled_from([None, None, Decimal("0.01"), Decimal("7.77"), Decimal(1000)])


class AfterSalesMachine(RuleBasedStateMachine):
    """A shop of two goods and a service; what is refused changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()  # each run has a shop of its own
        self.whole.__enter__()
        open_shop(goods=2, pieces=60)
        self.orders: list[int] = []
        self.asked: list[int] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def _try(self, act: Callable[[], object]) -> object:
        """Do it, or take the refusal: nothing of it stays."""
        try:
            with transaction.atomic():
                return act()
        except DomainError:
            return None

    @rule(pieces=st.integers(1, 4), discount=st.sampled_from(["0.00", "0.01", "3.33"]))
    def place(self, pieces: int, discount: str) -> None:
        wanted = (("G-01", pieces), ("G-02", 1), ("POST", 1))
        order = self._try(lambda: sell(*wanted, discount=discount, freight="6.00"))
        if isinstance(order, Order):
            self._try(lambda: pay_order(order_id=order.pk, method="bank", reference=f"b-{order.pk}", now=clock.now()))
            self.orders.append(order.pk)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), part=st.booleans(), arrives=st.booleans())
    def ship(self, data: st.DataObject, part: bool, arrives: bool) -> None:
        order_id = data.draw(st.sampled_from(self.orders))
        packing = ship_order.Packing(lines=[ShipmentLine(1, 1)] if part else None)
        self._try(lambda: ship_order.ship_order(order_id=order_id, packing=packing, now=clock.now()))
        if arrives:
            self._try(lambda: close_order.deliver_order(order_id=order_id, now=clock.now()))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), pieces=st.integers(0, 3), amount=AMOUNTS, restock=st.booleans())
    def refund(self, data: st.DataObject, pieces: int, amount: Decimal | None, restock: bool) -> None:
        order_id = data.draw(st.sampled_from(self.orders))
        lines = [refund_order.RefundRequest(data.draw(st.integers(0, 3)), pieces, amount)]
        self._try(lambda: refund_order.refund_order(order_id=order_id, lines=lines, restock=restock, now=clock.now()))

    @precondition(lambda self: self.orders)
    @rule(
        data=st.data(),
        kind=st.sampled_from(["refund_only", "return", "return", "exchange"]),
        pieces=st.integers(0, 3),
        refunded=st.sampled_from([None, 0, 1, 2]),
        amount=AMOUNTS,
        difference=st.sampled_from([ZERO, ZERO, Decimal(5), Decimal("-1.25")]),
    )
    def ask(
        self,
        data: st.DataObject,
        kind: str,
        pieces: int,
        refunded: int | None,
        amount: Decimal | None,
        difference: Decimal,
    ) -> None:
        is_exchange = kind == "exchange"
        lines = [NewAfterSaleLine(data.draw(st.integers(1, 3)), pieces, refunded, None if is_exchange else amount)]
        wanted = NewAfterSale(
            kind=kind,
            reason="quality",
            lines=lines,
            freight=data.draw(st.sampled_from([ZERO, ZERO, Decimal(2)])),
            replacements=[Replacement("G-02", 1)] if is_exchange else (),
            difference=difference if is_exchange else ZERO,
        )
        order_id = data.draw(st.sampled_from(self.orders))
        made = self._try(lambda: request_after_sale(order_id=order_id, wanted=wanted, now=clock.now()))
        if isinstance(made, AfterSale):
            self.asked.append(made.pk)
            if data.draw(st.booleans()) or data.draw(st.booleans()):
                deciding.approve_after_sale(after_sale_id=made.pk, now=clock.now())

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), act=st.sampled_from(["approve", "refuse", "cancel", "waive_goods", "waive_settlement"]))
    def decide(self, data: st.DataObject, act: str) -> None:
        pk = data.draw(st.sampled_from(self.asked))
        now = clock.now()
        acts: dict[str, Callable[[], object]] = {
            "approve": lambda: deciding.approve_after_sale(after_sale_id=pk, now=now),
            "refuse": lambda: deciding.refuse_after_sale(after_sale_id=pk, reason="x", now=now),
            "cancel": lambda: deciding.cancel_after_sale(after_sale_id=pk, reason="x", now=now),
            "waive_goods": lambda: goods.waive_goods(after_sale_id=pk, reason="x", now=now),
            "waive_settlement": lambda: settling.waive_settlement(after_sale_id=pk, reason="x", now=now),
        }
        self._try(acts[act])

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), lost=st.integers(0, 2), damaged=st.integers(0, 2))
    def come_back(self, data: st.DataObject, lost: int, damaged: int) -> None:
        pk = data.draw(st.sampled_from(self.asked))
        self._try(lambda: goods.receive_goods(after_sale_id=pk, now=clock.now()))
        found = []
        for one in AfterSale.objects.get(pk=pk).lines.select_related("line").order_by("id"):
            gone = min(lost, one.uninspected)
            broken = min(damaged, one.uninspected - gone)
            found.append(InspectedLine(one.line.line_no, one.uninspected - gone - broken, broken, gone))
        self._try(lambda: goods.inspect_goods(after_sale_id=pk, lines=found, now=clock.now()))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), amount=AMOUNTS)
    def settle(self, data: st.DataObject, amount: Decimal | None) -> None:
        pk = data.draw(st.sampled_from(self.asked))
        self._try(lambda: settling.refund_after_sale(after_sale_id=pk, amount=amount, now=clock.now()))
        sent = self._try(lambda: settling.exchange_goods(after_sale_id=pk, now=clock.now()))
        if isinstance(sent, Order):
            self.orders.append(sent.pk)

    @invariant()
    def the_books_are_sound(self) -> None:
        assert_books_are_sound()

    @invariant()
    def stock_is_the_sum_of_its_movements(self) -> None:
        moved = dict(
            StockMovement.objects.order_by()
            .values("variant_id")
            .annotate(n=Sum("quantity"))
            .values_list("variant_id", "n")
        )
        for stock in Stock.objects.order_by("id"):
            assert stock.on_hand == moved[stock.variant_id]

    @invariant()
    def the_cost_of_goods_is_what_left_and_did_not_come_back(self) -> None:
        kept = OrderLine.objects.aggregate(total=Sum(F("cost") - F("returned_cost")))["total"] or ZERO
        assert balance_of(AccountCode.COST_OF_GOODS) == kept

    @invariant()
    def money_on_every_order_adds_up(self) -> None:
        for order in Order.objects.order_by("id"):
            lines = list(order.lines.order_by("line_no"))
            refunds = _total(Refund.objects.filter(order=order).order_by("id"))
            assert order.total == sum((line.goods_amount for line in lines), ZERO) + order.freight
            assert order.refunded_amount == refunds
            assert refunds == sum((line.refunded_amount for line in lines), ZERO) + order.refunded_freight
            assert refunds <= _total(Payment.objects.filter(order=order).order_by("id")) or not order.total
            for line in lines:
                assert line.refunded_amount <= line.goods_amount
                assert line.pieces_out >= 0
        paid = _total(Payment.objects.order_by("id")) - _total(Refund.objects.order_by("id"))
        assert balance_of(AccountCode.ADVANCES) + balance_of(AccountCode.REVENUE) == paid
        assert balance_of(AccountCode.BANK) == paid

    @invariant()
    def claims_are_those_of_open_after_sales(self) -> None:
        claimed: dict[int, int] = {}
        for one in AfterSale.objects.filter(state__in=OPEN_AFTER_SALES).exclude(goods_state="waived"):
            for row in one.lines.order_by("id"):
                claimed[row.line_id] = claimed.get(row.line_id, 0) + row.uninspected
        for line in OrderLine.objects.order_by("id"):
            assert line.claimed_quantity == claimed.get(line.pk, 0)
        for one in AfterSale.objects.filter(state="done"):
            assert one.settlement_state != SettlementState.DUE


def _total(rows: QuerySet[Payment] | QuerySet[Refund]) -> Decimal:
    return Decimal(rows.aggregate(total=Sum("amount"))["total"] or ZERO)


@pytest.mark.hypothesis
def test_after_sales_in_any_order() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        AfterSalesMachine,
        settings=settings(max_examples=examples(8), stateful_step_count=25, suppress_health_check=checks),
    )
