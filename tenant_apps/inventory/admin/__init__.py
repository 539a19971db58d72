"""Console pages of inventory; Django's autodiscovery imports this module."""

from tenant_apps.inventory.admin import batches, stock, transfers, warehouses

__all__ = ["batches", "stock", "transfers", "warehouses"]
