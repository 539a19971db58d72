"""Addresses on the platform's own host."""

from django.urls import include, path

from config.api_public import api
from console.branding import show_icon
from console.sites import platform_site
from kernel.http.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("favicon.ico", show_icon),
    path("api/v1/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("console/", include("shared_apps.accounts.urls.console")),
    path("console/", include("shared_apps.support.urls.public")),
    path("console/", platform_site.urls),
    path("", include("shared_apps.billing.urls.public")),
    path("", include("shared_apps.tenants.urls")),
]
