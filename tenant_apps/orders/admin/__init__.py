"""Orders in the brand console: one module per theme, loaded here so that each registers its pages."""

from tenant_apps.orders.admin import orders

__all__ = ["orders"]
