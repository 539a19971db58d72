"""What insights send."""

from datetime import date

from ninja import Schema

from kernel.http.schemas import MoneyText


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
