"""Pages of orders, below /console/."""

from django.urls import path

from tenant_apps.orders.views import entry, packing, pasted, settings, shipping, suggestions
from tenant_apps.orders.views.photos import AfterSalePhoto

app_name = "orders"

urlpatterns = [
    path("orders/settings/", settings.OrderSettingsPage.as_view(), name="settings"),
    path("orders/new/", entry.EntryPage.as_view(), name="new"),
    path("orders/new/quote/", entry.QuoteEntry.as_view(), name="quote"),
    path("orders/new/place/", entry.PlaceEntry.as_view(), name="place"),
    path("orders/new/read/", pasted.ReadPasted.as_view(), name="read_pasted"),
    path("orders/new/goods/", suggestions.GoodsList.as_view(), name="goods"),
    path("orders/new/customers/", suggestions.CustomerList.as_view(), name="customers"),
    path("orders/new/agents/", suggestions.AgentList.as_view(), name="agents"),
    path("orders/new/again/<int:order_id>/", suggestions.OrderAgain.as_view(), name="again"),
    path("orders/ship/", shipping.ShipPage.as_view(), name="ship"),
    path("orders/pick-list/", packing.PickList.as_view(), name="pick_list"),
    path("orders/pack/<int:order_id>/", packing.PackPage.as_view(), name="pack"),
    path("orders/packing-slips/", shipping.PackingSlips.as_view(), name="packing_slips"),
    path(
        "orders/after-sales/<int:after_sale_id>/photos/<str:key>/<str:size>/",
        AfterSalePhoto.as_view(),
        name="after_sale_photo",
    ),
]
