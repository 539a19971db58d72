"""Place an order: price, number, write, reserve, publish. The number of statements is independent of the lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.database.names import foreign_key_name
from kernel.events import outbox
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.selectors import agents
from tenant_apps.attribution.services.order_attribution import Visitor, attribute_order, freeze_members, log_order
from tenant_apps.catalog.selectors.sellable import SellableVariant, get_variants_by_sku, is_orderable
from tenant_apps.customers.selectors import CustomerNotFound
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderPlaced
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import (
    Article,
    Buyer,
    InvalidAdjustments,
    InvalidLines,
    NewLine,
    OrderAdjustments,
    PricedLine,
    Receiver,
    TooManyLines,
    normalise_lines,
    price_lines,
)
from tenant_apps.orders.rules.receivers import read_region
from tenant_apps.orders.services import restock_rules
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
NUMBER_SERIES = {OrderKind.RETAIL: "SO", OrderKind.RESTOCK: "RO"}


class DuplicateExternalNumber(Conflict):
    code = "duplicate_external_number"
    title = _("This channel already has an order with this number")


class UnknownReference(Invalid):
    code = "unknown_reference"
    title = _("Not found")


class AgentMissing(Invalid):
    code = "agent_missing"
    title = _("A restock order names its agent")


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
    variants = get_variants_by_sku(skus=[line.sku for line in normal], now=now)
    articles = {sku: _article(variant, variant.retail_price, now) for sku, variant in variants.items()}
    head: dict[str, object] = {
        "kind": OrderKind.RETAIL,
        "channel_id": channel,
        "customer_id": whose.customer_id,
        "agent_id": whose.agent_id,
        "upline": whose.upline,
        "receiver": asdict(buyer.receiver),
        "placed_at": now,
    }
    order = _write(head, price_lines(normal, articles, adjustments), adjustments)
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
    """Place an agent's own order at the agent's prices and reserve its goods.

    Which price and why stands in the order's entry in the audit log; a price that changes later does not touch it. The
    agent's sponsor is frozen as tier 1 of the upline. Raises as place_retail_order; InvalidLines also for quantities
    that are no whole lot (below_minimum, not_in_steps), and FirstOrderTooSmall.
    """
    adjustments = adjustments or OrderAdjustments()
    normal = normalise_lines(lines)
    agent = agents.get_selling_agent(agent_id=agent_id, as_of=clock.business_date(now))
    above = agents.get_upline(agent_id=agent.pk, tiers=UPLINE_TIERS)
    variants = get_variants_by_sku(skus=[line.sku for line in normal], now=now)
    prices = restock_rules.resolve_restock_prices(agent_id=agent.pk, lines=normal, variants=variants, now=now)
    early = _early_access_rank(agent.level_id, variants.values(), now)
    articles = {sku: _article(variant, prices[sku].price, now, early) for sku, variant in variants.items()}
    priced = price_lines(normal, articles, adjustments)
    restock_rules.ensure_allowed(agent_id=agent.pk, level_id=agent.level_id, lines=priced)
    head: dict[str, object] = {
        "kind": OrderKind.RESTOCK,
        "channel_id": channel,
        "customer_id": None,
        "agent_id": agent.pk,
        "upline": freeze_members(above),
        "receiver": asdict(receiver or Receiver()),
        "placed_at": now,
    }
    return _write(head, priced, adjustments, restock_rules.reasons(normal, prices))


def _early_access_rank(level_id: int, variants: Iterable[SellableVariant], now: datetime) -> int | None:
    """Return the agent's rank if the level has early access. Queried only when a variant needs it."""
    if not any(variant.shelf.is_to_come(now) for variant in variants):
        return None
    level = agents.get_level(level_id=level_id)
    return level.rank if level.has_early_access else None


def _article(variant: SellableVariant, price: Decimal, now: datetime, rank: int | None = None) -> Article:
    return Article(
        variant_id=variant.id,
        name=f"{variant.product_name} {variant.variant_name}".strip(),
        is_stocked=variant.kind != "service",
        is_on_shelf=is_orderable(variant, rank=rank, now=now),
        tax_rate=variant.tax_rate,
        price=price,
        is_to_come=variant.shelf.is_to_come(now),
        parts=tuple((part.variant_id, part.quantity) for part in variant.parts),
    )


def _write(
    head: Mapping[str, object],
    lines: Sequence[PricedLine],
    adjustments: OrderAdjustments,
    prices: Mapping[str, object] | None = None,
) -> Order:
    goods_amount = sum((line.goods_amount for line in lines), ZERO)
    order = Order(
        **head,
        external_number=adjustments.external_number,
        note=adjustments.note,
        goods_amount=goods_amount,
        discount=adjustments.discount,
        freight=adjustments.freight,
        total=goods_amount + adjustments.freight,
    )
    # The month in which an order counts is that of its arrival, which an import knows and the order's own date hides.
    order.number = quotas.take_with_number(
        "orders",
        kind=NUMBER_SERIES[OrderKind(order.kind)],
        day=clock.business_date(order.placed_at),
        now=adjustments.received_at or order.placed_at,
    )
    with refine_integrity_error(REFUSALS):
        Order.objects.insert(order)
    OrderLine.objects.insert(order.pk, lines)
    order.placed_lines = tuple(lines)
    _reserve(order, lines, adjustments.received_at or order.placed_at)
    outbox.publish(OrderPlaced(order_id=order.pk))
    facts = {"number": order.number, "total": order.total, **({"prices": prices} if prices else {})}
    audit.record(action="orders.place", subject=f"order:{order.pk}", after=facts)
    return order


def _reserve(order: Order, lines: Sequence[PricedLine], now: datetime) -> None:
    stocked = [line for line in lines if line.article.is_stocked]
    taken = [
        (line, inventory.StockLine(variant_id, line.quantity * pieces))
        for line in stocked
        for variant_id, pieces in line.article.parts or ((line.article.variant_id, 1),)
    ]
    try:
        inventory.reserve(
            source=f"order:{order.pk}",
            lines=[goods for _line, goods in taken],
            region=read_region(order.receiver),
            now=now,
        )
    except inventory.InsufficientStock as refusal:
        # Services have no stock and bundles have parts: a place among the goods is not the line's place in the order.
        moved = [_renumbered(error, [line for line, _goods in taken]) for error in refusal.errors]
        raise inventory.InsufficientStock(errors=list({error.field: error for error in moved}.values())) from refusal


def _renumbered(error: FieldError, takers: Sequence[PricedLine]) -> FieldError:
    _lines, index, name = error.field.split(".")
    line = takers[int(index)]
    detail = _("A part of the bundle is not in stock in this quantity") if line.article.parts else error.detail
    return FieldError(f"lines.{line.line_no - 1}.{name}", error.code, detail)
