"""Console pages of inventory; Django's autodiscovery imports this module."""

from tenant_apps.inventory.admin import batches, stock, stocktakes, transfers, warehouses

__all__ = ["batches", "stock", "stocktakes", "transfers", "warehouses"]
