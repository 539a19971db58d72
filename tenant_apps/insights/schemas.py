"""API schemas of insights."""

from datetime import date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import DayIn, MoneyText, Period


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
