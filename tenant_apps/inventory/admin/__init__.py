"""Console pages of inventory; Django's autodiscovery imports this module."""

from tenant_apps.inventory.admin import backorders, batches, cloud, stock, stocktakes, transfers, warehouses

__all__ = ["backorders", "batches", "cloud", "stock", "stocktakes", "transfers", "warehouses"]
