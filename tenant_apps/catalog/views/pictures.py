"""Console page of a product's pictures: upload, re-order, describe, delete."""

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.access import ensure_may, may
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError
from kernel.http.downloads import send_unchanging
from tenant_apps.catalog.selectors.images import get_picture_file, list_images
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.services import images

MAX_AT_ONCE = 20


class PictureFile(ConsolePageMixin, View):
    site = brand_site
    permission = "catalog.view"
    title = ""

    def get(self, request: HttpRequest, image_id: int, size: str) -> HttpResponseBase:
        try:
            return send_unchanging(
                request, **asdict(get_picture_file(image_id=image_id, thumbnail=size == "thumbnail"))
            )
        except FileNotFoundError:
            raise Http404 from None


class ProductPictures(ConsolePageMixin, TemplateView):
    site = brand_site
    permission = "catalog.view"
    title = _("Pictures")
    template_name = "catalog/pictures.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        product = get_product(product_id=self.kwargs["product_id"])
        pictures = list(list_images(product_id=product.pk).select_related("variant"))
        context = {"product": product, "pictures": pictures, "variants": product.variants.all()}
        return super().get_context_data(**{**kwargs, **context, "may_edit": may(self.request, "catalog.edit")})

    def post(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """`action` is upload, order, describe or delete."""
        ensure_may(request, "catalog.edit")
        try:
            self._act(request, product_id)
        except DomainError as refusal:
            messages.error(request, str(refusal.errors[0].detail if refusal.errors else refusal))
        except ValueError:
            messages.error(request, gettext("The request breaks a rule"))
        return redirect("catalog:pictures", product_id=product_id)

    def _act(self, request: HttpRequest, product_id: int) -> None:
        form = request.POST
        action = request.POST.get("action")
        if action == "upload":
            variant = form.get("variant")
            for upload in request.FILES.getlist("pictures")[:MAX_AT_ONCE]:
                images.add_image(
                    product_id=product_id,
                    upload=upload,
                    name=upload.name or "",
                    variant_id=int(variant) if variant else None,
                )
        elif action == "order":
            wanted = [int(word) for word in form.get("order", "").split(",") if word]
            images.order_images(product_id=product_id, image_ids=wanted)
        elif action == "describe":
            images.change_image(image_id=int(form.get("picture", "")), description=form.get("description", "")[:200])
        elif action == "delete":
            images.delete_image(image_id=int(form.get("picture", "")))
