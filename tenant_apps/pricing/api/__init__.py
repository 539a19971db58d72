"""API of prices: one module per theme, one router for all."""

from ninja import Router

from tenant_apps.pricing.api.changes import router as changes
from tenant_apps.pricing.api.level_prices import router as level_prices
from tenant_apps.pricing.api.prices import router as prices
from tenant_apps.pricing.api.terms import router as terms

router = Router()
router.add_router("", prices)
router.add_router("", level_prices)
router.add_router("", terms)
router.add_router("", changes)
