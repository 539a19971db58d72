"""API schemas of the stock report."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.core import clock
from kernel.core.errors import PeriodInvalid
from kernel.http.schemas import DayIn, MoneyText, Period, QueryId
from tenant_apps.inventory.selectors.reports import StockReport, StockRow
from tenant_apps.inventory.states import StockBy

REPORT_DAYS = 30


class StockReportIn(Period):
    """A stock report: rows by `by`, days from `since` to before `until` (without them the last 30).

    `idle_days` keeps goods of which nothing was shipped so many days before `until`.
    """

    by: StockBy
    since: DayIn | None = None
    until: DayIn | None = None
    warehouse_id: QueryId | None = None
    category_id: QueryId | None = None
    idle_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    def as_report(self) -> StockReport:
        """Return the report with its period written out. Raises PeriodInvalid for one that begins after today."""
        until = self.until or clock.business_date(clock.now()) + timedelta(days=1)
        since = self.since or until - timedelta(days=REPORT_DAYS)
        if since >= until:
            raise PeriodInvalid(field="since")
        names = ("warehouse_id", "category_id", "idle_days")
        filters: dict[str, int] = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return StockReport(self.by, since, until, filters)


class StockReportFilters(StockReportIn):
    """A stock report, and how many of its rows are wanted."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class StockReportRowOut(Schema):
    """Stock of one row at the end of the period; `key` is the id of a variant, category or warehouse, "0" for none.

    `opening` is the value at its beginning, `sold` and `cost` what was shipped in it less what came back. `ages` is the
    value in classes of age: to 30, 60, 90, 180 days, and older.
    """

    key: str
    name: str
    code: str
    pieces: int
    value: MoneyText
    opening: MoneyText
    sold: int
    cost: MoneyText
    turnover_days: Decimal | None
    last_shipped_at: datetime | None
    ages: list[MoneyText]


class StockReportOut(Schema):
    since: date
    until: date
    items: list[StockReportRowOut]
    total: StockReportRowOut


def report_row(report: StockReport, row: StockRow) -> StockReportRowOut:
    return StockReportRowOut(
        key=row.key,
        name=row.name,
        code=row.code,
        pieces=row.pieces,
        value=row.value,
        opening=row.opening,
        sold=row.sold,
        cost=row.cost,
        turnover_days=row.turnover_days(report.days),
        last_shipped_at=row.last_shipped_at,
        ages=list(row.ages),
    )
