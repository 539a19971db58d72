"""Fill the brand console's dashboard; each role sees what its permissions allow."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from console.dashboard import Kpi, Series, Step, chart
from console.display import Tone
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.insights import rules
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.orders.states import FulfilmentState, OrderState, PaymentState

DAYS = 30


@dataclass(frozen=True)
class StockAlert:
    """A variant that runs short: `available` pieces are left where `wanted` should be."""

    sku: str
    name: str
    available: int
    wanted: int
    warehouse: str = ""
    link: str = ""


@dataclass(frozen=True)
class OrderRow:
    """One of the newest orders. `state` is the word shown, `tone` its colour."""

    number: str
    placed_at: datetime
    buyer: str
    total: Decimal
    state: Text
    tone: Tone = ""
    link: str = ""


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the dashboard's context. What the signed-in person may not see is left out, and costs no query."""
    cards: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
        ("insights.view", _sales),
        ("inventory.view", _stock),
        ("orders.view", _orders),
        ("catalog.edit", _checklist),
    )
    for permission, card in cards:
        if request.user.has_perm(permission):
            context.update(card())
    return context


def _sales() -> dict[str, Any]:
    today = clock.business_date(clock.now())
    days = selectors.list_daily_sales(until=today, days=2 * DAYS)
    before = days[:DAYS]
    present = days[DAYS:]
    month, month_before = (rules.total([day.amount for day in part]) for part in (present, before))
    now = present[-1]
    yesterday = present[-2]
    work = selectors.count_open_work()
    orders = _link("orders_order_changelist")
    kpis = [
        Kpi(
            _("Sales today"),
            format_money(now.amount),
            _("%(count)d orders") % {"count": now.orders},
            rules.change_in_percent(now=now.amount, before=yesterday.amount),
            "payments",
            orders,
        ),
        Kpi(
            _("Sales of 30 days"),
            format_money(month),
            _("%(count)d orders") % {"count": sum(day.orders for day in present)},
            rules.change_in_percent(now=month, before=month_before),
            "trending_up",
            orders,
        ),
        Kpi(_("To be paid"), str(work.unpaid), _("open orders"), None, "hourglass_empty", orders),
        Kpi(_("To be shipped"), str(work.unshipped), _("paid orders"), None, "local_shipping", orders),
        Kpi(
            _("Commission payable"),
            format_money(selectors.get_commission_payable()),
            _("owed to agents"),
            None,
            "savings",
            _link("commissions_payout_changelist"),
        ),
    ]
    return {"kpis": kpis, "sales_chart": _sales_chart(present, before)}


def _sales_chart(present: list[selectors.DaySales], before: list[selectors.DaySales]) -> str:
    series = [
        Series(_("Sales"), [day.amount for day in present]),
        Series(_("30 days before"), [day.amount for day in before], kind="line", colour="primary-300"),
    ]
    return chart([date_format(day.day, "m-d") for day in present], series)


def _stock() -> dict[str, Any]:
    link = _link("inventory_stock_changelist")
    return {
        "stock_alerts": [
            StockAlert(row.sku, row.name, row.available, row.threshold, row.warehouse, link)
            for row in selectors.list_low_stock()
        ]
    }


def _orders() -> dict[str, Any]:
    rows = []
    for order in selectors.list_recent_orders():
        word, tone = _next_step(order)
        link = _link("orders_order_change", order.order_id)
        rows.append(OrderRow(order.number, order.placed_at, order.buyer, order.total, word, tone, link))
    return {"recent_orders": rows}


def _next_step(order: selectors.RecentOrder) -> tuple[Text, Tone]:
    """Return the word for what the order waits for, and its tone."""
    if order.state == OrderState.CANCELLED:
        return OrderState.CANCELLED.label, "danger"
    if order.payment_state == PaymentState.REFUNDED:
        return PaymentState.REFUNDED.label, "danger"
    if order.state == OrderState.COMPLETED:
        return OrderState.COMPLETED.label, "success"
    if order.payment_state == PaymentState.UNPAID:
        return PaymentState.UNPAID.label, "warning"
    if order.fulfilment_state == FulfilmentState.UNFULFILLED:
        return FulfilmentState.UNFULFILLED.label, "primary"
    return FulfilmentState(order.fulfilment_state).label, "info"


# What is to be done, why, the page for it; in the order of selectors.FirstSteps.
_STEPS = (
    (_("Put a product on the shelf"), _("With its SKU, retail price and tax rate."), "catalog_product_changelist"),
    (_("Receive stock"), _("What is not in stock cannot be sold."), "inventory_stock_changelist"),
    (_("Register your first agent"), _("Each agent gets a referral code."), "agents_agent_changelist"),
    (_("Set prices by level"), _("What an agent of each level pays."), "pricing_levelprice_changelist"),
    (
        _("Set what agents earn"),
        _("Two tiers at most, on goods that were paid for."),
        "commissions_commissionplan_changelist",
    ),
    (_("Make the first sale"), _("Enter an order, or import a file."), "orders_order_changelist"),
)


def _checklist() -> dict[str, Any]:
    done = astuple(selectors.get_first_steps())
    steps = zip(_STEPS, done, strict=True)
    return {"checklist": [Step(title, text, is_done, _link(page)) for (title, text, page), is_done in steps]}


def _link(page: str, *arguments: int) -> str:
    try:
        return reverse(f"brand:{page}", args=arguments)
    except NoReverseMatch:
        return ""
