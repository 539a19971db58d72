"""Public pages of a brand about its agents, mounted at the root of its host."""

from django.urls import path

from tenant_apps.agents.views import verifying

app_name = "agents_public"

urlpatterns = [
    path("verify/", verifying.verify, name="verify"),
]
