"""API schemas of insights."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import Field

from kernel.core import clock
from kernel.core.errors import Invalid
from kernel.http.schemas import DayIn, MoneyText, Period, QueryId, Text40, Text60
from tenant_apps.insights.selectors.reports import SalesReport, SalesRow
from tenant_apps.insights.states import SalesBy
from tenant_apps.orders.states import OrderKind

REPORT_DAYS = 30


class InvalidSplit(Invalid):
    code = "invalid_split"
    title = _("This day lies within the period, after its first day.")


class DayOut(Schema):
    day: date
    orders: int
    amount: MoneyText


class ProductSalesOut(Schema):
    product_id: int
    name: str
    quantity: int
    amount: MoneyText


class AgentSalesOut(Schema):
    agent_id: int
    code: str
    name: str
    orders: int
    retail_amount: MoneyText
    restock_amount: MoneyText


class LowStockOut(Schema):
    variant_id: int
    sku: str
    name: str
    warehouse: str
    available: int
    threshold: int


class DashboardOut(Schema):
    today: DayOut
    sales: list[DayOut]
    top_products: list[ProductSalesOut]
    top_agents: list[AgentSalesOut]
    low_stock: list[LowStockOut]
    unpaid_orders: int
    unshipped_orders: int
    commission_payable: MoneyText


class OutsideFilters(Period):
    """Days, both included (without them the last 30), agent, and page."""

    includes_until = True

    since: DayIn | None = None
    until: DayIn | None = None
    agent_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class OutsideSaleOut(Schema):
    """A line sold below or above the suggested retail price. `price` is for a piece, after discounts."""

    line_id: int
    order_id: int
    order_number: str
    placed_at: datetime
    agent_id: int
    agent_code: str
    agent_name: str
    sku: str
    name: str
    quantity: int
    price: MoneyText
    lowest: MoneyText
    highest: MoneyText
    is_below: bool


class OutsideSalesOut(Schema):
    """Newest first. `next_before` is the filter `before` of the next page, null at the end."""

    items: list[OutsideSaleOut]
    next_before: int | None


class SalesReportIn(Period):
    """A sales report: rows by `by`, days from `since` to before `until` (without them the last 30).

    `split_on` tells the sales before and from that day apart.
    """

    by: SalesBy
    since: DayIn | None = None
    until: DayIn | None = None
    split_on: DayIn | None = None
    kind: OrderKind | None = None
    channel: Text40 | None = None
    agent_id: QueryId | None = None
    customer_id: QueryId | None = None
    category_id: QueryId | None = None
    province: Text60 | None = None
    sku: Text60 | None = None

    def as_report(self) -> SalesReport:
        """Return the report with its period written out. Raises InvalidSplit."""
        until = self.until or clock.business_date(clock.now()) + timedelta(days=1)
        since = self.since or until - timedelta(days=REPORT_DAYS)
        if self.split_on is not None and not since < self.split_on < until:
            raise InvalidSplit(field="split_on")
        names = ("kind", "channel", "agent_id", "customer_id", "category_id", "province")
        filters: dict[str, int | str] = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.sku is not None:
            filters["sku"] = self.sku.upper()
        return SalesReport(self.by, since, until, self.split_on, filters)


class SalesFilters(SalesReportIn):
    """A sales report, and how many of its rows are wanted."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class SalesRowOut(Schema):
    """Sales of one row. `key` is an id, a code, a province, an hour of the week (0 to 167, from Monday) or a day;
    `amount_before` the money of the days before the split.
    """

    key: str
    name: str
    orders: int
    units: int
    amount: MoneyText
    average_order: MoneyText | None
    units_per_order: MoneyText | None
    returned: int
    return_rate: Decimal | None
    amount_before: MoneyText
    amount_after: MoneyText


class SalesOut(Schema):
    """The rows, and their sums: an order with several rows counts once there."""

    items: list[SalesRowOut]
    total: SalesRowOut


def sales_row(row: SalesRow) -> SalesRowOut:
    return SalesRowOut(**{name: getattr(row, name) for name in SalesRowOut.model_fields})
