"""Pages of insights, below /console/."""

from django.urls import path

from tenant_apps.insights.views.first_steps import LevelTemplate
from tenant_apps.insights.views.retail_prices import OutsideSalesPage
from tenant_apps.insights.views.sales_report import SalesReportPage

app_name = "insights"

urlpatterns = [
    path("insights/sales/", SalesReportPage.as_view(), name="sales_report"),
    path("insights/outside-sales/", OutsideSalesPage.as_view(), name="outside_sales"),
    path("insights/level-template/", LevelTemplate.as_view(), name="level_template"),
]
