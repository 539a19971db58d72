"""The dashboard's figures against orders made by the services."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions.services import accrual, plans
from tenant_apps.insights import rules
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.insights.views import dashboard
from tenant_apps.inventory import selectors as stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.services import place_order, refund_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.states import OrderKind, OrderState, PaymentState

DAY = date(2026, 10, 8)
LATE_EVENING = datetime(2026, 10, 8, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
EARLY_MORNING = datetime(2026, 10, 8, 16, 1, tzinfo=UTC)  # 00:01 of the next day


@pytest.fixture
def shop(db: None) -> None:
    level = create_level(code="one", name="一级", rank=1)
    plans.set_plan(level_id=level.pk, rates=plans.PlanRates(Decimal("0.10"), Decimal(0), 7), now=LATE_EVENING)
    enrol_agent(name="小林", phone="+8619900000009", level_id=level.pk, now=LATE_EVENING, code="LIN")
    for sku, price in (("LIP", "100.00"), ("EYE", "40.00")):
        product = create_product(name=f"Nice {sku}")
        variant = add_variant(product_id=product.pk, sku=sku, retail_price=Decimal(price))
        put_on_shelf(product_id=product.pk, now=clock.now())
        inventory.receive(
            lines=[inventory.ReceiptLine(variant.pk, 10, Decimal(20))], reference=f"first {sku}", now=LATE_EVENING
        )


def sell(sku: str = "LIP", quantity: int = 1, *, now: datetime = LATE_EVENING, paid: bool = True) -> Order:
    order = place_order.place_retail_order(lines=[place_order.NewLine(sku, quantity)], agent_code="LIN", now=now)
    if paid:
        pay_order(order_id=order.pk, method="wechat", reference=f"w-{order.pk}", now=now)
    return order


def import_return(amount: str) -> None:
    """A return as the file import writes it: negative pieces and money, no payment of ours."""
    order = Order.objects.create(
        number="IMP-1",
        kind=OrderKind.RETURN,
        channel_id="manual",
        goods_amount=Decimal(amount),
        total=Decimal(amount),
        placed_at=LATE_EVENING,
        state=OrderState.COMPLETED,
        payment_state=PaymentState.PAID,
    )
    sold = OrderLine.objects.order_by("id")[0]
    OrderLine.objects.create(
        order=order,
        line_no=1,
        variant_id=sold.variant_id,
        sku=sold.sku,
        name=sold.name,
        quantity=-1,
        unit_price=Decimal(amount),
        goods_amount=Decimal(amount),
        tax_rate=sold.tax_rate,
    )


@pytest.mark.django_db
def test_a_day_is_a_day_of_the_brands_zone(shop: None) -> None:
    sell(now=LATE_EVENING)
    sell(quantity=2, now=EARLY_MORNING)
    days = selectors.list_daily_sales(until=DAY + timedelta(days=1), days=3)
    assert [(day.day, day.orders, day.amount) for day in days] == [
        (DAY - timedelta(days=1), 0, Decimal("0.00")),
        (DAY, 1, Decimal("100.00")),
        (DAY + timedelta(days=1), 1, Decimal("200.00")),
    ]


@pytest.mark.django_db
def test_refunds_and_imported_returns_lower_the_sales_and_unpaid_orders_do_not_count(shop: None) -> None:
    refunded = sell(quantity=3)
    refund_order.refund_order(order_id=refunded.pk, lines=[refund_order.RefundRequest(1, 1)], now=LATE_EVENING)
    sell(paid=False)
    import_return("-30.00")
    (day,) = selectors.list_daily_sales(until=DAY, days=1)
    assert (day.orders, str(day.amount)) == (1, "170.00")
    (product,) = selectors.list_top_products(until=DAY, days=1)
    assert (product.name, product.quantity, str(product.amount)) == ("Nice LIP", 1, "170.00")


@pytest.mark.django_db
def test_top_lists_are_in_order_and_bounded(shop: None) -> None:
    sell("EYE", 1)
    sell("LIP", 1)
    assert [row.name for row in selectors.list_top_products(until=DAY, days=30)] == ["Nice LIP", "Nice EYE"]
    assert len(selectors.list_top_products(until=DAY, days=30, limit=1)) == 1
    (agent,) = selectors.list_top_agents(until=DAY, days=30)
    assert (agent.code, agent.orders, str(agent.retail_amount)) == ("LIN", 2, "140.00")
    assert agent.restock_amount == 0
    assert selectors.list_top_products(until=DAY - timedelta(days=1), days=30) == []


@pytest.mark.django_db
def test_scarce_goods_come_first(shop: None) -> None:
    for row, threshold in zip(stock.list_stock().order_by("id"), (12, 40), strict=True):
        inventory.set_low_stock_threshold(stock_id=row.pk, threshold=threshold)
    assert [(row.sku, row.available, row.threshold) for row in selectors.list_low_stock()] == [
        ("EYE", 10, 40),
        ("LIP", 10, 12),
    ]


@pytest.mark.django_db
def test_open_work_and_commission(shop: None) -> None:
    sell(paid=False)
    accrual.accrue_order(order_id=sell().pk)
    assert selectors.count_open_work() == selectors.OpenWork(unpaid=1, unshipped=1)
    assert selectors.get_commission_payable() == Decimal("10.00")


@pytest.mark.django_db
def test_every_figure_is_one_statement(shop: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    sell()
    for figure in (
        lambda: selectors.list_daily_sales(until=DAY, days=60),
        lambda: selectors.list_top_products(until=DAY, days=30),
        lambda: selectors.list_top_agents(until=DAY, days=30),
        selectors.list_low_stock,
        selectors.count_open_work,
        selectors.get_commission_payable,
        selectors.list_recent_orders,
        selectors.get_first_steps,
    ):
        with django_assert_num_queries(1):
            figure()


class Viewer:
    """Whoever is signed in, with these permissions."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def has_perm(self, name: str) -> bool:
        return name in self.permissions


def context_for(*permissions: str) -> dict[str, Any]:
    request = RequestFactory().get("/console/")
    request.user = Viewer(*permissions)  # type: ignore[assignment]
    return dashboard.dashboard_context(request, {})


@pytest.mark.django_db
def test_the_dashboard_shows_what_the_role_may_see(
    shop: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = clock.now()
    sell(now=now)
    with django_assert_max_num_queries(8):
        context = context_for("insights.view", "inventory.view", "orders.view", "catalog.edit")
    assert set(context) == {"kpis", "sales_chart", "stock_alerts", "recent_orders", "checklist"}
    assert len(json.loads(context["sales_chart"])["labels"]) == 30
    assert [step.done for step in context["checklist"]] == [True, True, True, False, True, True]
    assert context["recent_orders"][0].total == Decimal("100.00")
    assert "100.00" in context["kpis"][0].value
    assert set(context_for("inventory.view")) == {"stock_alerts"}
    assert context_for() == {}


@given(now=st.integers(0, 10**9), before=st.integers(1, 10**9))
def test_a_change_in_percent_leads_from_one_figure_to_the_other(now: int, before: int) -> None:
    change = rules.change_in_percent(now=now, before=before)
    assert change is not None
    assert abs(before + before * change / 100 - now) <= before * Decimal("0.0005")


def test_there_is_no_change_from_nothing() -> None:
    assert rules.change_in_percent(now=5, before=0) is None
    assert rules.change_in_percent(now=Decimal(5), before=Decimal(-1)) is None
