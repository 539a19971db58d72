"""Keep restocked goods for agents in their cloud stock, and dispatch them on the agent's word.

Goods bought into cloud stock are sold: at payment the order counts as delivered, its money is earned and its cost
booked, and from then on the pieces are the agent's. A dispatch moves them, and neither stock nor value of the brand.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from kernel.core.errors import FieldError
from kernel.core.states import compare_and_set
from tenant_apps.agents.selectors import agents
from tenant_apps.inventory.services.cloud import CloudKind, CloudStockShort
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import NewLine, OrderAdjustments, PricedLine, Receiver, normalise_lines
from tenant_apps.orders.services import line_prices
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.cloud_moves import book_of_order
from tenant_apps.orders.services.place_order import write_order
from tenant_apps.orders.services.ship_order import ship_order
from tenant_apps.orders.states import OrderKind, PaymentState


@transaction.atomic
def place_dispatch_order(
    *,
    agent_id: int,
    lines: Sequence[NewLine],
    receiver: Receiver | None = None,
    channel: str = "manual",
    adjustments: OrderAdjustments | None = None,
    now: datetime,
) -> Order:
    """Place an order that sends goods out of the agent's cloud stock; only its freight costs anything.

    Without freight it is paid from the beginning. Raises as place_retail_order, AgentNotFound, and CloudStockShort with
    an error `lines.N.quantity` per failing line.
    """
    adjustments = adjustments or OrderAdjustments()
    normal = normalise_lines(lines)
    agent = agents.get_agent(agent_id=agent_id)
    basket = line_prices.price_dispatch(lines=normal, adjustments=adjustments, now=now)
    head: dict[str, object] = {
        "kind": OrderKind.DISPATCH,
        "channel_id": channel,
        "customer_id": None,
        "agent_id": agent.pk,
        "upline": [],
        "receiver": asdict(receiver or Receiver()),
        "placed_at": now,
    }
    order = write_order(head, basket.lines, adjustments)
    if not order.total:
        unpaid = Order.objects.filter(pk=order.pk)
        paid = PaymentState.PAID
        compare_and_set(unpaid, field="payment_state", expected=PaymentState.UNPAID, wanted=paid, paid_at=now)
        order.payment_state = paid
        order.paid_at = now
    _take(order, basket.lines, now)
    return order


def _take(order: Order, lines: Sequence[PricedLine], now: datetime) -> None:
    goods = {line.article.variant_id: -line.quantity for line in lines}
    try:
        book_of_order(order, "", CloudKind.DISPATCH, goods, now)
    except CloudStockShort as refusal:
        raise CloudStockShort(
            errors=[
                FieldError(f"lines.{line.line_no - 1}.quantity", CloudStockShort.code, CloudStockShort.title)
                for line in lines
                if line.article.variant_id in refusal.variant_ids
            ]
        ) from refusal


def keep_in_cloud(*, order_id: int, now: datetime) -> Order:
    """Ship and deliver a paid restock order into its agent's cloud stock. Raises what ship_order raises."""
    ship_order(order_id=order_id, now=now)  # no carrier: nothing travels
    order = deliver_order(order_id=order_id, now=now)
    lines = OrderLine.objects.filter(order=order, is_stocked=True).order_by("line_no", "id")
    book_of_order(order, "", CloudKind.RESTOCK, {line.variant_id: line.quantity for line in lines}, now)
    return order
