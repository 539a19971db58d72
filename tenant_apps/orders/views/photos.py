"""Photos of after-sales, for whoever may see the order."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.generic import View

from console.brand_pages import BrandPage
from kernel.http.downloads import send_unchanging
from tenant_apps.orders.selectors import after_sales


class AfterSalePhoto(BrandPage, View):
    permission = "orders.view"
    title = ""

    def get(self, request: HttpRequest, after_sale_id: int, key: str, size: str) -> HttpResponse:
        photo = after_sales.get_photo(after_sale_id=after_sale_id, key=key, is_thumbnail=size == "small")
        try:
            return send_unchanging(
                request, photo.path, digest=photo.digest, name=photo.name, content_type=photo.content_type
            )
        except FileNotFoundError as error:
            raise Http404 from error
