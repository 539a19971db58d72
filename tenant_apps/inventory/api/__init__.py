"""API of inventory: one module per resource, one router for all."""

from ninja import Router

from tenant_apps.inventory.api.backorders import router as backorders
from tenant_apps.inventory.api.batches import router as batches
from tenant_apps.inventory.api.checks import router as checks
from tenant_apps.inventory.api.cloud import router as cloud
from tenant_apps.inventory.api.reports import router as reports
from tenant_apps.inventory.api.stock import router as stock
from tenant_apps.inventory.api.stocktakes import router as stocktakes
from tenant_apps.inventory.api.transfers import router as transfers
from tenant_apps.inventory.api.warehouses import router as warehouses

router = Router(tags=["inventory"])
router.add_router("", warehouses)
router.add_router("", backorders)
router.add_router("", batches)
router.add_router("", checks)
router.add_router("", reports)
router.add_router("", cloud)
router.add_router("", stock)
router.add_router("", transfers)
router.add_router("", stocktakes)
