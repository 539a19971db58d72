"""Addresses on a brand's host."""

from django.urls import include, path
from django.views.generic import RedirectView

from config.api_brand import api
from console.branding import show_icon
from console.regions import show_columns
from console.sites import brand_site
from kernel.http.health import healthz, readyz
from tenant_apps.shipping.urls import pushes
from tenant_apps.shipping.views.reading import ReadAddress

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("favicon.ico", show_icon),
    path("api/v1/", api.urls),
    path("regions.json", show_columns, name="regions"),
    path("console/addresses/read/", ReadAddress.as_view(), name="read_address"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("console/", include("shared_apps.accounts.urls.console")),
    path("console/", include("shared_apps.billing.urls.brand")),
    path("console/", include("shared_apps.support.urls.brand")),
    path("console/", include("tenant_apps.imports.urls")),
    path("console/", include("tenant_apps.catalog.urls")),
    path("console/", include("tenant_apps.pricing.urls")),
    path("console/", include("tenant_apps.orders.urls")),
    path("console/", include("tenant_apps.inventory.urls")),
    path("console/", include("tenant_apps.shipping.urls")),
    path("console/", include("tenant_apps.insights.urls")),
    path("console/", include("tenant_apps.agents.urls.console")),
    path("console/", include("tenant_apps.attribution.urls.console")),
    path("console/", include("tenant_apps.ranks.urls")),
    path("console/", include("tenant_apps.recruiting.urls.console")),
    path("console/", brand_site.urls),
    path("couriers/", include((pushes, "couriers"))),
    path("agent/", include("shared_apps.accounts.urls.agent")),
    path("", include("tenant_apps.attribution.urls.public")),
    path("", include("tenant_apps.agents.urls.public")),
    path("", include("tenant_apps.recruiting.urls.public")),
    path("", RedirectView.as_view(url="/console/")),
]
