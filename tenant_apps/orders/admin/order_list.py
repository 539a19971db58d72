"""The list of orders: who bought what through whom, and what has to happen next."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.actions import list_link
from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action, selection_action
from console.display import clamped, money, state_label
from console.exports import ExportsList
from console.lists import Shown
from kernel.core import clock
from kernel.core.errors import Text
from kernel.http.downloads import send_file
from tenant_apps.inventory.selectors.backorders import Promise
from tenant_apps.orders.admin.filters import GoodsToComeFilter, PlacedByFilter, WaitsForFilter
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.packing import ensure_fit_a_page
from tenant_apps.orders.rules.search import FIELD_NAMES
from tenant_apps.orders.selectors import promises
from tenant_apps.orders.selectors.search import get_found_fields, matches_search, read_search
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.export_orders import export_orders
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentState

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
    FulfilmentState.PARTLY_SHIPPED: "warning",
    FulfilmentState.SHIPPED: "info",
    FulfilmentState.DELIVERED: "success",
    FulfilmentState.RETURNED: "danger",
}


class OrderListAdmin(ExportsList[Order], BrandModelAdmin[Order]):
    view_permission = "orders.view"
    list_display = (
        "number",
        "placed_at",
        "buyer",
        "seller",
        "goods",
        money("total", _("Total")),
        state_label("state", _("State"), STATE_TONES),
        state_label("payment_state", _("Payment"), PAYMENT_TONES),
        state_label("fulfilment_state", _("Fulfilment"), FULFILMENT_TONES),
        "parcel",
    )
    list_filter = (
        WaitsForFilter,
        "state",
        "payment_state",
        "fulfilment_state",
        "kind",
        "channel",
        PlacedByFilter,
        GoodsToComeFilter,
        "placed_at",
    )
    list_totals = ("total",)
    search_fields = ("number",)  # shows the box; get_search_results searches
    search_help_text = _(
        "Order, tracking or phone number or their last four; receiver, customer or agent, also by pinyin; SKU, product"
    )
    hit_icon = "receipt_long"
    hit_ordering = ("-placed_at", "-id")
    ordering = ("-placed_at", "-id")
    actions_list = ("new_order", "import_tracking_numbers")
    actions = (
        "ship_selected",
        "pick_selected",
        "print_selected",
        "deliver_selected",
        "complete_selected",
        "cancel_selected",
        "export_selected",
        "export_selected_masked",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Load what the list names, without decrypting personal data."""
        orders = super().get_queryset(request).select_related("channel", "agent__level", "customer")
        return orders.defer("agent__id_number", "agent__bank_card").prefetch_related("lines")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        return queryset.filter(matches_search(read_search(search_term))) if search_term else queryset, False

    def list_columns(self, request: HttpRequest) -> list[Shown]:
        """Say after a search in which field each order holds the words."""
        columns = super().list_columns(request)
        if promises.has_promises():
            columns = [*columns, "promised"]
        return [*columns, "found_in"] if request.GET.get(SEARCH_VAR, "").strip() else columns

    def prepare_rows(self, request: HttpRequest, rows: list[Order]) -> None:
        super().prepare_rows(request, rows)
        note_found_fields(request.GET.get(SEARCH_VAR, "").strip(), rows)
        promised = promises.get_promises(order_ids=[order.pk for order in rows])
        for order in rows:
            order.promised = say_promise(promised[order.pk]) if order.pk in promised else ""

    @admin.display(description=_("Presale"))
    def promised(self, order: Order) -> str:
        """Presale or backorder, the promised day, and the pieces that are still to come."""
        return str(order.promised) or "–"

    @admin.display(description=_("Found by"))
    def found_in(self, order: Order) -> str:
        return name_fields(order.found_fields)

    def describe_hits(self, words: str, subjects: Sequence[Order]) -> list[tuple[Text, Text]]:
        note_found_fields(words, subjects)
        described = super().describe_hits(words, subjects)
        return [
            (title, " · ".join(filter(None, (str(note), name_fields(order.found_fields)))))
            for order, (title, note) in zip(subjects, described, strict=True)
        ]

    def describe_hit(self, order: Order) -> tuple[Text, Text]:
        buyer = order.agent.name if order.agent and order.kind == OrderKind.RESTOCK else order.receiver.get("name", "")
        return order.number, " · ".join(str(part) for part in (order.get_kind_display(), buyer, order.total) if part)

    @admin.display(description=pgettext_lazy("order", "Buyer"))
    def buyer(self, order: Order) -> str:
        """The customer by name, or the receiver."""
        named = order.customer.name if order.customer else ""
        return named or str(order.receiver.get("name", "")) or "–"

    @admin.display(description=_("Agent"), ordering="agent")
    def seller(self, order: Order) -> str:
        return order.agent.name if order.agent else "–"

    @admin.display(description=_("Goods"))
    def goods(self, order: Order) -> SafeString:
        """The first line, and how many pieces there are in all."""
        lines = sorted(order.lines.all(), key=lambda line: line.line_no)
        said = f"{lines[0].name} ×{lines[0].quantity}" if lines else "–"
        if len(lines) > 1:
            pieces = sum(line.quantity for line in lines)
            said = gettext("%(first)s, %(pieces)d pieces in all") % {"first": said, "pieces": pieces}
        return clamped(said)

    @admin.display(description=_("Tracking"), ordering="tracking_number")
    def parcel(self, order: Order) -> SafeString | str:
        if not (order.carrier or order.tracking_number):
            return "–"
        return format_html('{} <span class="bn-amount">{}</span>', order.carrier, order.tracking_number)

    @list_link(_("New order"), permission="orders.place", icon="add")
    def new_order(self, request: HttpRequest) -> str:
        return reverse("orders:new")

    @list_link(_("Import tracking numbers"), permission="orders.ship", icon="upload_file")
    def import_tracking_numbers(self, request: HttpRequest) -> str:
        return reverse("imports:upload", args=["tracking_numbers"])

    @selection_action(_("Ship"), permission="orders.ship")
    def ship_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse:
        return redirect(f"{reverse('orders:ship')}?ids={_ids(queryset)}")

    @selection_action(_("Pick list"), permission="orders.ship")
    def pick_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse:
        return redirect(f"{reverse('orders:pick_list')}?ids={_ids(queryset)}")

    @selection_action(_("Print packing slips"), permission="orders.view")
    def print_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse:
        return redirect(f"{reverse('orders:packing_slips')}?ids={_ids(queryset)}")

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
        return _send_workbook(queryset)

    @admin.action(description=_("Export as XLSX, people masked"))
    def export_selected_masked(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponseBase:
        return _send_workbook(queryset, is_masked=True)


def say_promise(promise: Promise) -> Text:
    """Write what goods sold beyond stock were promised: "Presale · 2026-12-20 · 3 to come"."""
    day = date_format(promise.promised_on, "Y-m-d")
    said = _("%(kind)s · %(day)s · %(pieces)d to come") if promise.waiting else _("%(kind)s · %(day)s · arrived")
    return said % {"kind": promise.label, "day": day, "pieces": promise.waiting}


def _send_workbook(orders: QuerySet[Order], *, is_masked: bool = False) -> HttpResponseBase:
    ids = list(orders.values_list("id", flat=True))
    exported = export_orders(filters={"ids": ids}, form="xlsx", is_masked=is_masked)
    return send_file(exported.content, name=exported.name, content_type=exported.content_type)


def note_found_fields(words: str, orders: Sequence[Order]) -> None:
    """Note on the orders the fields in which they hold the words of a search, in one statement."""
    if words:
        fields = get_found_fields(words=read_search(words), order_ids=[order.pk for order in orders])
        for order in orders:
            order.found_fields = tuple(fields.get(order.pk, ()))


def name_fields(fields: Sequence[str]) -> str:
    return " / ".join(str(FIELD_NAMES[field]) for field in fields)


def _ids(orders: QuerySet[Order]) -> str:
    """Write the ids of the ticked orders, the oldest first: that is the order in which they are packed.

    Raises TooManySelected.
    """
    ids = list(orders.order_by("placed_at", "id").values_list("id", flat=True))
    ensure_fit_a_page(len(ids))
    return ",".join(map(str, ids))
