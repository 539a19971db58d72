"""Buttons of an order's page, each of which calls a service."""

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action, object_link
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.orders.admin.refund_form import RefundForm
from tenant_apps.orders.admin.ship_forms import CorrectForm, ShipForm, WaybillForm
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.parcels import find_prepared_parcel
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.hand_over import hand_over_order
from tenant_apps.orders.services.parcels import correct_parcel
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundTerms, refund_on_terms
from tenant_apps.orders.services.ship_order import Packing, ship_order
from tenant_apps.orders.services.waybills import request_waybill
from tenant_apps.orders.states import (
    MONEY_IS_HERE,
    TO_BE_SHIPPED,
    FulfilmentState,
    OrderKind,
    OrderState,
    PaymentMethod,
    PaymentState,
)
from tenant_apps.shipping.selectors.parcels import ParcelNotFound
from tenant_apps.shipping.services.waybills import void_parcel


def _sum_and_buyer(order: Order) -> Text:
    buyer = order.customer.name if order.customer else order.agent.name if order.agent else ""
    return " · ".join(filter(None, [order.number, format_money(order.total), buyer]))


class PayForm(DialogForm):
    method = forms.ChoiceField(label=_("Method"), choices=PaymentMethod.choices)
    reference = forms.CharField(label=_("Payment reference"), max_length=64)


class HandOverForm(DialogForm):
    code = forms.CharField(
        label=_("Pickup code"),
        max_length=6,
        help_text=_("The six digits that the receiver says."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}),
    )


def _awaits_shipment(order: Order) -> bool:
    return (
        order.state == OrderState.OPEN
        and order.fulfilment_state in TO_BE_SHIPPED
        and order.payment_state in MONEY_IS_HERE
    )


