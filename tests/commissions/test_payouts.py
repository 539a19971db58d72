"""Payouts: never more than there is, never by one person alone, never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.core.money import ZERO
from kernel.core.states import IllegalTransition
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import enter_brand
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import Payout
from tenant_apps.commissions.services import accrual, payouts
from tenant_apps.commissions.states import PayoutMethod, PayoutState
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import refund_order
from tests.factories.trade import owed_to_agents

from .conftest import NOW, Network, build_network, sell, stock_goods

LATER = NOW + timedelta(days=30)
PAYEE = payouts.Payee(PayoutMethod.BANK, "林某", "6222000011112222333")
CLERK = Actor(kind="user", id=901, label="clerk", permissions=frozenset({payouts.PERMISSION}))
BOSS = Actor(kind="user", id=902, label="boss", permissions=frozenset({payouts.PERMISSION}))


def earn(times: int = 1) -> None:
    """Eight yuan for Ling per order, available long before LATER."""
    for _ in range(times):
        accrual.release_order(order_id=sell().pk, delivered_at=NOW)


def ask(network: Network, amount: str = "8.00", payee: payouts.Payee = PAYEE) -> Payout:
    with acting_as(CLERK):
        return payouts.request_payout(agent_id=network.ling.pk, amount=Decimal(amount), payee=payee, now=LATER)


def approve(payout: Payout) -> Payout:
    with acting_as(BOSS):
        return payouts.approve_payout(payout_id=payout.pk, now=LATER)


def available(network: Network) -> Decimal:
    return selectors.balance_of(agent_id=network.ling.pk, as_of=LATER).available


@pytest.mark.django_db
@pytest.mark.parametrize("method", PayoutMethod)
def test_a_payout_leaves_the_account_of_its_method(network: Network, method: PayoutMethod) -> None:
    earn()
    before = finance.trial_balance()
    payout = approve(ask(network, "5.00", payouts.Payee(method, "林某", "someone")))
    payouts.mark_payout_paid(payout_id=payout.pk, reference="t-1", now=LATER)
    after = finance.trial_balance()
    moved = {code: after.balance_of(code) - before.balance_of(code) for code in ("1002", "1012", "1001")}
    paid_from = {PayoutMethod.BANK: "1002", PayoutMethod.ALIPAY: "1012", PayoutMethod.WECHAT: "1012"}[method]
    assert {code for code, amount in moved.items() if amount} == {paid_from}
    assert moved[paid_from] == Decimal("-5.00")


@pytest.mark.django_db
def test_requested_money_is_taken_at_once_and_paid_money_is_posted(network: Network) -> None:
    earn()
    payout = ask(network, "5.00")
    assert available(network) == Decimal("3.00")
    approve(payout)
    payouts.mark_payout_paid(payout_id=payout.pk, reference="icbc-1", now=LATER)
    balance = selectors.balance_of(agent_id=network.ling.pk, as_of=LATER)
    assert [balance.paid, balance.reserved, balance.available] == [Decimal("5.00"), ZERO, Decimal("3.00")]
    trial = finance.trial_balance()
    assert trial.balance_of(AccountCode.BANK) == Decimal("-5.00")
    assert trial.balance_of(AccountCode.OTHER_PAYABLES) == Decimal("8.00")  # 3.00 of Ling, 5.00 of Mei
    assert owed_to_agents() == Decimal("8.00")


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["8.01", "100000.00"])
def test_more_than_available_is_refused(network: Network, amount: str) -> None:
    earn()
    with pytest.raises(payouts.InsufficientCommission) as refusal:
        ask(network, amount)
    assert refusal.value.errors[0].field == "amount"
    assert not Payout.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001"])
def test_an_amount_that_is_no_money_is_refused(network: Network, amount: str) -> None:
    with pytest.raises(payouts.InvalidPayoutAmount):
        ask(network, amount)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "account", "fields"),
    [
        (" ", "6222000011112222333", ["payee_name"]),
        ("林某", "", ["payee_account"]),
        ("", "\t", ["payee_name", "payee_account"]),
    ],
)
def test_a_payee_without_name_or_account_is_refused(
    network: Network, name: str, account: str, fields: list[str]
) -> None:
    earn()
    payee = payouts.Payee(PayoutMethod.BANK, name, account)
    with pytest.raises(payouts.PayeeIncomplete) as refused:
        payouts.request_payout(agent_id=network.ling.pk, amount=Decimal("1.00"), payee=payee, now=LATER)
    assert [(error.field, error.code) for error in refused.value.errors] == [(one, "required") for one in fields]
    assert available(network) == Decimal("8.00")


@pytest.mark.django_db
def test_lists_are_narrowed_to_agent_order_and_state(network: Network) -> None:
    earn(2)
    first, second = ask(network, "1.00"), ask(network, "2.00")
    approve(first)
    listed = selectors.list_payouts
    assert list(listed()) == [second, first]
    assert list(listed(state="approved")) == [first]
    assert list(listed(agent_id=network.ling.pk, state="requested")) == [second]
    assert list(listed(agent_id=network.hua.pk)) == []
    order_id = Order.objects.earliest("id").pk
    entries = selectors.list_entries(order_id=order_id)
    assert {entry.order_id for entry in entries} == {order_id}
    assert len(entries) * 2 == selectors.list_entries().count()


@pytest.mark.django_db
def test_held_commission_is_not_paid_out(network: Network) -> None:
    accrual.accrue_order(order_id=sell().pk)
    with pytest.raises(payouts.InsufficientCommission):
        ask(network, "0.01")


@pytest.mark.django_db
def test_a_clawback_after_the_payout_is_carried_forward_and_offset_by_new_earnings(network: Network) -> None:
    order = sell()
    accrual.release_order(order_id=order.pk, delivered_at=NOW)
    payout = ask(network)
    approve(payout)
    payouts.mark_payout_paid(payout_id=payout.pk, reference="icbc-1", now=LATER)
    refund = refund_order.refund_everything(order_id=order.pk, now=LATER)
    accrual.reverse_refund(refund_id=refund.pk)
    assert available(network) == Decimal("-8.00")
    with pytest.raises(payouts.InsufficientCommission):
        ask(network, "0.01")
    earn(2)
    assert available(network) == Decimal("8.00")
    assert finance.trial_balance().difference == 0


@pytest.mark.django_db
def test_a_clawback_between_request_and_approval_blocks_the_approval(network: Network) -> None:
    order = sell()
    accrual.release_order(order_id=order.pk, delivered_at=NOW)
    payout = ask(network)
    accrual.reverse_refund(refund_id=refund_order.refund_everything(order_id=order.pk, now=LATER).pk)
    with pytest.raises(payouts.InsufficientCommission):
        approve(payout)
    payouts.reject_payout(payout_id=payout.pk, reason="refunded")
    assert available(network) == 0


@pytest.mark.django_db
def test_whoever_requested_does_not_approve_when_there_is_somebody_else(network: Network) -> None:
    users.create_user(name="Finance", role="finance", email="finance@acme.example", password="a long pass phrase")
    earn()
    payout = ask(network)
    with pytest.raises(payouts.SecondPersonNeeded), acting_as(CLERK):
        payouts.approve_payout(payout_id=payout.pk, now=LATER)
    assert approve(payout).approved_by == "user:902"


@pytest.mark.django_db
def test_a_lone_owner_may_approve_and_the_payout_says_so(network: Network) -> None:
    earn()
    payout = ask(network)
    with acting_as(CLERK):
        assert payouts.approve_payout(payout_id=payout.pk, now=LATER).is_sole_approval


@pytest.mark.django_db
def test_the_database_itself_wants_two_people(network: Network) -> None:
    earn()
    payout = ask(network)
    with pytest.raises(IntegrityError, match="commissions_payout_takes_two_people"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(approved_by=payout.requested_by)


@pytest.mark.django_db
def test_a_failed_transfer_keeps_its_number_and_its_money(network: Network) -> None:
    earn()
    payout = approve(ask(network))
    payouts.mark_payout_failed(payout_id=payout.pk, reason="wrong account")
    assert available(network) == 0
    again = approve(payout)
    assert (again.number, again.state, again.reason) == (payout.number, PayoutState.APPROVED, "")
    payouts.mark_payout_failed(payout_id=payout.pk, reason="wrong account")
    payouts.reject_payout(payout_id=payout.pk, reason="account closed")
    assert available(network) == Decimal("8.00")


@pytest.mark.django_db
def test_steps_out_of_order_are_refused(network: Network) -> None:
    earn()
    payout = ask(network)
    with pytest.raises(IllegalTransition):
        payouts.mark_payout_paid(payout_id=payout.pk, reference="x", now=LATER)
    approve(payout)
    payouts.mark_payout_paid(payout_id=payout.pk, reference="x", now=LATER)
    with pytest.raises(IllegalTransition):
        payouts.reject_payout(payout_id=payout.pk, reason="late")
    with pytest.raises(selectors.PayoutNotFound):
        payouts.reject_payout(payout_id=payout.pk + 999, reason="?")


@pytest.mark.django_db
def test_a_suspended_agents_commission_waits(network: Network) -> None:
    earn()
    suspend_agent(agent_id=network.ling.pk, reason="check")
    with pytest.raises(payouts.AgentMayNotWithdraw):
        ask(network)


@pytest.mark.django_db
def test_the_account_is_encrypted_at_rest(network: Network) -> None:
    earn()
    payout = ask(network)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payee_account FROM commissions_payout WHERE id = %s", [payout.pk])
        stored = cursor.fetchone()[0]
    assert PAYEE.account not in stored
    assert Payout.objects.get(pk=payout.pk).payee_account == PAYEE.account


@pytest.mark.django_db
def test_the_statement_explains_every_amount(network: Network) -> None:
    order = sell(("LIP-2", 1))
    accrual.release_order(order_id=order.pk, delivered_at=NOW)
    payout = approve(ask(network, "2.00"))
    payouts.mark_payout_paid(payout_id=payout.pk, reference="icbc-1", now=LATER)
    statement = selectors.get_statement(agent_id=network.ling.pk, since=NOW, until=LATER + timedelta(days=1))
    assert [(line.order_number, line.explanation, line.balance) for line in statement.lines] == [
        (order.number, "33.33 × 8 % = 2.67", Decimal("2.67")),
        ("", payout.number, Decimal("0.67")),
    ]
    assert [statement.opening, statement.closing] == [ZERO, Decimal("0.67")]


@pytest.mark.django_db(transaction=True)
def test_a_hundred_requests_of_the_whole_balance_make_one_payout(live_brand: Brand) -> None:
    network = build_network()
    stock_goods()
    earn()

    def request(_number: int) -> bool:
        enter_brand(live_brand)
        try:
            ask(network)
        except payouts.InsufficientCommission:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=20) as pool:
        outcomes = list(pool.map(request, range(100)))
    assert outcomes.count(True) == 1
    assert Payout.objects.count() == 1
    assert available(network) == 0
