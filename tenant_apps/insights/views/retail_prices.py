"""The page of retail sales outside the suggested range."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core import clock
from tenant_apps.insights.selectors.retail_prices import list_outside_sales

DAYS = 90
ROWS = 50


class OutsideSalesPage(ConsolePageMixin, TemplateView):
    """Sales of agents below or above the suggestion in the last 90 days."""

    site = brand_site
    permission = "pricing.view"
    title = _("Sales outside the suggested retail price")
    template_name = "insights/outside_sales.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        before = self.request.GET.get("before", "")
        today = clock.business_date(clock.now())
        sales = list_outside_sales(
            since=today - timedelta(days=DAYS),
            until=today,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
            limit=ROWS,
        )
        return super().get_context_data(
            **kwargs,
            sales=sales,
            days=DAYS,
            zone=clock.brand_zone(),
            more=sales[-1].line_id if len(sales) == ROWS else None,
        )
