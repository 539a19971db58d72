"""API of orders: one module per resource, one router for all."""

from ninja import Router

from tenant_apps.orders.api.after_sales import router as after_sales
from tenant_apps.orders.api.batches import router as batches
from tenant_apps.orders.api.changes import router as changes
from tenant_apps.orders.api.exports import router as exports
from tenant_apps.orders.api.gaps import router as gaps
from tenant_apps.orders.api.orders import router as orders
from tenant_apps.orders.api.picking import router as picking
from tenant_apps.orders.api.settings import router as settings

router = Router()
router.add_router("", batches)
router.add_router("", picking)  # before orders, whose /orders/{order_id} would take /orders/pick-list
router.add_router("", orders)
router.add_router("", after_sales)
router.add_router("", exports)
router.add_router("", gaps)
router.add_router("", changes)
router.add_router("", settings)
