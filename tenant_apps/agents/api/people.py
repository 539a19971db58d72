"""Everything about the people among the agents: how they come, what is kept of them, how they go."""

from ninja import Router

from tenant_apps.agents.api.certificates import router as certificates
from tenant_apps.agents.api.contracts import router as contracts
from tenant_apps.agents.api.files import router as files
from tenant_apps.agents.api.groups import router as groups
from tenant_apps.agents.api.recruiting import router as recruiting
from tenant_apps.agents.api.team_imports import router as team_imports

router = Router()
for part in (recruiting, certificates, files, contracts, groups, team_imports):
    router.add_router("", part)
