"""Everything about the people among the agents: how they come, what is kept of them, how they go."""

from ninja import Router

from tenant_apps.agents.api.certificates import router as certificates
from tenant_apps.agents.api.recruiting import router as recruiting

router = Router()
router.add_router("", recruiting)
router.add_router("", certificates)
