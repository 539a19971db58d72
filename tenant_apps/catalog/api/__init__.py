"""API of the catalogue: one module per resource, one router for all."""

from ninja import Router

from tenant_apps.catalog.api.categories import router as categories
from tenant_apps.catalog.api.images import router as images
from tenant_apps.catalog.api.products import router as products
from tenant_apps.catalog.api.sheets import router as sheets
from tenant_apps.catalog.api.variants import router as variants

router = Router()
router.add_router("", products)
router.add_router("", variants)
router.add_router("", categories)
router.add_router("", images)
router.add_router("", sheets)