class OrderActs:
    """Acts on one order."""

    @object_action(
        _("Book payment"),
        permission="orders.pay",
        form=PayForm,
        icon="payments",
        explanation=_sum_and_buyer,
        offered=lambda order: order.state == OrderState.OPEN and order.payment_state == PaymentState.UNPAID,
    )
    def pay(self, request: HttpRequest, order: Order, form: PayForm) -> Text:
        pay_order(order_id=order.pk, **form.cleaned_data, now=clock.now())
        return _("Order %(number)s is paid.") % {"number": order.number}

    @object_action(
        _("Ship"),
        permission="orders.ship",
        form=ShipForm,
        icon="local_shipping",
        offered=lambda order: _awaits_shipment(order) and not order.is_pickup,
    )
    def ship(self, request: HttpRequest, order: Order, form: ShipForm) -> Text:
        filled = form.cleaned_data
        shipped = ship_order(
            order_id=order.pk,
            carrier=filled["carrier"],
            tracking_number=filled["tracking_number"],
            packing=Packing(
                lines=form.lines(),
                weight_grams=filled["weight_grams"] or 0,
                needs_parcel=True,
                carrier_reason=form.reason(),
            ),
            now=clock.now(),
        )
        if shipped.fulfilment_state == FulfilmentState.PARTLY_SHIPPED:
            return _("A parcel of order %(number)s was shipped; something is left to ship.") % {"number": order.number}
        return _("Order %(number)s was shipped.") % {"number": order.number}

    @object_action(
        _("Hand over"),
        permission="orders.ship",
        form=HandOverForm,
        icon="storefront",
        offered=lambda order: _awaits_shipment(order) and order.is_pickup,
    )
    def hand_over(self, request: HttpRequest, order: Order, form: HandOverForm) -> Text:
        hand_over_order(order_id=order.pk, code=form.cleaned_data["code"], now=clock.now())
        return _("Order %(number)s was handed over.") % {"number": order.number}

    @object_action(
        _("Get waybill"),
        permission="orders.ship",
        form=WaybillForm,
        icon="barcode",
        offered=lambda order: (
            order.state == OrderState.OPEN
            and order.fulfilment_state in TO_BE_SHIPPED
            and order.payment_state in MONEY_IS_HERE
        ),
    )
    def get_waybill(self, request: HttpRequest, order: Order, form: WaybillForm) -> Text:
        parcel = request_waybill(order_id=order.pk, carrier=form.cleaned_data["carrier"], now=clock.now())
        told = {"carrier": parcel.carrier, "number": parcel.tracking_number}
        return _("%(carrier)s gave the number %(number)s.") % told

    @object_action(
        _("Void the packed parcel"),
        permission="orders.ship",
        icon="delete",
        offered=lambda order: (
            order.fulfilment_state in TO_BE_SHIPPED and find_prepared_parcel(order_id=order.pk) is not None
        ),
    )
    def void_parcel(self, request: HttpRequest, order: Order, form: DialogForm) -> Text:
        prepared = find_prepared_parcel(order_id=order.pk)
        if prepared is None:
            raise ParcelNotFound
        void_parcel(parcel_id=prepared.pk)
        return _("The parcel is voided, and its number given back.")

    @object_action(
        _("Correct tracking number"),
        permission="orders.ship",
        form=CorrectForm,
        icon="edit",
        offered=lambda order: (
            order.fulfilment_state != FulfilmentState.UNFULFILLED and order.state != OrderState.CANCELLED
        ),
    )
    def correct_tracking(self, request: HttpRequest, order: Order, form: CorrectForm) -> Text:
        correct_parcel(order_id=order.pk, **form.cleaned_data)
        return _("The tracking number of %(number)s is corrected.") % {"number": order.number}

    @object_action(
        _("Mark as delivered"),
        permission="orders.ship",
        icon="done",
        offered=lambda order: order.state == OrderState.OPEN and order.fulfilment_state == FulfilmentState.SHIPPED,
    )
    def deliver(self, request: HttpRequest, order: Order, form: DialogForm) -> Text:
        deliver_order(order_id=order.pk, now=clock.now())
        return _("Order %(number)s was delivered.") % {"number": order.number}

    @object_action(
        _("Complete"),
        permission="orders.ship",
        icon="done_all",
        offered=lambda order: (
            order.state == OrderState.OPEN
            and order.fulfilment_state in (FulfilmentState.DELIVERED, FulfilmentState.RETURNED)
        ),
    )
    def complete(self, request: HttpRequest, order: Order, form: DialogForm) -> Text:
        complete_order(order_id=order.pk, now=clock.now())
        return _("Order %(number)s is complete.") % {"number": order.number}

    @object_action(
        _("Refund"),
        permission="orders.refund",
        form=RefundForm,
        icon="undo",
        offered=lambda order: order.payment_state in MONEY_IS_HERE and not order.is_free,
    )
    def refund(self, request: HttpRequest, order: Order, form: RefundForm) -> Text:
        filled = form.cleaned_data
        terms = RefundTerms(filled.get("restock", False), filled["reason"], method=filled.get("method", ""))
        given = refund_on_terms(order_id=order.pk, lines=form.requests(), terms=terms, now=clock.now())
        return _("Refund %(number)s: %(amount)s.") % {"number": given.number, "amount": format_money(given.amount)}

    @object_action(
        _("Cancel order"),
        permission="orders.cancel",
        icon="cancel",
        offered=lambda order: (
            order.state == OrderState.OPEN
            and order.fulfilment_state == FulfilmentState.UNFULFILLED
            and (order.payment_state == PaymentState.UNPAID or order.is_free)
        ),
    )
    def cancel(self, request: HttpRequest, order: Order, form: DialogForm) -> Text:
        cancel_order(order_id=order.pk, now=clock.now())
        return _("Order %(number)s was cancelled.") % {"number": order.number}

    @object_link(
        _("Order again"),
        permission="orders.place",
        icon="replay",
        offered=lambda order: order.kind in {*OrderKind} - {OrderKind.EXCHANGE, OrderKind.RETURN},
    )
    def order_again(self, request: HttpRequest, order: Order) -> str:
        return f"{reverse('orders:new')}?again={order.pk}"

    @object_link(
        _("Pack and check"),
        permission="orders.ship",
        icon="barcode_scanner",
        offered=lambda order: (
            order.state == OrderState.OPEN
            and order.fulfilment_state in TO_BE_SHIPPED
            and order.payment_state in MONEY_IS_HERE
        ),
    )
    def pack(self, request: HttpRequest, order: Order) -> str:
        return reverse("orders:pack", args=[order.pk])

    @object_link(_("Packing slip"), permission="orders.view", icon="print", offered=lambda order: order.total >= 0)
    def print_slip(self, request: HttpRequest, order: Order) -> str:
        return f"{reverse('orders:packing_slips')}?ids={order.pk}"
