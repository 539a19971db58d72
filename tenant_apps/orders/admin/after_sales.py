"""After-sales in the brand console: the queue, the page of one, and their box on an order's page."""

from collections.abc import Collection, Mapping
from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.actions import list_action
from console.display import Tone, money, state_label
from console.exports import ExportsList
from console.history import entries_of
from console.money import format_money
from console.object_page import ObjectPageAdmin
from console.panels import Fact, Panel, Row, facts, written
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from kernel.models import AuditRecord
from tenant_apps.orders.admin.after_sale_acts import REFUND, AfterSaleActs
from tenant_apps.orders.admin.after_sale_fields import label_of
from tenant_apps.orders.admin.after_sale_forms import ReturnDaysForm
from tenant_apps.orders.models import AfterSale, AfterSaleLine, Order
from tenant_apps.orders.rules.after_sales import refund_due_on
from tenant_apps.orders.selectors import after_sales
from tenant_apps.orders.services.return_days import set_return_days
from tenant_apps.orders.states import AfterSaleKind, AfterSaleState, GoodsBackState, SettlementState

HAPPENINGS: Final = 30
WAITS_FOR: Final[Mapping[str, Text]] = {
    "review": _("Customer service: decide"),
    "buyer": _("Buyer: send the goods back"),
    "arrival": _("Warehouse: receive"),
    "inspection": _("Warehouse: inspect"),
    "exchange": _("Customer service: send other goods"),
    "refund": _("Finance: pay back"),
}
STATE_TONES: Final[dict[str, Tone]] = {
    AfterSaleState.REQUESTED: "warning",
    AfterSaleState.APPROVED: "info",
    AfterSaleState.DONE: "success",
    AfterSaleState.REFUSED: "danger",
}
GOODS_TONES: Final[dict[str, Tone]] = {
    GoodsBackState.EXPECTED: "warning",
    GoodsBackState.ON_THE_WAY: "info",
    GoodsBackState.RECEIVED: "warning",
    GoodsBackState.INSPECTED: "success",
}
SETTLEMENT_TONES: Final[dict[str, Tone]] = {SettlementState.DUE: "warning", SettlementState.SETTLED: "success"}


class AfterSaleWaitsFilter(admin.SimpleListFilter):
    """After-sales by who has to act next."""

    title = _("waits for")
    parameter_name = "waits_for"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(key, str(word)) for key, word in WAITS_FOR.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AfterSale]) -> QuerySet[AfterSale]:
        condition = after_sales.AFTER_SALE_WAITS_FOR.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class OverdueFilter(admin.SimpleListFilter):
    """After-sales whose goods came back more than seven days ago and that are not settled."""

    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", gettext("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AfterSale]) -> QuerySet[AfterSale]:
        return queryset.filter(after_sales.is_overdue(clock.now())) if self.value() == "yes" else queryset


