"""Console pages of orders; Django's autodiscovery imports this module."""

from tenant_apps.orders.admin import after_sales, channels, order_page

__all__ = ["after_sales", "channels", "order_page"]
