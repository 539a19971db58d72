"""Sell, deliver, refund, pay out, in whatever order chance takes: the books stay right after every step."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from kernel.events.outbox import deliver_pending
from kernel.tenancy.actors import Actor, acting_as
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import CommissionEntry, Payout
from tenant_apps.commissions.services import accrual, payouts
from tenant_apps.commissions.states import PayoutMethod
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.services import close_order, refund_order, ship_order
from tests.factories.chance import examples
from tests.factories.parallel import AtOnce, at_once
from tests.factories.trade import owed_to_agents

from .conftest import NOW, Network, build_network, sell, stock_goods

__all__ = ["at_once"]
PAYEE = payouts.Payee(PayoutMethod.ALIPAY, "林某", "lin@example")
CLERK = Actor(kind="user", id=901, label="clerk")
BOSS = Actor(kind="user", id=902, label="boss")
MAX_SHARE = Decimal("0.5")


class MoneyMachine(RuleBasedStateMachine):
    """Ling sells; events may be delivered late; a day passes with every step."""

    network: Network

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.orders: list[int] = []

    @rule(pieces=st.integers(1, 4), discount=st.sampled_from(["0.00", "0.01", "13.37"]))
    def sell(self, pieces: int, discount: str) -> None:
        order = sell(("LIP-2", pieces), ("LIP-1", 1), discount=discount, freight="6.00", now=self.now)
        self.orders.append(order.pk)

    @rule()
    def deliver_events(self) -> None:
        deliver_pending(limit=1000)

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.orders))
        self._try(lambda: ship_order.ship_order(order_id=order_id, carrier="SF", tracking_number="SF1", now=self.now))
        self._try(lambda: close_order.deliver_order(order_id=order_id, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), whole=st.booleans())
    def refund(self, data: st.DataObject, whole: bool) -> None:
        order_id = data.draw(st.sampled_from(self.orders))
        if whole:
            self._try(lambda: refund_order.refund_everything(order_id=order_id, now=self.now))
        else:
            lines = [refund_order.RefundRequest(1, 1)]
            self._try(lambda: refund_order.refund_order(order_id=order_id, lines=lines, now=self.now))

    @rule(share=st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)]), fails=st.booleans())
    def pay_out(self, share: Decimal, fails: bool) -> None:
        available = selectors.balance_of(agent_id=self.network.ling.pk, as_of=self.now).available
        amount = (available * share).quantize(Decimal("0.01"))
        with acting_as(CLERK):
            payout = self._try(
                lambda: payouts.request_payout(agent_id=self.network.ling.pk, amount=amount, payee=PAYEE, now=self.now)
            )
        if not isinstance(payout, Payout):
            assert amount <= 0 or share == 2
            return
        assert share <= 1
        with acting_as(BOSS):
            payouts.approve_payout(payout_id=payout.pk, now=self.now)
        if fails:
            payouts.mark_payout_failed(payout_id=payout.pk, reason="wrong account")
            payouts.reject_payout(payout_id=payout.pk, reason="wrong account")
        else:
            payouts.mark_payout_paid(payout_id=payout.pk, reference=f"r-{payout.pk}", now=self.now)

    @invariant()
    def the_ledger_owes_what_the_entries_say(self) -> None:
        trial = finance.trial_balance()
        assert trial.difference == ZERO
        assert trial.balance_of(AccountCode.OTHER_PAYABLES) == owed_to_agents()

    @invariant()
    def balances_follow_from_their_parts(self) -> None:
        for agent in (self.network.ling, self.network.mei, self.network.hua):
            balance = selectors.balance_of(agent_id=agent.pk, as_of=self.now)
            released = balance.available + balance.reserved + balance.paid
            assert balance.accrued + balance.reversed_ == balance.held + released
            assert balance.held >= ZERO
            assert balance.accrued + balance.reversed_ >= ZERO

    @invariant()
    def no_line_costs_more_than_the_cap(self) -> None:
        paid: dict[int, Decimal] = {}
        base: dict[int, Decimal] = {}
        for entry in CommissionEntry.objects.order_by("id"):
            paid[entry.order_line_id] = paid.get(entry.order_line_id, ZERO) + entry.amount
            if entry.kind == "accrual":
                base[entry.order_line_id] = entry.base_amount
        assert all(ZERO <= paid[line] <= base[line] * MAX_SHARE + Decimal("0.01") for line in paid)

    def teardown(self) -> None:
        """Whatever was left undelivered is delivered, and every fully refunded order has cost nothing."""
        deliver_pending(limit=1000)
        for order_id in self.orders:
            self._try(partial(refund_order.refund_everything, order_id=order_id, now=self.now))
        deliver_pending(limit=1000)
        if self.orders:
            entries = CommissionEntry.objects.filter(order_id__in=self.orders)
            assert sum((entry.amount for entry in entries), ZERO) == ZERO

    @staticmethod
    def _try(act: Callable[[], object]) -> object:
        try:
            return act()
        except DomainError as refusal:
            return refusal


@pytest.mark.hypothesis
@pytest.mark.django_db
def test_the_books_stay_right_whatever_happens(network: Network) -> None:
    MoneyMachine.network = network
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(max_examples=examples(6), stateful_step_count=18, suppress_health_check=checks),
    )


@pytest.mark.django_db(transaction=True)
def test_payment_receipt_and_refund_told_at_once_are_counted_once(at_once: AtOnce) -> None:
    network = build_network()
    stock_goods()
    order = sell(("LIP-2", 3))
    refunds = [
        refund_order.refund_order(order_id=order.pk, lines=[refund_order.RefundRequest(1, 1)], now=NOW).pk
        for _ in range(3)
    ]
    told = [
        lambda: accrual.accrue_order(order_id=order.pk),
        lambda: accrual.release_order(order_id=order.pk, delivered_at=NOW),
        *[lambda refund=refund: accrual.reverse_refund(refund_id=refund) for refund in refunds],
    ]
    at_once(*told, *told)
    kinds = list(CommissionEntry.objects.filter(beneficiary=network.ling).values_list("kind", flat=True))
    assert sorted(kinds) == ["accrual", "reversal", "reversal", "reversal"]
    assert sum(CommissionEntry.objects.values_list("amount", flat=True)) == 0
    assert finance.trial_balance().balance_of(AccountCode.OTHER_PAYABLES) == 0
