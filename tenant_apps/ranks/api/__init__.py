"""Results, level rules, proposals, compliance."""

from ninja import Router

from tenant_apps.ranks.api.results import router as results
from tenant_apps.ranks.api.rules import router as rules

router = Router()
for part in (results, rules):
    router.add_router("", part)
