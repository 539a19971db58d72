"""Ship many orders on one page, and print the slips that go into the parcels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.packing import ensure_fit_a_page
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.ship_order import Packing, ship_order
from tenant_apps.orders.services.ship_orders import OrderToShip, ship_orders

_FIELDS: Final = ("carrier", "tracking_number")


@dataclass
class Parcel:
    """A line of the page: the order, what was typed for it, and what is wrong with that by field."""

    order: Order
    carrier: str = ""
    tracking_number: str = ""
    reason: str = ""
    same_box: Order | None = None  # an order further up, to the same receiver
    others: Sequence[Order] = ()  # orders to the same receiver that are not on the page
    errors: dict[str, Text] = field(default_factory=dict)

    @property
    def error(self) -> Text:
        """Fault of the order rather than of a field."""
        return self.errors.get("", "")


class ShipPage(BrandPage, TemplateView):
    """Carrier and tracking number for each order; those that are right are shipped, the others stay with the reason.

    A line without a tracking number is left for later, unless its box says that it has none.
    """

    permission = "orders.ship"
    title = _("Ship orders")
    template_name = "orders/console/ship.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        carriers = order_parcels.list_carriers()
        if "parcels" not in kwargs:
            kwargs["parcels"] = _suggest(self._waiting(self.request.GET), carriers[0])
        return super().get_context_data(carriers=carriers, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        orders = self._waiting(request.POST)
        if "in_background" in request.POST:
            return self._start_job(orders)
        refused: list[Parcel] = []
        left: list[Parcel] = []
        shipped = 0
        for order in orders:
            carrier, number = (request.POST.get(f"{name}_{order.pk}", "").strip() for name in _FIELDS)
            parcel = Parcel(order, carrier, number)
            self._share_box(parcel)
            if not parcel.tracking_number and f"only_{order.pk}" not in request.POST:
                left.append(parcel)
            elif self._ship(parcel):
                shipped += 1
            else:
                refused.append(parcel)
        if shipped:
            said = ngettext("%(count)d order was shipped.", "%(count)d orders were shipped.", shipped)
            messages.success(request, said % {"count": shipped})
        if not refused and not left:
            return redirect("brand:orders_order_changelist")
        return self.render_to_response(self.get_context_data(parcels=[*refused, *left], refused=len(refused)))

    def _start_job(self, orders: Sequence[Order]) -> HttpResponse:
        """Ship the lines with a number in a job, and show how far it got."""
        wanted = []
        for order in orders:
            carrier, number = (self.request.POST.get(f"{name}_{order.pk}", "").strip() for name in _FIELDS)
            parcel = Parcel(order, carrier, number)
            self._share_box(parcel)
            if parcel.tracking_number or f"only_{order.pk}" in self.request.POST:
                wanted.append(OrderToShip(order.pk, parcel.carrier, parcel.tracking_number))
        if not wanted:
            messages.warning(self.request, _("No line has a tracking number."))
            return self.render_to_response(self.get_context_data(parcels=_suggest(orders, "")))
        return redirect("shipping:job", ship_orders(orders=wanted, now=clock.now()))

    def _share_box(self, parcel: Parcel) -> None:
        """Take carrier and number of the order whose box is shared, where that was ticked."""
        shared = self.request.POST.get(f"with_{parcel.order.pk}", "")
        if shared:
            names = (f"{name}_{shared}" for name in _FIELDS)
            parcel.carrier, parcel.tracking_number = (self.request.POST.get(name, "").strip() for name in names)

    def _waiting(self, query: QueryDict) -> list[Order]:
        return lists.list_for_packing(order_ids=_ids(query), is_waiting=True)

    def _ship(self, parcel: Parcel) -> bool:
        try:
            ship_order(
                order_id=parcel.order.pk,
                carrier=parcel.carrier,
                tracking_number=parcel.tracking_number,
                packing=Packing(needs_parcel=True, carrier_reason=_reason_of(parcel)),
                now=clock.now(),
            )
        except DomainError as refusal:
            for error in refusal.errors:
                parcel.errors[error.field if error.field in _FIELDS else ""] = error.detail
            if not refusal.errors:
                parcel.errors[""] = refusal.detail
            return False
        return True


def _suggest(orders: Sequence[Order], usual: str) -> list[Parcel]:
    """Return a line for each order, with the carrier that the rules choose and the box it could share."""
    choices = choose_carriers(orders)
    same = lists.list_same_receivers(orders=orders)
    shown: dict[int, Order] = {}
    ids = {order.pk for order in orders}
    prepared = order_parcels.find_prepared_parcels(order_ids=ids)
    parcels = []
    for order in orders:
        choice = choices.get(order.pk)
        others = same.get(order.pk, [])
        packed = prepared.get(order.pk)
        parcels.append(
            Parcel(
                order,
                carrier=packed.carrier if packed else choice.carrier if choice else usual,
                tracking_number=packed.tracking_number if packed else "",
                reason=choice.reason if choice else "",
                same_box=next((shown[other.pk] for other in others if other.pk in shown), None),
                others=[other for other in others if other.pk not in ids],
            )
        )
        shown[order.pk] = order
    return parcels


def _reason_of(parcel: Parcel) -> str:
    """Return why the rules chose the carrier that was sent; nothing where a person chose another."""
    choice = choose_carriers([parcel.order]).get(parcel.order.pk)
    return choice.reason if choice and choice.carrier == parcel.carrier else ""


class PackingSlips(BrandPage, TemplateView):
    """One slip per order: receiver, goods and pieces, no prices."""

    permission = "orders.view"
    title = _("Packing slips")
    template_name = "orders/console/packing_slips.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        orders = lists.list_for_packing(order_ids=_ids(self.request.GET))
        return super().get_context_data(orders=orders, zone=clock.brand_zone(), **kwargs)


def _ids(query: QueryDict) -> list[int]:
    """Return the ids that the address names, without what is no id. Raises TooManySelected."""
    words = query.get("ids", "").split(",")
    ids = [int(word) for word in words if word.isdecimal() and len(word) < 19]
    ensure_fit_a_page(len(ids))
    return ids
