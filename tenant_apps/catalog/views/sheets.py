"""Export of products in the console."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic import View

from console.access import may
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.http.rendering import send_file
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.sheets import exporting


class ExportProducts(ConsolePageMixin, View):
    site = brand_site
    permission = "catalog.view"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        file = exporting.export_products(products=list_products(), with_cost=may(request, "catalog.cost"))
        return send_file(file, name="products", suffix="xlsx")


class ExportPictures(ConsolePageMixin, View):
    site = brand_site
    permission = "catalog.view"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return send_file(exporting.export_pictures(products=list_products()), name="pictures", suffix="zip")
