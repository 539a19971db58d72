"""Place an order: price, number, write, reserve, publish. The number of statements is independent of the lines."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.database.names import foreign_key_name
from kernel.events import outbox
from kernel.tenancy.actors import current_actor
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.selectors import agents
from tenant_apps.attribution.services.order_attribution import Visitor, attribute_order, freeze_members, log_order
from tenant_apps.customers.selectors import CustomerNotFound
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderPlaced
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import (
    Buyer,
    InvalidAdjustments,
    InvalidLines,
    NewLine,
    OrderAdjustments,
    PricedLine,
    Receiver,
    TooManyLines,
    normalise_lines,
)
from tenant_apps.orders.rules.receivers import read_region
from tenant_apps.orders.rules.search import Found, order_terms
from tenant_apps.orders.selectors.lists import placer_of
from tenant_apps.orders.services import line_prices, restock_rules
from tenant_apps.orders.services.order_freight import settle_freight
from tenant_apps.orders.states import OrderKind

__all__ = [
    "AgentMissing",
    "Buyer",
    "InvalidAdjustments",
    "InvalidLines",
    "NewLine",
    "OrderAdjustments",
    "Receiver",
    "TooManyLines",
    "place_restock_order",
    "place_retail_order",
]

UPLINE_TIERS = 2
NUMBER_SERIES = {
    OrderKind.RETAIL: "SO",
    OrderKind.RESTOCK: "RO",
    OrderKind.DISPATCH: "CD",
    OrderKind.SAMPLE: "SP",
    OrderKind.EXCHANGE: "EO",
}
PICKUP_CODES = 1_000_000


class DuplicateExternalNumber(Conflict):
    code = "duplicate_external_number"
    title = _("This channel already has an order with this number")


class UnknownReference(Invalid):
    code = "unknown_reference"
    title = _("Not found")


class AgentMissing(Invalid):
    code = "agent_missing"
    title = _("A restock order or a dispatch names its agent")


REFUSALS = {
    "orders_external_number_once_per_channel": lambda: DuplicateExternalNumber(field="external_number"),
    foreign_key_name("orders_order", "channel_id"): lambda: UnknownReference(
        _("There is no such channel"), field="channel"
    ),
    foreign_key_name("orders_order", "customer_id"): lambda: UnknownReference(
        _("There is no such customer"), field="buyer.customer_id"
    ),
}


@transaction.atomic
def place_retail_order(
    *,
    lines: Sequence[NewLine],
    buyer: Buyer | None = None,
    agent_code: str | None = None,
    channel: str = "manual",
    adjustments: OrderAdjustments | None = None,
    now: datetime,
) -> Order:
    """Place an order at retail prices and reserve its goods; `agent_code` is the agent's code the buyer typed.

    Code, link and the customer's binding decide whose order it is (attribution). That agent is frozen as tier
    1 of the order's upline, the agent's sponsor as tier 2. Raises TooManyLines,
    InvalidLines, InvalidAdjustments, InsufficientStock, UnknownReference, DuplicateExternalNumber, QuotaExceeded,
    and what agents and customers raise for `agent_code` and `phone`.
    """
    buyer = buyer or Buyer()
    adjustments = adjustments or OrderAdjustments()
    normal = normalise_lines(lines)
    try:
        whose = attribute_order(
            visitor=Visitor(buyer.phone, buyer.name, buyer.customer_id),
            agent_code=agent_code,
            referral=buyer.referral,
            now=now,
            received_at=adjustments.received_at or now,
        )
    except CustomerNotFound as refusal:
        raise UnknownReference(_("There is no such customer"), field="buyer.customer_id") from refusal
    basket = line_prices.price_retail(lines=normal, adjustments=adjustments, now=now)
    head: dict[str, object] = {
        "kind": OrderKind.RETAIL,
        "channel_id": channel,
        "customer_id": whose.customer_id,
        "agent_id": whose.agent_id,
        "upline": whose.upline,
        "receiver": asdict(buyer.receiver),
        "placed_at": now,
    }
    order = write_order(head, basket.lines, adjustments)
    log_order(whose, order_number=order.number)
    return order


@transaction.atomic
def place_restock_order(
    *,
    agent_id: int,
    lines: Sequence[NewLine],
    receiver: Receiver | None = None,
    channel: str = "manual",
    adjustments: OrderAdjustments | None = None,
    now: datetime,
) -> Order:
    """Place an agent's own order at the agent's prices and reserve its goods, to be sent or kept as cloud stock.

    Which price and why stands in the order's entry in the audit log; a price that changes later does not touch it. The
    agent's sponsor is frozen as tier 1 of the upline. Raises as place_retail_order; InvalidLines also for quantities
    that are no whole lot (below_minimum, not_in_steps), and FirstOrderTooSmall.
    """
    adjustments = adjustments or OrderAdjustments()
    normal = normalise_lines(lines)
    agent = agents.get_selling_agent(agent_id=agent_id, as_of=clock.business_date(now))
    above = agents.get_upline(agent_id=agent.pk, tiers=UPLINE_TIERS)
    basket = line_prices.price_restock(
        agent_id=agent.pk, level_id=agent.level_id, lines=normal, adjustments=adjustments, now=now
    )
    restock_rules.ensure_allowed(agent_id=agent.pk, level_id=agent.level_id, lines=basket.lines)
    head: dict[str, object] = {
        "kind": OrderKind.RESTOCK,
        "channel_id": channel,
        "customer_id": None,
        "agent_id": agent.pk,
        "upline": freeze_members(above),
        "receiver": asdict(receiver or Receiver()),
        "placed_at": now,
    }
    return write_order(head, basket.lines, adjustments, restock_rules.reasons(normal, basket.rules))


def write_order(
    head: Mapping[str, object],
    lines: Sequence[PricedLine],
    adjustments: OrderAdjustments,
    prices: Mapping[str, object] | None = None,
) -> Order:
    """Number, write and reserve an order of priced lines; `head` are its other columns, at times with a number already.

    Raises as placing does.
    """
    goods_amount = sum((line.goods_amount for line in lines), ZERO)
    freight = settle_freight(head=head, adjustments=adjustments, lines=lines)
    actor = current_actor()
    order = Order(
        **head,
        placed_by=adjustments.placed_by or placer_of(actor),
        placed_by_name=actor.label[:200],
        external_number=adjustments.external_number,
        note=adjustments.note,
        goods_amount=goods_amount,
        discount=adjustments.discount,
        freight=freight.amount,
        freight_basis=list(freight.shares),
        total=goods_amount + freight.amount,
        pickup_code=f"{secrets.randbelow(PICKUP_CODES):06}" if adjustments.is_pickup else "",
        into_cloud=adjustments.into_cloud,
    )
    # The month in which an order counts is that of its arrival, which an import knows and the order's own date hides.
    order.number = order.number or take_order_number(
        kind=OrderKind(order.kind), placed_at=order.placed_at, received_at=adjustments.received_at or order.placed_at
    )
    with refine_integrity_error(REFUSALS):
        Order.objects.insert(order, order_terms(_found(order, lines)))
    OrderLine.objects.insert(order.pk, lines)
    order.placed_lines = tuple(lines)
    if order.kind != OrderKind.DISPATCH:
        _reserve(order, lines, adjustments.received_at or order.placed_at)
    outbox.publish(OrderPlaced(order_id=order.pk))
    facts = {"number": order.number, "total": order.total, **({"prices": prices} if prices else {})}
    audit.record(action="orders.place", subject=f"order:{order.pk}", after=facts)
    return order


def take_order_number(*, kind: OrderKind, placed_at: datetime, received_at: datetime) -> str:
    """Count an order for the plan and return its number.

    Whoever locks stock takes it before: all who place orders do. Raises QuotaExceeded.
    """
    return quotas.take_with_number(
        "orders", kind=NUMBER_SERIES[kind], day=clock.business_date(placed_at), now=received_at
    )


def _found(order: Order, lines: Sequence[PricedLine]) -> Found:
    return Found(
        number=order.number,
        external_number=order.external_number,
        receiver=order.receiver,
        customer_id=order.customer_id,
        agent_id=order.agent_id,
        variant_ids=[line.article.variant_id for line in lines],
    )


def _reserve(order: Order, lines: Sequence[PricedLine], now: datetime) -> None:
    stocked = [line for line in lines if line.article.is_stocked]
    taken = [
        (line, inventory.StockLine(variant_id, line.quantity * pieces))
        for line in stocked
        for variant_id, pieces in line.article.parts or ((line.article.variant_id, 1),)
    ]
    try:
        parts = inventory.reserve(
            source=f"order:{order.pk}",
            lines=[goods for _line, goods in taken],
            region=read_region(order.receiver),
            now=now,
        )
    except inventory.InsufficientStock as refusal:
        # Services have no stock and bundles have parts: a place among the goods is not the line's place in the order.
        moved = [_renumbered(error, [line for line, _goods in taken]) for error in refusal.errors]
        raise inventory.InsufficientStock(errors=list({error.field: error for error in moved}.values())) from refusal
    here = sum(part.quantity for part in parts)
    order.waits_for_goods = here < sum(goods.quantity for _line, goods in taken)
    if order.waits_for_goods and order.into_cloud:  # paying for them books them into the cloud at once
        raise InvalidAdjustments(_("Goods that are still to come cannot be kept as cloud stock."), field="into_cloud")


def _renumbered(error: FieldError, takers: Sequence[PricedLine]) -> FieldError:
    _lines, index, name = error.field.split(".")
    line = takers[int(index)]
    detail = _("A part of the bundle is not in stock in this quantity") if line.article.parts else error.detail
    return FieldError(f"lines.{line.line_no - 1}.{name}", error.code, detail)
