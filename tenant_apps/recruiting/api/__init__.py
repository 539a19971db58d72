"""Applications, termination and anonymisation, team imports."""

from ninja import Router

from tenant_apps.recruiting.api.applications import router as applications
from tenant_apps.recruiting.api.departures import router as departures
from tenant_apps.recruiting.api.registration import router as registration
from tenant_apps.recruiting.api.team_imports import router as team_imports

router = Router()
for part in (applications, departures, registration, team_imports):
    router.add_router("", part)
