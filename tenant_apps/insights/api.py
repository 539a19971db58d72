"""Machine face of insights."""

from dataclasses import asdict
from datetime import timedelta

from django.http import HttpRequest
from ninja import Query, Router

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.insights.schemas import (
    AgentSalesOut,
    DashboardOut,
    DayOut,
    LowStockOut,
    OutsideFilters,
    OutsideSaleOut,
    OutsideSalesOut,
    ProductSalesOut,
)
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.insights.selectors.retail_prices import list_outside_sales

router = Router(tags=["insights"])
DAYS = 30


@router.get("/insights/dashboard", response=DashboardOut, summary="Get the dashboard")
@requires("insights.view")
def get_dashboard(request: HttpRequest) -> DashboardOut:
    """Sales are by day of the order in the brand's zone, net of refunds; imported returns count negative."""
    today = clock.business_date(clock.now())
    sales = [DayOut(**asdict(day)) for day in selectors.list_daily_sales(until=today, days=DAYS)]
    work = selectors.count_open_work()
    return DashboardOut(
        today=sales[-1],
        sales=sales,
        top_products=[ProductSalesOut(**asdict(row)) for row in selectors.list_top_products(until=today, days=DAYS)],
        top_agents=[AgentSalesOut(**asdict(row)) for row in selectors.list_top_agents(until=today, days=DAYS)],
        low_stock=[LowStockOut(**asdict(row)) for row in selectors.list_low_stock()],
        unpaid_orders=work.unpaid,
        unshipped_orders=work.unshipped,
        commission_payable=selectors.get_commission_payable(),
    )


@router.get(
    "/insights/outside-sales", response=OutsideSalesOut, summary="List sales outside the suggested retail price"
)
@requires("pricing.view")
def list_outside(request: HttpRequest, filters: Query[OutsideFilters]) -> OutsideSalesOut:
    """Retail sales of agents below or above the suggested retail price. For watching: nothing is refused by it."""
    until = filters.until or clock.business_date(clock.now())
    sales = list_outside_sales(
        since=filters.since or until - timedelta(days=DAYS),
        until=until,
        agent_id=filters.agent_id,
        before=filters.before,
        limit=filters.limit,
    )
    items = [OutsideSaleOut(**asdict(sale)) for sale in sales]
    return OutsideSalesOut(items=items, next_before=sales[-1].line_id if len(sales) == filters.limit else None)