@admin.register(AfterSale, site=brand_site)
class AfterSaleAdmin(AfterSaleActs, ExportsList[AfterSale], ObjectPageAdmin[AfterSale]):
    view_permission = "orders.view"
    page = "orders.after_sale"
    page_template = "orders/console/after_sale.html"
    list_display = (
        "number",
        "order_number",
        state_label("kind", _("Kind"), {}),
        "reason",
        money("amount", _("Amount")),
        state_label("state", _("State"), STATE_TONES),
        "waiting",
        "since",
        "requested_at",
    )
    list_filter = (AfterSaleWaitsFilter, OverdueFilter, "state", "kind", "reason", "requested_at")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    ordering = ("-id",)
    actions_list = ("change_return_days",)
    page_acts = (
        "approve",
        "refuse",
        "cancel",
        "goods_sent",
        "receive",
        "inspect",
        "waive_goods",
        "pay_back",
        "exchange",
        "waive_settlement",
        "add_photos",
    )
    next_acts = ("approve", "receive", "inspect", "pay_back", "exchange")
    head_acts = ("refuse", "cancel")

    @admin.display(description=_("Order"), ordering="order__number")
    def order_number(self, after_sale: AfterSale) -> str:
        return after_sale.order.number

    @admin.display(description=_("Waits for"))
    def waiting(self, after_sale: AfterSale) -> Text:
        return WAITS_FOR.get(after_sales.waits_for(after_sale), "–")

    @admin.display(description=_("Since"), ordering="waiting_since")
    def since(self, after_sale: AfterSale) -> SafeString | Text:
        """The beginning of the wait; red where the refund should have been made."""
        if not after_sale.is_open:
            return "–"
        moment = written(after_sale.waiting_since)
        if not _is_overdue(after_sale):
            return moment
        return format_html('<span class="bn-alarm">{} · {}</span>', moment, _("Overdue"))

    @list_action(_("Right of return"), permission=REFUND, form=ReturnDaysForm, icon="event")
    def change_return_days(self, request: HttpRequest, form: ReturnDaysForm) -> None:
        set_return_days(days=form.cleaned_data["return_days"])

    def find_subject(self, request: HttpRequest, object_id: str) -> AfterSale | None:
        return after_sales.get_after_sale(after_sale_id=int(object_id)) if _is_id(object_id) else None

    def list_panels(self, request: HttpRequest, subject: AfterSale) -> list[Panel]:
        return [_request_of(subject), _goods_of(subject), _money_of(subject), _photos_of(subject)]

    def describe(self, request: HttpRequest, subject: AfterSale) -> dict[str, object]:
        records = AuditRecord.objects.filter(subject=f"after_sale:{subject.pk}").order_by("-id")[:HAPPENINGS]
        states: list[tuple[Text, Tone]] = [
            (subject.get_state_display(), STATE_TONES.get(subject.state, "")),
            (subject.get_goods_state_display(), GOODS_TONES.get(subject.goods_state, "")),
            (subject.get_settlement_state_display(), SETTLEMENT_TONES.get(subject.settlement_state, "")),
        ]
        return {
            "after_sale": subject,
            "order_link": _order_link(subject.order),
            "labels": states,
            "waits_for": WAITS_FOR.get(after_sales.waits_for(subject), ""),
            "is_overdue": _is_overdue(subject),
            "entries": entries_of(records, zone=clock.brand_zone()),
            "zone": clock.brand_zone(),
        }


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _order_link(order: Order) -> str:
    return reverse("brand:orders_order_change", args=[order.pk])


def _is_overdue(after_sale: AfterSale) -> bool:
    if after_sale.received_at is None or after_sale.settlement_state != SettlementState.DUE or not after_sale.is_open:
        return False
    return clock.business_date(clock.now()) > refund_due_on(clock.business_date(after_sale.received_at))


def _request_of(one: AfterSale) -> Panel:
    last_day = after_sales.get_last_return_day(order=one.order)
    pairs: list[tuple[Text, object]] = [
        (_("Reason"), one.get_reason_display()),
        (_("Explanation"), one.note),
        (_("Right of return until"), last_day or ""),
        (_("Accepted late because"), one.late_reason),
        (_("Requested by"), one.requested_by),
        (_("Requested"), one.requested_at),
        (_("Decided"), one.decided_at or ""),
        (_("Reason of the decision"), one.decision),
        (_("Closed"), one.closed_at or ""),
    ]
    return Panel(key="request", title=_("Request"), icon="support_agent", facts=facts(pairs))


