"""Pick the goods of many orders at once, and check each parcel by scanning before it leaves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from tenant_apps.catalog.selectors.products import get_barcodes
from tenant_apps.orders.selectors import documents, parcels
from tenant_apps.orders.selectors.picking import get_pick_sheet
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.ship_order import Packing, ship_order


class PickList(BrandPage, TemplateView):
    """Goods to take from the shelves for up to 50 orders, by warehouse and SKU, with the basket.

    It holds what waits to be shipped at the moment: an order that was cancelled or changed since is not on it any more,
    or with what is left of it.
    """

    permission = "orders.ship"
    title = _("Pick list")
    template_name = "orders/console/pick_list.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        words = self.request.GET.get("ids", "").split(",")
        ids = [int(word) for word in words if word.isdecimal() and len(word) < 19]
        sheet = get_pick_sheet(order_ids=ids)
        return super().get_context_data(
            baskets=sheet.baskets,
            warehouses=sheet.warehouses.items(),
            left_out=len(sheet.left_out),
            zone=clock.brand_zone(),
            **kwargs,
        )


class PackPage(BrandPage, TemplateView):
    """Scan every piece of an order: a wrong SKU or one too many is red and beeps; all there ships the parcel."""

    permission = "orders.ship"
    title = _("Pack and check")
    template_name = "orders/console/pack.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        order = documents.get_order_document(order_id=int(str(kwargs["order_id"])))
        lines = [line for line in order.lines.all() if line.open_quantity]
        barcodes = get_barcodes(variant_ids=[line.variant_id for line in lines])
        rows = [(line, barcodes.get(line.variant_id, "")) for line in sorted(lines, key=lambda one: one.line_no)]
        prepared = parcels.find_prepared_parcel(order_id=order.pk)
        choice = choose_carriers([order]).get(order.pk)
        proposed = prepared.carrier if prepared else choice.carrier if choice else parcels.list_carriers()[0]
        return super().get_context_data(
            **{
                "order": order,
                "rows": rows,
                "carrier": proposed,
                "tracking_number": prepared.tracking_number if prepared else "",
                "carriers": parcels.list_carriers(),
                **kwargs,
            }
        )

    def post(self, request: HttpRequest, order_id: int) -> HttpResponse:
        filled = {name: request.POST.get(name, "").strip() for name in ("carrier", "tracking_number")}
        weight = request.POST.get("weight_grams", "").strip()
        try:
            ship_order(
                order_id=order_id,
                packing=Packing(weight_grams=int(weight) if weight.isdecimal() else 0, needs_parcel=True),
                now=clock.now(),
                **filled,
            )
        except DomainError as refusal:
            reasons: list[Text] = [error.detail for error in refusal.errors] or [refusal.detail]
            context = self.get_context_data(order_id=order_id, reasons=reasons, **filled)
            return self.render_to_response(context, status=409)
        messages.success(request, _("The parcel is shipped."))
        return redirect("brand:orders_order_change", order_id)
