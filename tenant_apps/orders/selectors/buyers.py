"""Read what customers and agents bought."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from django.db.models import Count, F, Max, Prefetch, Q, Sum

from kernel.core.money import ZERO
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.selectors.lists import list_orders
from tenant_apps.orders.states import MONEY_IS_HERE, OrderState


def get_latest_orders(
    *, by: Literal["customer_id", "agent_id"], ids: Collection[int], each: int = 3, **where: str
) -> dict[int, list[Order]]:
    """Map each customer or agent to their latest orders with lines, at most `each`, cancelled ones left out."""
    found: dict[int, list[Order]] = {one: [] for one in ids}
    orders = list_orders().exclude(state=OrderState.CANCELLED).filter(**where)
    parts = [orders.filter(**{by: one}).values_list("id", flat=True)[:each] for one in ids]
    latest = list(parts[0].union(*parts[1:], all=True)) if parts else []
    lines = Prefetch("lines", OrderLine.objects.order_by("line_no", "id"))
    for order in list_orders().filter(id__in=latest).prefetch_related(lines):
        found[getattr(order, by)].append(order)
    return found


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders of a customer that were not cancelled; `spent` is what was paid and not refunded."""

    count: int
    latest_at: datetime
    spent: Decimal


def get_purchases(*, customer_ids: Collection[int]) -> dict[int, Purchases]:
    """Map each customer who ordered to the orders' sums, in one statement."""
    orders = Order.objects.filter(customer_id__in=customer_ids).exclude(state=OrderState.CANCELLED).order_by()
    paid = Q(payment_state__in=MONEY_IS_HERE)
    rows = orders.values("customer_id").annotate(
        count=Count("id"), latest=Max("placed_at"), spent=Sum(F("total") - F("refunded_amount"), filter=paid)
    )
    return {row["customer_id"]: Purchases(row["count"], row["latest"], row["spent"] or ZERO) for row in rows}


def get_latest_agents(*, customer_ids: Collection[int]) -> dict[int, str]:
    """Map each customer to the name of the agent who was credited with the latest order that credits one."""
    orders = Order.objects.filter(customer_id__in=customer_ids, agent__isnull=False)
    latest = orders.order_by("customer_id", "-placed_at", "-id").distinct("customer_id")
    return dict(latest.values_list("customer_id", "agent__name"))
