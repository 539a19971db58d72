"""Test the attribution of orders, fixed at placing."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, Sum
from django.test.utils import CaptureQueriesContext

from kernel.core import clock
from kernel.core.errors import ReasonMissing
from shared_apps.accounts.services import users
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors.agents import AgentNotFound
from tenant_apps.agents.services import lifecycle
from tenant_apps.attribution.models import Binding, Policy, Touchpoint
from tenant_apps.attribution.services import order_attribution, policy, referral_links, touchpoints
from tenant_apps.attribution.services.order_attribution import Visitor
from tenant_apps.attribution.states import BindingMode, TouchpointSource
from tenant_apps.commissions.models import CommissionEntry
from tenant_apps.commissions.services import accrual, plans
from tenant_apps.customers.models import Customer
from tenant_apps.inventory.services.stock import InsufficientStock
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, place_retail_order
from tenant_apps.orders.services.refund_order import refund_everything
from tests.factories.trade import PHONE, Shop, sell

pytestmark = pytest.mark.django_db


def buy(*, phone: str = PHONE, code: str | None = None, referral: str = "", now: datetime | None = None) -> Order:
    return place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(phone=phone, name="王芳", referral=referral),
        agent_code=code,
        now=now or clock.now(),
    )


def outcomes() -> list[tuple[str, str]]:
    return list(Touchpoint.objects.order_by("id").values_list("agent__code", "outcome"))


def test_a_typed_code_binds_the_customer_and_the_order(shop: Shop) -> None:
    order = buy(code="ling")
    assert order.agent_id == shop.ling.pk
    assert [one["code"] for one in order.upline] == ["LING", "MEI"]
    (touchpoint,) = Touchpoint.objects.all()
    assert (touchpoint.outcome, touchpoint.source, touchpoint.order_number) == ("bound", "code", order.number)
    (binding,) = Binding.objects.all()
    assert (binding.agent_id, binding.customer_id) == (shop.ling.pk, order.customer_id)
    assert binding.protected_until - binding.bound_at == timedelta(days=30)
    assert binding.expires_at - binding.bound_at == timedelta(days=365)


def test_later_orders_without_a_code_are_the_binding_agents(shop: Shop) -> None:
    buy(code="LING")
    assert buy().agent_id == shop.ling.pk
    assert Touchpoint.objects.count() == 1  # nobody met anybody
    assert buy(phone="+8613800000002").agent_id is None


def test_another_agents_code_does_not_take_a_protected_customer(shop: Shop) -> None:
    buy(code="LING")
    order = buy(code="HUA")
    assert order.agent_id == shop.ling.pk
    assert [one["code"] for one in order.upline] == ["LING", "MEI"]
    contest = Touchpoint.objects.latest("id")
    assert (contest.agent_id, contest.outcome, contest.held_by_id) == (shop.hua.pk, "protected", shop.ling.pk)
    assert contest.order_number == order.number


def test_a_link_binds_like_a_code_and_is_counted(shop: Shop) -> None:
    link = referral_links.ensure_link(agent_id=shop.mei.pk, now=clock.now())
    order = buy(referral=f"{link.code.lower()}~q")
    assert order.agent_id == shop.mei.pk
    touchpoint = Touchpoint.objects.get()
    assert (touchpoint.source, touchpoint.link_id) == (TouchpointSource.QR, link.pk)
    typed = buy(phone="+8613800000002", code=link.code)
    assert typed.agent_id == shop.mei.pk
    assert Touchpoint.objects.latest("id").source == TouchpointSource.CODE


@pytest.mark.parametrize("referral", ["NOBODY99", "~q", "é" * 30, "HUA\x00", "'; --"])
def test_a_stale_link_does_not_keep_anybody_from_buying(shop: Shop, referral: str) -> None:
    assert buy(referral=referral).agent_id is None
    assert not Touchpoint.objects.exists()


def test_a_wrong_code_typed_by_hand_is_refused(shop: Shop) -> None:
    with pytest.raises(AgentNotFound):
        buy(code="NOBODY99")


def test_a_frozen_agents_link_binds_nobody(shop: Shop) -> None:
    link = referral_links.ensure_link(agent_id=shop.ling.pk, now=clock.now())
    lifecycle.suspend_agent(agent_id=shop.ling.pk)
    assert buy(referral=link.code).agent_id is None
    assert not Binding.objects.exists()


def test_what_a_frozen_agents_customers_buy_is_the_brands_own_sale(shop: Shop) -> None:
    buy(code="LING")
    lifecycle.suspend_agent(agent_id=shop.ling.pk)
    assert (buy().agent_id, buy().upline) == (None, [])
    assert buy(code="HUA").agent_id is None  # the customer is protected for the frozen agent meanwhile
    lifecycle.resume_agent(agent_id=shop.ling.pk)
    assert buy().agent_id == shop.ling.pk


def test_a_touch_between_placing_and_paying_changes_nothing(shop: Shop) -> None:
    policy.change_policy(mode=BindingMode.LAST_TOUCH, protection_days=0)
    order = buy(code="LING")
    result = order_attribution.record_visit(
        visitor=Visitor(PHONE), code="HUA", source=TouchpointSource.LINK, now=clock.now()
    )
    assert (result.outcome, result.agent_id) == ("taken_over", shop.hua.pk)
    pay_order(order_id=order.pk, method="wechat", reference="wx-9", now=clock.now())
    order.refresh_from_db()
    assert order.agent_id == shop.ling.pk
    assert [one["code"] for one in order.upline] == ["LING", "MEI"]
    assert buy().agent_id == shop.hua.pk


def test_own_purchases_earn_only_where_the_policy_says_so(shop: Shop) -> None:
    mine = Agent.objects.get(pk=shop.ling.pk).phone
    order = buy(phone=mine, code="LING")
    assert (order.agent_id, order.upline) == (None, [])
    assert outcomes() == [("LING", "self")]
    assert not Binding.objects.exists()
    policy.change_policy(own_purchases_earn=True)
    assert buy(phone=mine, code="LING").agent_id == shop.ling.pk
    policy.change_policy(own_purchases_earn=False)
    assert buy(phone=mine).agent_id is None  # bound to himself, but that earns no more


@pytest.mark.parametrize("known_by", ["phone", "phone of the login", "wechat id"])
@pytest.mark.parametrize("named_by", ["customer id", "phone"])
def test_an_own_purchase_is_nobodys_however_the_buyer_is_known(shop: Shop, known_by: str, named_by: str) -> None:
    customer = Customer.objects.create(name="小号", phone=PHONE, channel="wechat", external_id="ling_88")
    login = users.create_user(name="Ling", role="sales", phone="13911112222")
    changes: dict[str, dict[str, object]] = {
        "phone": {"phone": PHONE},
        "phone of the login": {"user_id": login.pk},
        "wechat id": {"wechat_id": "Ling_88"},
    }
    Agent.objects.filter(pk=shop.ling.pk).update(**changes[known_by])
    type(login).objects.filter(pk=login.pk).update(phone=PHONE)

    def buy_himself(code: str | None) -> Order:
        buyer = Buyer(phone=PHONE) if named_by == "phone" else Buyer(customer_id=customer.pk)
        return place_retail_order(lines=[NewLine("G-01", 1)], buyer=buyer, agent_code=code, now=clock.now())

    assert buy_himself("LING").agent_id is None
    assert outcomes() == [("LING", "self")]
    with pytest.raises(touchpoints.OwnPurchase):
        order_attribution.bind_customer(customer_id=customer.pk, agent_id=shop.ling.pk, reason="x", now=clock.now())
    policy.change_policy(own_purchases_earn=True)
    assert buy_himself("LING").agent_id == shop.ling.pk
    policy.change_policy(own_purchases_earn=False)
    assert buy_himself(None).agent_id is None


def test_an_agent_who_buys_by_his_own_code_stays_the_customer_of_another(shop: Shop) -> None:
    mine = Agent.objects.get(pk=shop.ling.pk).phone
    buy(phone=mine, code="HUA")
    assert buy(phone=mine, code="LING").agent_id == shop.hua.pk
    assert outcomes() == [("HUA", "bound"), ("LING", "self")]


def test_only_new_customers_are_bound_where_the_policy_says_so(shop: Shop) -> None:
    policy.change_policy(mode=BindingMode.NEW_ONLY)
    assert buy().agent_id is None
    old = buy(code="LING")
    assert old.agent_id is None
    assert buy(phone="+8613800000002", code="LING").agent_id == shop.ling.pk
    assert outcomes() == [("LING", "not_new"), ("LING", "bound")]


def test_a_called_off_order_leaves_a_customer_new(shop: Shop) -> None:
    policy.change_policy(mode=BindingMode.NEW_ONLY)
    cancel_order(order_id=buy().pk, now=clock.now())
    assert buy(code="LING").agent_id == shop.ling.pk


def test_a_passer_by_is_bound_to_nobody(shop: Shop) -> None:
    order = place_retail_order(lines=[NewLine("G-01", 1)], agent_code="LING", now=clock.now())
    assert order.agent_id == shop.ling.pk
    assert not Touchpoint.objects.exists()


def test_a_known_customer_by_id_is_bound_and_recognised(shop: Shop) -> None:
    mine = Agent.objects.get(pk=shop.ling.pk).phone
    first = buy(phone=mine)
    order = place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(customer_id=first.customer_id),
        agent_code="LING",
        now=clock.now(),
    )
    assert order.agent_id is None
    assert outcomes() == [("LING", "self")]


def test_an_order_that_came_in_late_is_attributed_by_the_day_it_came_in(shop: Shop) -> None:
    arrived = clock.now()
    order = place_retail_order(
        lines=[NewLine("G-01", 1)],
        buyer=Buyer(phone=PHONE),
        agent_code="LING",
        adjustments=OrderAdjustments(external_number="X-1", received_at=arrived),
        now=arrived - timedelta(days=9),
    )
    assert order.agent_id == shop.ling.pk
    assert Binding.objects.get().bound_at == arrived


def test_a_refused_order_binds_nobody(shop: Shop) -> None:
    with pytest.raises(InsufficientStock):
        place_retail_order(lines=[NewLine("G-01", 1_000)], buyer=Buyer(phone=PHONE), agent_code="LING", now=clock.now())
    assert (Binding.objects.count(), Touchpoint.objects.count()) == (0, 0)


def test_commission_and_refund_follow_the_agent_on_the_order(shop: Shop) -> None:
    """Bound by one agent at placing, taken over by another before the payment: the first one earns, and gives back."""
    rates = plans.PlanRates(Decimal("0.10"), Decimal("0.05"), 0)
    plans.set_plan(level_id=shop.ling.level_id, rates=rates, now=clock.now() - timedelta(days=1))
    policy.change_policy(mode=BindingMode.LAST_TOUCH, protection_days=0)
    order = buy(code="LING")
    order_attribution.record_visit(visitor=Visitor(PHONE), code="HUA", source=TouchpointSource.LINK, now=clock.now())
    pay_order(order_id=order.pk, method="wechat", reference="wx-10", now=clock.now())
    accrual.accrue_order(order_id=order.pk)
    refund = refund_everything(order_id=order.pk, now=clock.now())
    accrual.reverse_refund(refund_id=refund.pk)
    earned = CommissionEntry.objects.values_list("beneficiary__code").annotate(Count("id"), Sum("amount"))
    assert sorted(earned) == [("LING", 2, Decimal("0.00")), ("MEI", 2, Decimal("0.00"))]


def test_the_policy_is_one_row(shop: Shop) -> None:
    assert list(Policy.objects.values_list("id", "mode")) == [(1, "first_come")]


def test_a_contested_order_costs_no_more_statements_than_the_budget(shop: Shop) -> None:
    sell(("G-01", 1), agent_code="LING")
    with CaptureQueriesContext(connection) as captured:
        sell(("G-01", 1), agent_code="LING")
    assert len(captured) <= 15
    with CaptureQueriesContext(connection) as captured:
        sell(("G-01", 1))
    assert len(captured) <= 15
    with CaptureQueriesContext(connection) as captured:
        buy(code="HUA")
    assert len(captured) <= 16  # and who has the customer is read


def test_binding_by_hand_wins_over_protection(shop: Shop) -> None:
    order = buy(code="LING")
    assert order.customer_id is not None
    result = order_attribution.bind_customer(
        customer_id=order.customer_id, agent_id=shop.hua.pk, reason="与客户约定", now=clock.now()
    )
    assert (result.outcome, result.agent_id) == ("taken_over", shop.hua.pk)
    assert buy().agent_id == shop.hua.pk
    touchpoint = Touchpoint.objects.latest("id")
    assert (touchpoint.source, touchpoint.reason, touchpoint.held_by_id) == ("manual", "与客户约定", shop.ling.pk)
    with pytest.raises(ReasonMissing):
        order_attribution.bind_customer(
            customer_id=order.customer_id, agent_id=shop.mei.pk, reason="  ", now=clock.now()
        )
