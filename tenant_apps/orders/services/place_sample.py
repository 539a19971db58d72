"""Place orders of samples: goods that are given away."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from kernel.core import clock
from tenant_apps.agents.selectors import agents
from tenant_apps.customers import selectors as customers
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import Buyer, NewLine, OrderAdjustments, normalise_lines
from tenant_apps.orders.services import line_prices
from tenant_apps.orders.services.place_order import write_order
from tenant_apps.orders.states import OrderKind, PaymentState


@transaction.atomic
def place_sample_order(
    *,
    lines: Sequence[NewLine],
    buyer: Buyer | None = None,
    agent_id: int | None = None,
    channel: str = "manual",
    adjustments: OrderAdjustments | None = None,
    now: datetime,
) -> Order:
    """Place an order that costs nothing, for a buyer or for the agent `agent_id`, and reserve its goods.

    Nobody owes anything, so it is paid from the beginning and can be shipped; it counts as nobody's sale and earns no
    commission. Its cost becomes a selling expense when it is shipped. Raises as place_retail_order.
    """
    buyer = buyer or Buyer()
    adjustments = adjustments or OrderAdjustments()
    basket = line_prices.price_sample(lines=normalise_lines(lines), adjustments=adjustments, now=now)
    if agent_id is not None:
        agents.get_selling_agent(agent_id=agent_id, as_of=clock.business_date(now))
    customer_id = buyer.customer_id
    if customer_id is None and buyer.phone:
        known = customers.find_customer_by_phone(phone=buyer.phone)
        customer_id = known.pk if known else None
    head: dict[str, object] = {
        "kind": OrderKind.SAMPLE,
        "channel_id": channel,
        "customer_id": customer_id,
        "agent_id": agent_id,
        "upline": [],
        "receiver": asdict(buyer.receiver),
        "payment_state": PaymentState.PAID,
        "placed_at": now,
        "paid_at": now,
    }
    return write_order(head, basket.lines, adjustments)
