"""Fill the brand console's first page: what is to be done, then money, then what sells. Each role sees its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from console.dashboard import Kpi, Series, ToDo, chart
from console.display import Tone
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.finance import selectors as finance
from tenant_apps.insights import rules
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.insights.views.first_steps import list_steps
from tenant_apps.orders.states import TO_BE_SHIPPED, FulfilmentState, OrderState, PaymentState

CHART_DAYS: Final = (7, 30, 90)
DEFAULT_DAYS: Final = 30
TOP: Final = 5


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


@dataclass(frozen=True)
class TopRow:
    """One of the best goods or agents: its name, a note, and its sales."""

    name: str
    note: Text
    amount: Decimal
    link: str = ""


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the dashboard's context. What the signed-in person may not see is left out, and costs no query."""
    may = request.user.has_perm
    to_do = _to_do(may)
    if to_do is not None:
        context["to_do"] = to_do
    if may("insights.view"):
        context.update(_money(may("catalog.cost"), with_cash=may("finance.view")))
        context.update(_sales(_chart_days(request)))
    if may("inventory.view"):
        context.update(_stock())
    if may("orders.view"):
        context.update(_orders())
    if may("catalog.edit"):
        context["checklist"] = list_steps()
    return context


def _to_do(may: Callable[[str], bool]) -> list[ToDo] | None:
    """Return rows of work this person can do, each with the list that holds it; None for whoever has no such work."""
    places = (
        (_("Orders to be paid"), "hourglass_empty", ("orders.pay", "orders.place"), "orders_order_changelist"),
        (_("Orders to be shipped"), "local_shipping", ("orders.ship", "orders.place"), "orders_order_changelist"),
        (_("Agents to be reviewed"), "how_to_reg", ("agents.approve",), "recruiting:review"),
        (_("Payouts to be reviewed"), "savings", ("commissions.payout",), "commissions_payout_changelist"),
        (_("Goods that run short"), "production_quantity_limits", ("inventory.receive",), "inventory_stock_changelist"),
        (_("Contracts that end"), "event_busy", ("agents.edit",), "agents:ending"),
        (_("Stock that differs from its movements"), "difference", ("inventory.adjust",), "inventory:check"),
    )
    queries = ("?waits_for=payment", "?waits_for=shipment", "", "?state__exact=requested", "?low=yes", "", "")
    shown = [any(may(permission) for permission in permissions) for _title, _icon, permissions, _page in places]
    if not any(shown):
        return None
    orders = selectors.count_open_work()
    other = selectors.count_work(as_of=clock.business_date(clock.now()))
    counts = (
        orders.unpaid,
        orders.unshipped,
        other.applications,
        other.payouts,
        other.low_stock,
        other.ending_contracts,
        other.stock_differences,
    )
    rows = zip(places, queries, counts, shown, strict=True)
    return [
        ToDo(title, count, icon, f"{_link(page)}{query}")
        for (title, icon, _permissions, page), query, count, is_shown in rows
        if is_shown
    ]


def _money(with_cost: bool, *, with_cash: bool) -> dict[str, Any]:
    spans = rules.comparable_spans(now=clock.now(), zone=clock.brand_zone())
    trade = selectors.get_trade(spans=spans)
    day = trade["today"]
    month = trade["month"]
    day_before = trade["yesterday"]
    month_before = trade["month_before"]
    kpis = [
        Kpi(
            _("Sales today"),
            format_money(day.sales),
            _("%(count)d orders") % {"count": day.orders},
            rules.change_in_percent(now=day.sales, before=day_before.sales),
            "payments",
            against=_("yesterday until this time"),
        ),
        Kpi(
            _("Sales this month"),
            format_money(month.sales),
            _("%(count)d orders") % {"count": month.orders},
            rules.change_in_percent(now=month.sales, before=month_before.sales),
            "trending_up",
            against=_("last month until this day"),
        ),
    ]
    if with_cost:
        kpis.append(
            Kpi(
                _("Margin this month"),
                format_money(month.margin),
                _("of shipped orders, after cost and commission"),
                rules.change_in_percent(now=month.margin, before=month_before.margin),
                "finance",
                against=_("last month until this day"),
            )
        )
    kpis.append(
        Kpi(
            _("Commission payable"),
            format_money(selectors.get_commission_payable()),
            _("owed to agents"),
            None,
            "savings",
            _link("commissions_payout_changelist"),
        )
    )
    if with_cash:
        kpis.append(
            Kpi(
                _("Available cash"),
                format_money(finance.get_available_cash()),
                _("cash, bank and payment platforms, by the ledger"),
                None,
                "account_balance",
                _link("finance_account_changelist"),
            )
        )
    return {"kpis": kpis}


def _chart_days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return next((days for days in CHART_DAYS if str(days) == asked), DEFAULT_DAYS)


def _sales(days: int) -> dict[str, Any]:
    today = clock.business_date(clock.now())
    sales = selectors.list_daily_sales(until=today, days=2 * days)
    series = [
        Series(_("Sales"), [day.amount for day in sales[days:]]),
        Series(_("as many days before"), [day.amount for day in sales[:days]], kind="line", colour="primary-300"),
    ]
    return {
        "chart_days": days,
        "chart_choices": CHART_DAYS,
        "sales_chart": chart([date_format(day.day, "m-d") for day in sales[days:]], series),
        "top_products": [
            TopRow(
                row.name,
                _("%(count)d pieces") % {"count": row.quantity},
                row.amount,
                _link("catalog_product_change", row.product_id),
            )
            for row in selectors.list_top_products(until=today, days=days, limit=TOP)
        ],
        "top_agents": [
            TopRow(
                row.name,
                _("%(count)d orders") % {"count": row.orders},
                row.retail_amount + row.restock_amount,
                _link("agents_agent_change", row.agent_id),
            )
            for row in selectors.list_top_agents(until=today, days=days, limit=TOP)
        ],
    }


def _stock() -> dict[str, Any]:
    link = f"{_link('inventory_stock_changelist')}?low=yes"
    alerts = [
        StockAlert(row.sku, row.name, row.available, row.threshold, row.warehouse, link)
        for row in selectors.list_low_stock()
    ]
    # "Everything is well stocked" would be nonsense in a shop that has no stock yet.
    return {"stock_alerts": alerts, "has_stock": bool(alerts) or selectors.has_stock()}


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
    if order.fulfilment_state in TO_BE_SHIPPED:
        return FulfilmentState(order.fulfilment_state).label, "primary"
    return FulfilmentState(order.fulfilment_state).label, "info"


def _link(page: str, *arguments: int) -> str:
    try:
        return reverse(page if ":" in page else f"brand:{page}", args=arguments)
    except NoReverseMatch:
        return ""
