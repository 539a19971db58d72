"""Orders credited to nobody because the agent's contract had expired."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import MoneyText
from tenant_apps.orders.selectors import lists

router = Router(tags=["orders"])


class GapOrder(Schema):
    """An order of the agent's customer, placed while the agent had no contract and credited to nobody."""

    id: int
    number: str
    customer_id: int | None
    placed_at: datetime
    total: MoneyText


class GapOrders(Schema):
    """Orders, latest first, at most 500."""

    items: list[GapOrder]


@router.get("/agents/{agent_id}/gap-orders", response=GapOrders, summary="List orders placed after a contract ended")
@requires("orders.view")
def list_gap_orders(request: HttpRequest, agent_id: int) -> HttpResponse:
    """List orders of customers who were bound to the agent at the time. They are for manual review: nothing is
    credited automatically.
    """
    orders = lists.list_gap_orders(agent_id=agent_id, now=clock.now())[:500]
    names = tuple(GapOrder.model_fields)
    return FastJson({"items": [{name: getattr(order, name) for name in names} for order in orders]})
