"""Agents, levels, the tree, files, contracts, certificates, groups."""

from ninja import Router

from tenant_apps.agents.api.agents import router as agents
from tenant_apps.agents.api.certificates import router as certificates
from tenant_apps.agents.api.contracts import router as contracts
from tenant_apps.agents.api.files import router as files
from tenant_apps.agents.api.groups import router as groups
from tenant_apps.agents.api.levels import router as levels
from tenant_apps.agents.api.tree import router as tree

router = Router()
for part in (agents, certificates, contracts, files, groups, levels, tree):
    router.add_router("", part)
