"""Tables of orders."""

from tenant_apps.orders.models.after_sale import AfterSale, AfterSaleLine
from tenant_apps.orders.models.channel import Channel
from tenant_apps.orders.models.line import OrderLine
from tenant_apps.orders.models.order import Order
from tenant_apps.orders.models.order_search import OrderSearch
from tenant_apps.orders.models.payment import Payment
from tenant_apps.orders.models.refund import Refund, RefundLine
from tenant_apps.orders.models.settings import OrderSettings

__all__ = [
    "AfterSale",
    "AfterSaleLine",
    "Channel",
    "Order",
    "OrderLine",
    "OrderSearch",
    "OrderSettings",
    "Payment",
    "Refund",
    "RefundLine",
]
