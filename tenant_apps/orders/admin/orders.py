"""Orders in the brand console: lists, search, and buttons that call the services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from console import panels
from console.actions import DialogForm, bulk_action, object_action
from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money, state_label
from console.exports import ExportsList
from console.money import format_money
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from kernel.http.downloads import send_file
from tenant_apps.orders.admin.filters import WaitsForFilter
from tenant_apps.orders.admin.refund_form import RefundForm
from tenant_apps.orders.models import Channel, Order, OrderLine, Payment, Refund
from tenant_apps.orders.selectors import matches_words
from tenant_apps.orders.services import channels
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.export_orders import export_orders
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tenant_apps.orders.states import (
    MONEY_IS_HERE,
    FulfilmentState,
    OrderKind,
    OrderState,
    PaymentMethod,
    PaymentState,
)

STATE_TONES: dict[str, Any] = {
    OrderState.OPEN: "info",
    OrderState.COMPLETED: "success",
    OrderState.CANCELLED: "",
}
PAYMENT_TONES: dict[str, Any] = {
    PaymentState.UNPAID: "warning",
    PaymentState.PAID: "success",
    PaymentState.PARTLY_REFUNDED: "danger",
    PaymentState.REFUNDED: "danger",
}
FULFILMENT_TONES: dict[str, Any] = {
    FulfilmentState.UNFULFILLED: "warning",
    FulfilmentState.SHIPPED: "info",
    FulfilmentState.DELIVERED: "success",
    FulfilmentState.RETURNED: "danger",
}


class PayForm(DialogForm):
    method = forms.ChoiceField(label=_("Method"), choices=PaymentMethod.choices)
    reference = forms.CharField(label=_("Payment reference"), max_length=64)


class ShipForm(DialogForm):
    carrier = forms.CharField(label=_("Carrier"), max_length=40, required=False)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=64, required=False)


class OrderLineInline(ReadOnlyInline[OrderLine, Order]):
    model = OrderLine
    ordering = ("line_no",)
    fields = (
        "line_no",
        "sku",
        "name",
        "quantity",
        "unit_price",
        "discount",
        "goods_amount",
        "shipped_quantity",
        "refunded_quantity",
        "refunded_amount",
        "returned_quantity",
    )


class PaymentInline(ReadOnlyInline[Payment, Order]):
    model = Payment
    fields = ("method", "reference", "amount", "paid_at")


class RefundInline(ReadOnlyInline[Refund, Order]):
    model = Refund
    ordering = ("seq",)
    fields = ("number", "amount", "freight", "restocked", "reason", "refunded_at")


@admin.register(Order, site=brand_site)
class OrderAdmin(ExportsList[Order], BrandModelAdmin[Order]):
    view_permission = "orders.view"
    list_display = (
        "number",
        "placed_at",
        "channel",
        "agent",
        money("total", _("Total")),
        state_label("state", _("State"), STATE_TONES),
        state_label("payment_state", _("Payment"), PAYMENT_TONES),
        state_label("fulfilment_state", _("Fulfilment"), FULFILMENT_TONES),
    )
    list_filter = (WaitsForFilter, "state", "payment_state", "fulfilment_state", "kind", "channel", "placed_at")
    search_fields = ("number",)  # shows the box; get_search_results searches
    search_help_text = _("Order, tracking or phone number, buyer, agent, SKU, product")
    hit_icon = "receipt_long"
    ordering = ("-placed_at", "-id")
    inlines = (OrderLineInline, PaymentInline, RefundInline)
    actions_detail = ("pay", "ship", "deliver", "complete", "refund", "cancel")
    actions = ("deliver_selected", "complete_selected", "cancel_selected", "export_selected")

    change_form_after_template = "console/panels.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Add the boxes of the apps above, such as who earns on the order."""
        boxes = panels.collect("orders.order", request, int(object_id)) if object_id.isdecimal() else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": boxes})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Load channel and agent for the list without decrypting personal data."""
        orders = super().get_queryset(request).select_related("channel", "agent", "customer")
        return orders.defer("agent__id_number", "agent__bank_card")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        return queryset.filter(matches_words(search_term)), False

    def describe_hit(self, order: Order) -> tuple[Text, Text]:
        buyer = order.agent.name if order.agent and order.kind == OrderKind.RESTOCK else order.receiver.get("name", "")
        return order.number, " · ".join(str(part) for part in (order.get_kind_display(), buyer, order.total) if part)

    @object_action(
        _("Book payment"),
        permission="orders.pay",
        form=PayForm,
        icon="payments",
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
        offered=lambda order: (
            order.state == OrderState.OPEN
            and order.fulfilment_state == FulfilmentState.UNFULFILLED
            and order.payment_state in MONEY_IS_HERE
        ),
    )
    def ship(self, request: HttpRequest, order: Order, form: ShipForm) -> Text:
        ship_order(order_id=order.pk, **form.cleaned_data, now=clock.now())
        return _("Order %(number)s was shipped.") % {"number": order.number}

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
        offered=lambda order: order.payment_state in MONEY_IS_HERE,
    )
    def refund(self, request: HttpRequest, order: Order, form: RefundForm) -> Text:
        filled = form.cleaned_data
        given = refund_order(
            order_id=order.pk,
            lines=form.requests(),
            restock=filled.get("restock", False),
            reason=filled["reason"],
            now=clock.now(),
        )
        return _("Refund %(number)s: %(amount)s.") % {"number": given.number, "amount": format_money(given.amount)}

    @object_action(
        _("Cancel order"),
        permission="orders.cancel",
        icon="cancel",
        offered=lambda order: order.state == OrderState.OPEN and order.payment_state == PaymentState.UNPAID,
    )
    def cancel(self, request: HttpRequest, order: Order, form: DialogForm) -> Text:
        cancel_order(order_id=order.pk, now=clock.now())
        return _("Order %(number)s was cancelled.") % {"number": order.number}

    @bulk_action(_("Mark as delivered"), permission="orders.ship")
    def deliver_selected(self, request: HttpRequest, order: Order) -> None:
        deliver_order(order_id=order.pk, now=clock.now())

    @bulk_action(_("Complete"), permission="orders.ship")
    def complete_selected(self, request: HttpRequest, order: Order) -> None:
        complete_order(order_id=order.pk, now=clock.now())

    @bulk_action(_("Cancel order"), permission="orders.cancel")
    def cancel_selected(self, request: HttpRequest, order: Order) -> None:
        cancel_order(order_id=order.pk, now=clock.now())

    @admin.action(description=_("Export as XLSX"))
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponseBase:
        exported = export_orders(filters={"ids": list(queryset.values_list("id", flat=True))}, form="xlsx")
        return send_file(exported.content, name=exported.name, content_type=exported.content_type)


@admin.register(Channel, site=brand_site)
class ChannelAdmin(BrandModelAdmin[Channel]):
    view_permission = "orders.view"
    add_permission = "orders.import"
    list_display = ("code", "name", "kind")
    search_fields = ("code", "name")
    fields = ("code", "name", "kind")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Channel | None) -> Channel:
        return channels.create_channel(**form.cleaned_data)
