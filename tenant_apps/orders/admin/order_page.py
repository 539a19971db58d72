"""Everything about an order on one page: the goods first, then money, people and what happened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console import panels as console_panels
from console.access import may_read
from console.display import Tone
from console.history import entries_of
from console.money import format_money
from console.object_page import ObjectPageAdmin
from console.panels import Fact, Panel, Row, facts, written
from console.sites import brand_site
from kernel.china.phones import spell_phone
from kernel.core import clock
from kernel.core.errors import Text
from kernel.core.money import ZERO
from kernel.models import AuditRecord
from tenant_apps.agents.selectors.lookup import get_names
from tenant_apps.catalog.selectors.images import get_variant_covers
from tenant_apps.inventory.selectors.reservations import list_reservations
from tenant_apps.orders.admin.after_sale_acts import BeginAfterSale
from tenant_apps.orders.admin.after_sales import after_sales_of_order
from tenant_apps.orders.admin.change_acts import ChangeActs
from tenant_apps.orders.admin.order_acts import OrderActs
from tenant_apps.orders.admin.order_list import (
    FULFILMENT_TONES,
    PAYMENT_TONES,
    STATE_TONES,
    OrderListAdmin,
    say_promise,
)
from tenant_apps.orders.admin.parcel_boxes import parcel_boxes
from tenant_apps.orders.models import Order, OrderLine, Payment, Refund
from tenant_apps.orders.rules.receivers import write_place
from tenant_apps.orders.selectors import deadlines as order_deadlines
from tenant_apps.orders.selectors import documents, parcels
from tenant_apps.orders.selectors.promises import get_promise
from tenant_apps.orders.states import FulfilmentState, OrderState, PaymentState
from tenant_apps.shipping.services.freight import explain_freight

PAGE = "orders.order"
HAPPENINGS = 30


@dataclass(frozen=True)
class Goods:
    """A line of the table of goods."""

    line: OrderLine
    name: str
    spec: str
    picture: int | None
    link: str
    places: str
    """Warehouses that hold the goods for the order or have shipped them."""

    @property
    def is_changed(self) -> bool:
        return bool(self.line.refunded_quantity or self.line.refunded_amount)


@admin.register(Order, site=brand_site)
class OrderAdmin(ChangeActs, OrderActs, BeginAfterSale, OrderListAdmin, ObjectPageAdmin[Order]):
    page = PAGE
    page_template = "orders/console/order.html"
    page_acts = (
        "pay",
        "ship",
        "hand_over",
        "pack",
        "get_waybill",
        "void_parcel",
        "correct_tracking",
        "deliver",
        "complete",
        "refund",
        "cancel",
        "change_receiver",
        "change_note",
        "change_goods",
        "split",
        "merge",
        "order_again",
        "print_slip",
        "ask_refund",
        "ask_return",
        "ask_exchange",
    )
    head_acts = (
        "pack",
        "get_waybill",
        "void_parcel",
        "refund",
        "cancel",
        "change_goods",
        "split",
        "merge",
        "order_again",
        "print_slip",
    )
    next_acts = ("pay", "ship", "hand_over", "deliver", "complete")

    def list_panels(self, request: HttpRequest, subject: Order) -> list[Panel]:
        return [
            _money(request, subject),
            _parcel(request, subject),
            _people(request, subject),
            after_sales_of_order(subject),
            *console_panels.collect(PAGE, request, subject.pk),
        ]

    def describe(self, request: HttpRequest, subject: Order) -> dict[str, Any]:
        return {
            "order": subject,
            "labels": _states(subject),
            "goods": _goods(request, subject),
            "parcels": parcel_boxes(parcels.list_parcels(order_id=subject.pk)),
            "is_partly_shipped": subject.fulfilment_state == FulfilmentState.PARTLY_SHIPPED,
            "entries": entries_of(_records(subject), zone=clock.brand_zone()),
            "zone": clock.brand_zone(),
        }


def _states(order: Order) -> list[tuple[Text, Tone]]:
    """The three states in words; goods that nobody has to send any more are not waited for."""
    states: list[tuple[Text, Tone]] = [
        (order.get_state_display(), STATE_TONES.get(order.state, "")),
        (order.get_payment_state_display(), PAYMENT_TONES.get(order.payment_state, "")),
    ]
    if order.state != OrderState.CANCELLED or order.fulfilment_state != FulfilmentState.UNFULFILLED:
        states.append((order.get_fulfilment_state_display(), FULFILMENT_TONES.get(order.fulfilment_state, "")))
    promise = get_promise(order_id=order.pk)
    if promise is not None:
        states.append((say_promise(promise), "warning" if promise.waiting else "info"))
    return states


def _goods(request: HttpRequest, order: Order) -> list[Goods]:
    lines = list(order.lines.select_related("variant__product").order_by("line_no", "id"))
    sees_catalogue = may_read(request, "catalog.view")
    covers = get_variant_covers(variants=[line.variant for line in lines]) if sees_catalogue else {}
    places = _places(order, lines)
    rows = []
    for line in lines:
        spec = line.variant.name
        name = line.name.removesuffix(spec).strip() or line.name
        link = reverse("brand:catalog_product_change", args=[line.variant.product_id]) if sees_catalogue else ""
        said = ", ".join(places.get(line.variant_id, []))
        rows.append(Goods(line, name, spec if name != line.name else "", covers.get(line.variant_id), link, said))
    return rows


def _places(order: Order, lines: Sequence[OrderLine]) -> dict[int, list[str]]:
    """Map variants to their warehouses, each with its pieces.

    Stock is held by variant: where two lines are of one, the pieces of a line are not known, and only names are given.
    """
    times = Counter(line.variant_id for line in lines)
    found: dict[int, list[str]] = {}
    for part in list_reservations(source=parcels.parcel_source(order.pk)):
        pieces = part.open + part.shipped
        if pieces:
            said = part.warehouse_name if times[part.variant_id] > 1 else f"{part.warehouse_name} × {pieces}"
            found.setdefault(part.variant_id, []).append(said)
    return found


def _money(request: HttpRequest, order: Order) -> Panel:
    """From the goods to what the brand keeps."""
    payments = list(Payment.objects.filter(order=order).order_by("id"))
    lines: list[tuple[Text, Text]] = [(_("Goods"), format_money(order.goods_amount + order.discount))]
    if order.discount:
        lines.append((_("Discount"), format_money(-order.discount)))
    lines.append((_("Freight"), format_money(order.freight)))
    lines += [("", sentence) for sentence in explain_freight(shares=order.freight_basis)]
    lines.append((_("Total"), format_money(order.total)))
    lines.append((pgettext_lazy("money", "Paid"), format_money(_sum(payments))))
    closes_at = order_deadlines.get_deadlines().closes_at(order.placed_at)
    if closes_at is not None and order.state == OrderState.OPEN and order.payment_state == PaymentState.UNPAID:
        lines.append((_("Closes by itself if unpaid"), written(closes_at)))
    if order.refunded_amount:
        lines.append((pgettext_lazy("money", "Refunded"), format_money(order.refunded_amount)))
    if may_read(request, "catalog.cost"):
        margin = documents.get_margin(order_id=order.pk)
        lines.append((_("Goods less their cost"), _("after shipping") if margin is None else format_money(margin)))
    rows = [
        Row(
            title=one.get_method_display(),
            note=f"{written(one.paid_at)} · {one.reference}",
            side=format_money(one.amount),
        )
        for one in payments
    ]
    for refund in Refund.objects.filter(order=order).order_by("seq"):
        said = [str(written(refund.refunded_at)), refund.get_method_display(), refund.reason]
        note = " · ".join(filter(None, said))
        title = gettext("Refund %(number)s") % {"number": refund.number}
        rows.append(Row(title=title, note=note, side=format_money(-refund.amount)))
    return Panel(key="money", title=_("Money"), icon="payments", facts=facts(lines), rows=rows)


def _sum(payments: Sequence[Payment]) -> Decimal:
    return sum((one.amount for one in payments), ZERO)


def _parcel(request: HttpRequest, order: Order) -> Panel:
    receiver = order.receiver
    called = [str(receiver.get("name") or ""), spell_phone(str(receiver.get("phone") or ""))]
    pairs: list[tuple[Text, object]] = [
        (_("Receiver"), " ".join(filter(None, called))),
        (_("Address"), write_place(receiver, " ")),
        (_("Delivery"), _("Kept as the agent's cloud stock") if order.into_cloud else ""),
        (_("Pickup code"), _pickup_code(request, order)),
        (_("Carrier"), order.carrier),
        (_("Tracking number"), order.tracking_number),
        (_("Shipped"), order.shipped_at or ""),
        (_("Delivered"), order.delivered_at or ""),
        (_("Completes by itself"), _completes_at(order)),
        (_("Note"), order.note),
    ]
    return Panel(
        key="parcel",
        title=_("Receiver and parcel"),
        icon="local_shipping",
        acting=("change_receiver", "change_note", "correct_tracking"),
        facts=facts(pairs),
        empty="" if order.receiver else _("No address."),
        copied=" ".join(filter(None, [*called, order.place])),
    )


def _completes_at(order: Order) -> object:
    if order.state != OrderState.OPEN:
        return ""
    deadlines = order_deadlines.get_deadlines()
    return deadlines.completes_at(shipped_at=order.shipped_at, delivered_at=order.delivered_at) or ""


def _pickup_code(request: HttpRequest, order: Order) -> Text:
    """The code, for whoever sells: those who hand the goods over hear it from the receiver."""
    if not order.is_pickup:
        return ""
    return order.pickup_code if may_read(request, "orders.place") else _("said by the receiver")


def _people(request: HttpRequest, order: Order) -> Panel:
    """Buyer, agent and the agents above, by name."""
    found: list[Fact] = []
    if order.customer:
        link = reverse("brand:customers_customer_change", args=[order.customer_id])
        found.append(
            Fact(
                pgettext_lazy("order", "Buyer"),
                order.customer.name or spell_phone(order.customer.phone),
                link if _sees(request, "customers") else "",
            )
        )
    if order.agent:
        said = f"{order.agent.name} · {order.agent.level.name}"
        found.append(Fact(_("Agent"), said, _agent_link(request, order.agent_id)))
    above = [member for member in order.upline if member["agent_id"] != order.agent_id]
    names = get_names(agent_ids=[member["agent_id"] for member in above]) if above else {}
    for member in above:
        name = names.get(member["agent_id"], member["code"])
        label = gettext("Above, tier %(tier)d") % {"tier": member["tier"]}
        found.append(Fact(label, name, _agent_link(request, member["agent_id"])))
    found += facts(
        [
            (_("Channel"), order.channel.name),
            (_("Number in the channel"), order.external_number),
            (_("Kind"), order.get_kind_display()),
            (_("placed by"), _placer(order)),
        ]
    )
    return Panel(key="people", title=_("Buyer and agent"), icon="group", facts=found)


def _placer(order: Order) -> Text:
    """By name; of an import, a program or the system also that it was one."""
    kind, _sign, _identity = order.placed_by.partition(":")
    kinds = {"api_key": _("Program"), "import": _("Import"), "system": _("System")}
    return " · ".join(str(part) for part in (kinds.get(kind), "" if kind == "system" else order.placed_by_name) if part)


def _sees(request: HttpRequest, area: str) -> bool:
    return may_read(request, f"{area}.view")


def _agent_link(request: HttpRequest, agent_id: int | None) -> str:
    return reverse("brand:agents_agent_change", args=[agent_id]) if _sees(request, "agents") else ""


def _records(order: Order) -> QuerySet[AuditRecord]:
    return AuditRecord.objects.filter(subject=f"order:{order.pk}").order_by("-id")[:HAPPENINGS]
