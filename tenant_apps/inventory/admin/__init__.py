"""Console pages of inventory; Django's autodiscovery imports this module."""

from tenant_apps.inventory.admin import stock, transfers, warehouses

__all__ = ["stock", "transfers", "warehouses"]
