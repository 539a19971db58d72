"""API of shipping: one module per resource, one router for all."""

from ninja import Router

from tenant_apps.shipping.api.addresses import router as addresses
from tenant_apps.shipping.api.freight import router as freight
from tenant_apps.shipping.api.parcels import router as parcels

router = Router()
router.add_router("", addresses)
router.add_router("", freight)
router.add_router("", parcels)
