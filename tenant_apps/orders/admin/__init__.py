"""Console pages of orders; Django's autodiscovery imports this module."""

from tenant_apps.orders.admin import channels, order_page

__all__ = ["channels", "order_page"]