def _goods_of(one: AfterSale) -> Panel:
    rows = [
        Row(title=label_of(row.line), note=_inspected(row), side=f"×{row.quantity}")
        for row in one.lines.all()
        if row.quantity
    ]
    rows += [
        Row(title=replaced["sku"], note=gettext("sent in exchange"), side=f"×{replaced['quantity']}")
        for replaced in one.replacements
    ]
    pairs: list[tuple[Text, object]] = [
        (_("Carrier"), one.carrier),
        (_("Tracking number"), one.tracking_number),
        (_("Sent back"), one.sent_at or ""),
        (_("Received"), one.received_at or ""),
        (_("Inspected"), one.inspected_at or ""),
    ]
    return Panel(
        key="goods",
        title=_("Goods"),
        icon="inventory_2",
        acting=("goods_sent", "waive_goods"),
        facts=facts(pairs),
        rows=rows,
        empty=_("No goods come back."),
    )


def _inspected(row: AfterSaleLine) -> str:
    found = ((gettext("good"), row.good), (gettext("damaged"), row.damaged), (gettext("lost"), row.lost))
    return " · ".join(f"{word} {pieces}" for word, pieces in found if pieces)


def _money_of(one: AfterSale) -> Panel:
    pairs: list[tuple[Text, object]] = [(_("Asked for"), format_money(one.amount))] if one.amount else []
    if one.kind == AfterSaleKind.EXCHANGE:
        word = _("The buyer gets back") if one.difference < 0 else _("The buyer pays on top")
        pairs.append((word, format_money(abs(one.difference))))
    if one.received_at is not None and one.settlement_state == SettlementState.DUE:
        pairs.append((_("Refund due on"), refund_due_on(clock.business_date(one.received_at))))
    rows = [
        Row(
            title=gettext("Refund %(number)s") % {"number": refund.number},
            note=f"{written(refund.refunded_at)} {refund.get_method_display()}".strip(),
            side=format_money(refund.amount),
        )
        for refund in one.refunds.all()
    ]
    found = facts(pairs)
    if one.exchange_order is not None:
        found.append(Fact(_("Exchange order"), one.exchange_order.number, _order_link(one.exchange_order)))
    return Panel(key="money", title=_("Money"), icon="payments", acting=("waive_settlement",), facts=found, rows=rows)


def _photos_of(one: AfterSale) -> Panel:
    return Panel(
        key="photos",
        title=_("Photos"),
        icon="photo_library",
        acting=("add_photos",),
        pictures=[reverse("orders:after_sale_photo", args=[one.pk, photo["key"], "small"]) for photo in one.photos],
        empty="" if one.photos else _("No photos."),
    )


def after_sales_of_order(order: Order) -> Panel:
    """Return the order's after-sales, with the buttons that begin one."""
    rows = [
        Row(
            title=one.number,
            note=f"{one.get_kind_display()} · {one.get_reason_display()} · {written(one.requested_at)}",
            side=format_money(one.amount) if one.amount else "",
            label=one.get_state_display(),
            tone=STATE_TONES.get(one.state, ""),
            link=reverse("brand:orders_aftersale_change", args=[one.pk]),
        )
        for one in after_sales.list_after_sales(filters={"order_id": order.pk}, now=clock.now())
    ]
    found = facts([(_("Right of return until"), after_sales.get_last_return_day(order=order) or "")])
    for origin in AfterSale.objects.filter(exchange_order=order).select_related("order").order_by("id"):
        found.append(Fact(_("Exchange for"), origin.order.number, _order_link(origin.order)))
    return Panel(
        key="after_sales",
        title=pgettext_lazy("order", "After-sales"),
        icon="support_agent",
        acting=("ask_refund", "ask_return", "ask_exchange"),
        facts=found,
        rows=rows,
        empty=_("No after-sales."),
    )


def name_after_sales(request: HttpRequest, after_sale_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    """Map after-sales to their names in words, and to their pages where this person may open them."""
    may_open = may_read(request, "orders.view")
    rows = AfterSale.objects.filter(pk__in=after_sale_ids).order_by("id").values_list("id", "number")
    return {
        pk: (
            gettext("After-sale %(number)s") % {"number": number},
            reverse("brand:orders_aftersale_change", args=[pk]) if may_open else "",
        )
        for pk, number in rows
    }
