"""Boxes that orders add to the lists and pages of customers, products and stock movements."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.columns import AddedColumn
from console.money import format_money
from console.panels import Panel, Row, facts, written
from console.timeline import Entry
from tenant_apps.orders.selectors import buyers, documents, lists

SHOWN = 10
HAPPENINGS = 30


def _counts(customer_ids: Collection[int]) -> Mapping[int, Any]:
    return {pk: one.count for pk, one in buyers.get_purchases(customer_ids=customer_ids).items()}


def _latest(customer_ids: Collection[int]) -> Mapping[int, Any]:
    return {pk: written(one.latest_at) for pk, one in buyers.get_purchases(customer_ids=customer_ids).items()}


def _agents(customer_ids: Collection[int]) -> Mapping[int, Any]:
    return buyers.get_latest_agents(customer_ids=customer_ids)


CUSTOMER_COLUMNS = (
    AddedColumn("orders", _("Orders"), "orders.view", _counts),
    AddedColumn("last_order", _("Last order"), "orders.view", _latest),
    AddedColumn("last_agent", _("Agent of the last order"), "orders.view", _agents),
)


def name_orders(request: HttpRequest, order_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    """Map orders to their names in words, and to their pages where this person may open them."""
    numbers = documents.get_numbers(order_ids=order_ids)
    may_open = may_read(request, "orders.view")
    return {
        pk: (
            gettext("Order %(number)s") % {"number": number},
            reverse("brand:orders_order_change", args=[pk]) if may_open else "",
        )
        for pk, number in numbers.items()
    }


def orders_of_customer(request: HttpRequest, customer_id: int) -> Panel | None:
    """Return what the customer bought and through whom; None without permission to see orders."""
    if not may_read(request, "orders.view"):
        return None
    known = buyers.get_purchases(customer_ids=[customer_id]).get(customer_id)
    agent = buyers.get_latest_agents(customer_ids=[customer_id]).get(customer_id, "")
    rows = [
        Row(
            title=order.number,
            note=f"{written(order.placed_at)} · {order.get_payment_state_display()}",
            side=format_money(order.total),
            label=order.get_fulfilment_state_display(),
            link=reverse("brand:orders_order_change", args=[order.pk]),
        )
        for order in lists.list_orders().filter(customer_id=customer_id)[:SHOWN]
    ]
    sums = [
        (_("Orders"), str(known.count) if known else "0"),
        (_("Money spent"), format_money(known.spent) if known else ""),
        (_("Agent of the last order"), agent),
    ]
    return Panel(
        key="orders", title=_("Orders"), icon="receipt_long", facts=facts(sums), rows=rows, empty=_("No orders yet.")
    )


def refunds_of_customer(request: HttpRequest, customer_id: int) -> Panel | None:
    """Return what was refunded; None without permission to see orders, or where nothing was."""
    if not may_read(request, "orders.view"):
        return None
    refunds = list(lists.list_refunds(customer_id=customer_id)[:SHOWN])
    if not refunds:
        return None
    rows = [
        Row(
            title=one.number,
            note=" · ".join(filter(None, [str(written(one.refunded_at)), one.order.number, one.reason])),
            side=format_money(one.amount),
            link=reverse("brand:orders_order_change", args=[one.order_id]),
        )
        for one in refunds
    ]
    return Panel(key="refunds", title=_("Refunds"), icon="undo", rows=rows)


def happenings_of_customer(request: HttpRequest, customer_id: int) -> list[Entry]:
    """Return the customer's orders and refunds as lines of the history, for whoever may see orders."""
    if not may_read(request, "orders.view"):
        return []
    placed = [
        Entry(
            at=order.placed_at,
            icon="receipt_long",
            title=gettext("Order %(number)s") % {"number": order.number},
            detail=format_money(order.total),
            link=reverse("brand:orders_order_change", args=[order.pk]),
        )
        for order in lists.list_orders().filter(customer_id=customer_id)[:HAPPENINGS]
    ]
    refunded = [
        Entry(
            at=one.refunded_at,
            icon="undo",
            title=gettext("Refund %(number)s") % {"number": one.number},
            detail=" · ".join(filter(None, [format_money(one.amount), one.reason])),
            link=reverse("brand:orders_order_change", args=[one.order_id]),
        )
        for one in lists.list_refunds(customer_id=customer_id)[:HAPPENINGS]
    ]
    return placed + refunded


def orders_of_product(request: HttpRequest, product_id: int) -> Panel | None:
    """Return the latest orders of a product; None without permission to see orders."""
    if not may_read(request, "orders.view"):
        return None
    rows = [
        Row(
            title=line.order.number,
            note=f"{written(line.order.placed_at)} · {line.sku} × {line.quantity}",
            side=format_money(line.goods_amount),
            label=line.order.get_payment_state_display(),
            link=reverse("brand:orders_order_change", args=[line.order_id]),
        )
        for line in lists.list_lines_of_product(product_id=product_id)[:SHOWN]
    ]
    return Panel(key="orders", title=_("Latest orders"), icon="receipt_long", rows=rows, empty=_("No orders yet."))
