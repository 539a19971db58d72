"""The dashboard's figures against orders made by the services."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from console.money import format_money
from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.accounts.services import users
from tenant_apps.agents.models import Level
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions.models import CommissionEntry
from tenant_apps.commissions.services import accrual, plans
from tenant_apps.finance import selectors as finance
from tenant_apps.insights import rules, services
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.insights.views import dashboard
from tenant_apps.inventory.selectors import stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.services import place_order, refund_order, ship_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.states import OrderKind, OrderState, PaymentState
from tenant_apps.pricing.models import CategoryDiscount

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
        selectors.has_stock,
        lambda: selectors.count_work(as_of=DAY),
        lambda: selectors.get_trade(spans={"day": rules.Span(*clock.day_bounds(DAY))}),
    ):
        with django_assert_num_queries(1):
            figure()


class Viewer:
    """Whoever is signed in, with these permissions."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def has_perm(self, name: str) -> bool:
        return name in self.permissions


def context_for(*permissions: str, **query: str) -> dict[str, Any]:
    request = RequestFactory().get("/console/", query)
    request.user = Viewer(*permissions)  # type: ignore[assignment]
    return dashboard.dashboard_context(request, {})


@pytest.mark.django_db
def test_the_dashboard_shows_what_the_role_may_see(
    shop: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = clock.now()
    sell(now=now)
    with django_assert_max_num_queries(11):
        context = context_for("insights.view", "inventory.view", "orders.view", "catalog.edit", "orders.ship")
    assert {"to_do", "kpis", "sales_chart", "stock_alerts", "recent_orders", "checklist"} <= set(context)
    assert len(json.loads(context["sales_chart"])["labels"]) == 30
    assert [step.done for step in context["checklist"]] == [True, True, False, True, True, True, True]
    assert context["recent_orders"][0].total == Decimal("100.00")
    assert "100.00" in context["kpis"][0].value
    assert [(row.name, row.amount) for row in context["top_products"]] == [("Nice LIP", Decimal("100.00"))]
    assert [(row.link, row.count) for row in context["to_do"]] == [("/console/orders/order/?waits_for=shipment", 1)]
    assert "account_balance" not in [kpi.icon for kpi in context["kpis"]]
    cash = context_for("insights.view", "finance.view")["kpis"][-1]
    assert (cash.icon, cash.value) == ("account_balance", format_money(finance.get_available_cash()))
    assert set(context_for("inventory.view")) == {"stock_alerts", "has_stock"}
    assert context_for() == {}


@pytest.mark.django_db
def test_each_row_of_work_opens_the_list_that_holds_as_much(brand: Any, shop: None) -> None:
    sell(paid=False)
    sell()
    sell(quantity=2)
    row = stock.list_stock().order_by("id")[0]
    inventory.set_low_stock_threshold(stock_id=row.pk, threshold=40)
    owner = users.create_user(name="Fang", role="owner", email="fang@figures.example", password="qing-he-2026")
    browser = Client(headers={"host": f"{brand.slug}.localhost"})
    browser.force_login(owner, backend="shared_apps.accounts.services.backend.AccountsBackend")
    rows = browser.get("/console/").context["to_do"]
    assert [row.count for row in rows] == [1, 2, 0, 0, 1, 0, 0]
    for row in rows:
        page = browser.get(row.link)
        assert page.status_code == 200
        if "cl" in page.context:
            assert page.context["cl"].result_count == row.count, row.link


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("90", 90), ("8", 30), ("x", 30)])
def test_the_chart_shows_the_days_asked_for(shop: None, asked: str, days: int) -> None:
    context = context_for("insights.view", days=asked)
    assert context["chart_days"] == days
    assert len(json.loads(context["sales_chart"])["labels"]) == days


