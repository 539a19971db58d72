"""Pages of orders, below /console/."""

from django.urls import path

from tenant_apps.orders.views import shipping

app_name = "orders"

urlpatterns = [
    path("orders/ship/", shipping.ShipPage.as_view(), name="ship"),
    path("orders/packing-slips/", shipping.PackingSlips.as_view(), name="packing_slips"),
]
