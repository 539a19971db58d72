"""Change goods, prices, discount and freight of an order while nothing of it has left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from tenant_apps.agents.selectors import agents
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import NewLine, OrderAdjustments, PricedLine, normalise_lines
from tenant_apps.orders.services import line_prices, restock_rules, search_index
from tenant_apps.orders.services.change_delivery import NothingChanged
from tenant_apps.orders.services.changing import (
    ensure_reason,
    lock_rewritable,
    owes_nothing_yet,
    priced_line_of,
    reserve_anew,
)
from tenant_apps.orders.services.discounting import ensure_may_discount
from tenant_apps.orders.states import OrderKind, PaymentState

__all__ = ["GoodsChange", "MoneyWouldChange", "change_goods", "plan_goods"]


class MoneyWouldChange(Conflict):
    code = "money_would_change"
    title = _(
        "The order is paid: its goods can be exchanged for as many others at the same price. For anything else refund "
        "the line and place a new order."
    )


@dataclass(frozen=True, slots=True)
class GoodsChange:
    """The goods an order shall have. A line without `unit_price` keeps its price while its quantity stays, and is
    priced by today's rules otherwise.
    """

    lines: Sequence[NewLine]
    discount: Decimal
    freight: Decimal


@dataclass(frozen=True, slots=True)
class PlannedGoods:
    """Priced lines and sums (money) of the change."""

    lines: Sequence[PricedLine]
    goods_amount: Decimal
    total: Decimal


def plan_goods(*, order: Order, change: GoodsChange, now: datetime) -> PlannedGoods:
    """Return what the change would come to, without writing. Raises what placing an order raises for lines and sums,
    DiscountNotAllowed, MoneyWouldChange.
    """
    held = {line.sku: line for line in OrderLine.objects.filter(order=order).order_by("line_no", "id")}
    normal = normalise_lines(change.lines)
    ensure_may_discount(
        lines=[line if _is_new_price(line, held) else replace(line, unit_price=None) for line in normal],
        adjustments=OrderAdjustments(discount=ZERO if change.discount == order.discount else change.discount),
    )
    adjustments = OrderAdjustments(discount=change.discount, freight=change.freight)
    is_free = order.kind == OrderKind.SAMPLE
    asked = normal if is_free else [_with_kept_price(line, held) for line in normal]
    priced = _price(order, asked, adjustments, kept=held, now=now)
    goods_amount = sum((line.goods_amount for line in priced), ZERO)
    planned = PlannedGoods(priced, goods_amount, goods_amount + change.freight)
    if not owes_nothing_yet(order):
        _ensure_same_money(order, list(held.values()), planned, change)
    return planned


@transaction.atomic
def change_goods(*, order_id: int, change: GoodsChange, reason: str, now: datetime) -> Order:
    """Give the order these goods, discount and freight, and reserve them in place of the old ones.

    A paid order's goods can only be exchanged piece for piece at the same price: what was paid, earned and invoiced by
    line stays true. Raises OrderNotFound, OrderNotOpen, AlreadyShipped, ReasonMissing, NothingChanged,
    InsufficientStock, and what plan_goods raises.
    """
    said = ensure_reason(reason)
    order = lock_rewritable(order_id)
    planned = plan_goods(order=order, change=change, now=now)
    lines = list(OrderLine.objects.filter(order=order).order_by("line_no", "id"))
    before = _told(order, [priced_line_of(line) for line in lines])
    order.goods_amount = planned.goods_amount
    order.discount = change.discount
    if change.freight != order.freight:
        order.freight_basis = []  # decided by hand
    order.freight = change.freight
    order.total = planned.total
    after = _told(order, planned.lines)
    if before == after:
        raise NothingChanged(field="lines")
    reserve_anew(released=[order], wanted={order.pk: planned.lines}, now=now)
    if owes_nothing_yet(order):
        OrderLine.objects.filter(order=order).delete()  # nothing refers to lines before the payment
        OrderLine.objects.insert(order.pk, planned.lines)
    else:
        OrderLine.objects.exchange(lines, planned.lines)
    order.save(update_fields=["goods_amount", "discount", "freight", "freight_basis", "total"])
    search_index.index_orders(order_ids=[order.pk])
    audit.record(
        action="orders.change_goods", subject=f"order:{order.pk}", before=before, after={**after, "reason": said}
    )
    return order


def _is_new_price(line: NewLine, held: Mapping[str, OrderLine]) -> bool:
    known = held.get(line.sku)
    return known is None or line.unit_price != known.unit_price


def _with_kept_price(line: NewLine, held: Mapping[str, OrderLine]) -> NewLine:
    known = held.get(line.sku)
    if known is None or line.unit_price is not None or known.quantity != line.quantity:
        return line
    return replace(line, unit_price=known.unit_price)


def _price(
    order: Order,
    lines: Sequence[NewLine],
    adjustments: OrderAdjustments,
    *,
    kept: Mapping[str, OrderLine],
    now: datetime,
) -> Sequence[PricedLine]:
    """Price the lines as their kind is priced; what the order has already may have left the shelf since."""
    if order.kind == OrderKind.SAMPLE:
        return line_prices.price_sample(lines=lines, adjustments=adjustments, now=now, kept=kept).lines
    if order.kind != OrderKind.RESTOCK or order.agent_id is None:
        return line_prices.price_retail(lines=lines, adjustments=adjustments, now=now, kept=kept).lines
    agent = agents.get_agent(agent_id=order.agent_id)
    basket = line_prices.price_restock(
        agent_id=agent.pk, level_id=agent.level_id, lines=lines, adjustments=adjustments, now=now, kept=kept
    )
    restock_rules.ensure_allowed(agent_id=agent.pk, level_id=agent.level_id, lines=basket.lines)
    return basket.lines


def _ensure_same_money(order: Order, held: Sequence[OrderLine], planned: PlannedGoods, change: GoodsChange) -> None:
    """Raise MoneyWouldChange unless every line keeps pieces, money and tax, and the order its discount and freight."""
    was = [(line.quantity, line.unit_price, line.goods_amount, line.tax_rate) for line in held]
    would_be = [(line.quantity, line.unit_price, line.goods_amount, line.article.tax_rate) for line in planned.lines]
    is_untouched = order.payment_state == PaymentState.PAID and order.refunded_amount == ZERO
    if not is_untouched or (change.discount, change.freight) != (order.discount, order.freight) or was != would_be:
        raise MoneyWouldChange(field="lines")


def _told(order: Order, lines: Sequence[PricedLine]) -> dict[str, object]:
    return {
        "goods": [f"{line.sku} ×{line.quantity} @ {line.unit_price.normalize():f}" for line in lines],
        "discount": order.discount,
        "freight": order.freight,
        "total": order.total,
    }
