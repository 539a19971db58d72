"""Pick the goods of many orders at once, and check each parcel by scanning before it leaves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from tenant_apps.catalog.selectors.products import get_barcodes, get_box_sizes
from tenant_apps.inventory.selectors.reservations import list_reservations_of
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.picking import MAX_BASKETS, Wanted, lay_out
from tenant_apps.orders.selectors import documents, lists, parcels
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.ship_order import Packing, ship_order
from tenant_apps.orders.states import OrderKind


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
        orders = lists.list_for_packing(order_ids=ids, is_waiting=True)
        baskets = list(enumerate(orders[:MAX_BASKETS], start=1))
        places = {parcel_source(order.pk): (number, order) for number, order in baskets}
        wanted = [one for number, order in baskets for one in _out_of_cloud(number, order)]
        held = list_reservations_of(sources=list(places))
        boxes = get_box_sizes(variant_ids={part.variant_id for parts in held.values() for part in parts})
        for source, parts in held.items():
            number, order = places[source]
            names = {line.variant_id: line.name for line in order.lines.all()}
            for part in parts:
                if part.open:
                    name = names.get(part.variant_id, part.sku)
                    size = boxes.get(part.variant_id)
                    wanted.append(Wanted(part.warehouse_name, part.sku, name, number, part.open, size))
        return super().get_context_data(
            baskets=baskets,
            warehouses=lay_out(wanted).items(),
            left_out=len(set(ids)) - len(baskets),
            zone=clock.brand_zone(),
            **kwargs,
        )


def _out_of_cloud(basket: int, order: Order) -> list[Wanted]:
    """Return what a dispatch sends: the agent's goods, of which the brand reserves nothing."""
    if order.kind != OrderKind.DISPATCH:
        return []
    lines = sorted(order.lines.all(), key=lambda line: line.line_no)
    return [
        Wanted(str(_("Cloud stock")), line.sku, line.name, basket, line.open_quantity)
        for line in lines
        if line.open_quantity
    ]


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
