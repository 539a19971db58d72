"""Panel of an agent's latest orders on the agent's page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.money import format_money
from console.panels import Panel, Row, written
from tenant_apps.orders.selectors import lists

SHOWN = 8


def orders_of_agent(request: HttpRequest, agent_id: int) -> Panel | None:
    """Return the orders sold through the agent and the agent's own; None without permission to see orders."""
    if not may_read(request, "orders.view"):
        return None
    rows = [
        Row(
            title=order.number,
            note=f"{order.get_kind_display()} · {order.get_payment_state_display()}",
            side=f"{format_money(order.total)} · {written(order.placed_at)}",
            link=reverse("brand:orders_order_change", args=[order.pk]),
        )
        for order in lists.list_orders().filter(agent_id=agent_id)[:SHOWN]
    ]
    return Panel(key="orders", title=_("Orders"), icon="receipt_long", rows=rows, empty=_("No orders yet."))
