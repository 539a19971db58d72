"""API of the stock report."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from kernel.files.tables import write_table
from kernel.http.downloads import send_file
from kernel.http.permissions import requires
from tenant_apps.inventory.schemas import reports as schemas
from tenant_apps.inventory.selectors import reports
from tenant_apps.inventory.selectors.reports import AGES

router = Router(tags=["inventory"])


@router.get("/stock/report", response=schemas.StockReportOut, summary="Get the stock report")
@requires("catalog.cost")
def get_report(request: HttpRequest, filters: Query[schemas.StockReportFilters]) -> schemas.StockReportOut:
    """Value, turnover and age of the stock at the end of a period, the highest value first."""
    report = filters.as_report()
    return schemas.StockReportOut(
        since=report.since,
        until=report.until,
        items=[
            schemas.report_row(report, row) for row in reports.list_stock_report(report=report, limit=filters.limit)
        ],
        total=schemas.report_row(report, reports.get_stock_total(report=report)),
    )


@router.get("/exports/stock-report.xlsx", response={200: None}, summary="Download the stock report as XLSX")
@requires("catalog.cost")
def download_report(request: HttpRequest, filters: Query[schemas.StockReportIn]) -> HttpResponseBase:
    """Return all rows of the report as a workbook. Takes its filters."""
    report = filters.as_report()
    names = [name for name in schemas.StockReportRowOut.model_fields if name != "ages"]
    found = [schemas.report_row(report, row) for row in reports.list_stock_report(report=report)]
    table = write_table(
        name="stock-report",
        form="xlsx",
        heading=[*names, *(f"age_to_{days}" for days in AGES), "age_older"],
        rows=([*(_cell(getattr(row, name)) for name in names), *row.ages] for row in found),
    )
    return send_file(table.content, name=table.name, content_type=table.content_type)


def _cell(value: object) -> object:
    return "" if value is None else value
