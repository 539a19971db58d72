"""Addresses of the prices' own pages, below /console/."""

from django.urls import path

from tenant_apps.pricing.views import changes, matrix

app_name = "pricing"

urlpatterns = [
    path("pricing/matrix/", matrix.MatrixPage.as_view(), name="matrix"),
    path("pricing/prices.xlsx", matrix.PriceListFile.as_view(), name="price_list"),
    path("pricing/changes/new/", changes.NewChangePage.as_view(), name="change_new"),
    path("pricing/changes/<int:change_id>/", changes.ChangePage.as_view(), name="change"),
]