@pytest.mark.django_db
def test_the_margin_is_what_shipped_orders_leave_after_cost_and_commission(shop: None) -> None:
    shipped = sell(quantity=3)
    accrual.accrue_order(order_id=shipped.pk)
    ship_order.ship_order(order_id=shipped.pk, now=LATE_EVENING)
    refund_order.refund_order(
        order_id=shipped.pk, lines=[refund_order.RefundRequest(1, 1)], restock=True, now=LATE_EVENING
    )
    sell("EYE")  # paid and not shipped: nobody knows its cost yet
    sell(paid=False)
    sell(quantity=2, now=EARLY_MORNING)
    spans = {
        "day": rules.Span(*clock.day_bounds(DAY)),
        "next": rules.Span(*clock.day_bounds(DAY + timedelta(days=1))),
        "before": rules.Span(*clock.day_bounds(DAY - timedelta(days=1))),
        "both": rules.Span(clock.day_bounds(DAY)[0], clock.day_bounds(DAY + timedelta(days=1))[1]),
    }
    trade = selectors.get_trade(spans=spans)
    line = OrderLine.objects.get(order=shipped)
    commission = sum((entry.amount for entry in CommissionEntry.objects.filter(order=shipped)), Decimal(0))
    margin = Decimal(200) - (line.cost - line.returned_cost) - commission
    assert commission > 0
    assert line.cost > line.returned_cost > 0
    assert trade["day"] == selectors.Trade(2, Decimal("240.00"), margin, Decimal("200.00"))
    assert trade["next"] == selectors.Trade(1, Decimal("200.00"), Decimal(0), Decimal(0))
    assert trade["before"] == selectors.Trade(0, Decimal(0), Decimal(0), Decimal(0))
    assert (trade["both"].orders, trade["both"].sales) == (3, Decimal("440.00"))
    assert trade["both"].sales == sum(
        day.amount for day in selectors.list_daily_sales(until=DAY + timedelta(1), days=2)
    )


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        # 09:30 in Shanghai on the 8th: the day and the month began at 16:00 UTC of the days before.
        (
            datetime(2026, 10, 8, 1, 30, tzinfo=UTC),
            "Asia/Shanghai",
            {
                "today": ("2026-10-07T16:00", "2026-10-08T01:30"),
                "yesterday": ("2026-10-06T16:00", "2026-10-07T01:30"),
                "month": ("2026-09-30T16:00", "2026-10-08T01:30"),
                "month_before": ("2026-08-31T16:00", "2026-09-08T01:30"),
            },
        ),
        # February is over before the 30th of March: the month before is taken whole.
        (
            datetime(2026, 3, 30, 12, tzinfo=UTC),
            "UTC",
            {
                "today": ("2026-03-30T00:00", "2026-03-30T12:00"),
                "yesterday": ("2026-03-29T00:00", "2026-03-29T12:00"),
                "month": ("2026-03-01T00:00", "2026-03-30T12:00"),
                "month_before": ("2026-02-01T00:00", "2026-03-01T00:00"),
            },
        ),
        # The clock went forward in between: the same time by the clock on the wall is another one in UTC.
        (
            datetime(2026, 3, 29, 10, tzinfo=UTC),
            "Europe/Berlin",
            {
                "today": ("2026-03-28T23:00", "2026-03-29T10:00"),
                "yesterday": ("2026-03-27T23:00", "2026-03-28T11:00"),
                "month": ("2026-02-28T23:00", "2026-03-29T10:00"),
                "month_before": ("2026-01-31T23:00", "2026-02-28T23:00"),
            },
        ),
    ],
    ids=["shanghai", "short_month", "summer_time"],
)
def test_spans_compare_with_as_much_of_the_time_before(
    now: datetime, zone: str, expected: dict[str, tuple[str, str]]
) -> None:
    spans = rules.comparable_spans(now=now, zone=ZoneInfo(zone))
    shown = {name: (f"{span.since:%Y-%m-%dT%H:%M}", f"{span.until:%Y-%m-%dT%H:%M}") for name, span in spans.items()}
    assert shown == expected


@pytest.mark.django_db
def test_the_template_makes_levels_with_discounts_once(db: None) -> None:
    services.make_first_levels(now=LATE_EVENING)
    levels = list(Level.objects.order_by("rank"))
    rates = [CategoryDiscount.objects.get(level=level, category=None).rate for level in levels]
    assert [level.rank for level in levels] == [1, 2, 3]
    assert rates == [Decimal("0.40"), Decimal("0.50"), Decimal("0.65")]
    with pytest.raises(DomainError):
        services.make_first_levels(now=LATE_EVENING)
    assert Level.objects.count() == 3


@given(now=st.integers(0, 10**9), before=st.integers(1, 10**9))
def test_a_change_in_percent_leads_from_one_figure_to_the_other(now: int, before: int) -> None:
    change = rules.change_in_percent(now=now, before=before)
    assert change is not None
    assert abs(before + before * change / 100 - now) <= before * Decimal("0.0005")


def test_there_is_no_change_from_nothing() -> None:
    assert rules.change_in_percent(now=5, before=0) is None
    assert rules.change_in_percent(now=Decimal(5), before=Decimal(-1)) is None
