"""Pages of inventory, below /console/."""

from django.urls import path

from tenant_apps.inventory.views import checking, counting, reporting, reviewing

app_name = "inventory"

urlpatterns = [
    path("inventory/check/", checking.CheckPage.as_view(), name="check"),
    path("inventory/report/", reporting.StockReportPage.as_view(), name="report"),
    path("inventory/stocktakes/<int:stocktake_id>/count/", counting.CountPage.as_view(), name="count"),
    path("inventory/stocktakes/<int:stocktake_id>/count/scan/", counting.ScanGoods.as_view(), name="scan"),
    path("inventory/stocktakes/<int:stocktake_id>/count/set/", counting.SetCounted.as_view(), name="set_counted"),
    path("inventory/stocktakes/<int:stocktake_id>/review/", reviewing.ReviewPage.as_view(), name="review"),
]
