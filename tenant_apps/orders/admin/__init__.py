"""Console pages of orders; importing the modules registers them."""

from tenant_apps.orders.admin import orders

__all__ = ["orders"]
