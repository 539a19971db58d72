"""Machine face of insights."""

from dataclasses import asdict
from datetime import timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from kernel.core import clock
from kernel.files.tables import write_table
from kernel.http.downloads import send_file
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
    SalesFilters,
    SalesOut,
    SalesReportIn,
    SalesRowOut,
    sales_row,
)
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.insights.selectors import reports
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


@router.get("/insights/sales", response=SalesOut, summary="Get the sales report")
@requires("insights.view")
def get_sales(request: HttpRequest, filters: Query[SalesFilters]) -> SalesOut:
    """Goods money of the orders placed in the period and paid, less discounts and later refunds, without freight.

    Steps of time come in their order, other rows by sales, the highest first.
    """
    report = filters.as_report()
    return SalesOut(
        items=[sales_row(row) for row in reports.list_sales(report=report, limit=filters.limit)],
        total=sales_row(reports.get_total(report=report)),
    )


@router.get("/exports/sales.xlsx", response={200: None}, summary="Download the sales report as XLSX")
@requires("insights.view")
def download_sales(request: HttpRequest, filters: Query[SalesReportIn]) -> HttpResponseBase:
    """Return all rows of the report as a workbook. Takes its filters."""
    rows = reports.list_sales(report=filters.as_report())
    names = list(SalesRowOut.model_fields)
    table = write_table(
        name="sales",
        form="xlsx",
        heading=names,
        rows=([_cell(getattr(sales_row(row), name)) for name in names] for row in rows),
    )
    return send_file(table.content, name=table.name, content_type=table.content_type)


def _cell(value: object) -> object:
    return "" if value is None else value
