"""Tables of inventory."""

from tenant_apps.inventory.models.backorder import Backorder
from tenant_apps.inventory.models.batch import Batch, BatchMovement, BatchStock, SkuSetting
from tenant_apps.inventory.models.check import StockCheck
from tenant_apps.inventory.models.cloud import CloudMovement, CloudStock
from tenant_apps.inventory.models.movement import StockMovement
from tenant_apps.inventory.models.reservation import Reservation
from tenant_apps.inventory.models.stock import Stock
from tenant_apps.inventory.models.stocktake import Stocktake, StocktakeLine
from tenant_apps.inventory.models.transfer import Transfer, TransferLine
from tenant_apps.inventory.models.warehouse import Warehouse

__all__ = [
    "Backorder",
    "Batch",
    "BatchMovement",
    "BatchStock",
    "CloudMovement",
    "CloudStock",
    "Reservation",
    "SkuSetting",
    "Stock",
    "StockCheck",
    "StockMovement",
    "Stocktake",
    "StocktakeLine",
    "Transfer",
    "TransferLine",
    "Warehouse",
]
