"""Console pages of inventory; Django's autodiscovery imports this module."""

from tenant_apps.inventory.admin import backorders, batches, stock, stocktakes, transfers, warehouses

__all__ = ["backorders", "batches", "stock", "stocktakes", "transfers", "warehouses"]
