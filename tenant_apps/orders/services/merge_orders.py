"""Make one order of several unpaid ones of the same buyer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.money import MAX_MONEY, ZERO, round_money
from kernel.events import outbox
from tenant_apps.orders.events import OrderCancelled
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import MAX_LINES, InvalidAdjustments, PricedLine, TooManyLines
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.changing import (
    PaidAlready,
    ensure_reason,
    lock_rewritable,
    owes_nothing_yet,
    priced_line_of,
    reserve_anew,
)
from tenant_apps.orders.states import OrderState

MAX_MERGED: Final = 20
_SAME: Final = ("kind", "customer_id", "agent_id", "upline")


class NotMergeable(Conflict):
    """The orders differ in buyer, agent, kind, delivery or the price of a SKU."""

    code = "not_mergeable"
    title = _("These orders do not belong together")


class InvalidMerge(Invalid):
    code = "invalid_merge"
    title = _("Name 2 to 20 different orders")


@transaction.atomic
def merge_orders(*, order_id: int, other_ids: Sequence[int], freight: Decimal, reason: str, now: datetime) -> Order:
    """Move the goods of the other orders into `order_id`, at the prices they were placed at, and cancel the others.

    Receiver, note and channel are those of `order_id`; discounts add up, `freight` is the freight of all. Raises
    InvalidMerge, OrderNotFound, OrderNotOpen, AlreadyShipped, PaidAlready, NotMergeable, ReasonMissing.
    """
    said = ensure_reason(reason)
    ids = sorted({order_id, *other_ids})
    if not 2 <= len(ids) <= MAX_MERGED or len(ids) != len(other_ids) + 1:
        raise InvalidMerge(field="order_ids")
    if freight < 0 or freight != round_money(freight):
        raise InvalidAdjustments(_("An amount has at most two decimals and is not negative"), field="freight")
    orders = [lock_rewritable(one) for one in ids]
    target = next(order for order in orders if order.pk == order_id)
    others = [order for order in orders if order.pk != order_id]
    _ensure_alike(target, others)
    lines = _merged_lines([target, *others])
    _write_target(target, others, lines, freight)
    for other in others:
        _cancel(other, target, said, now)
    reserve_anew(released=[target, *others], wanted={target.pk: lines}, now=now)
    audit.record(
        action="orders.merge",
        subject=f"order:{target.pk}",
        after={"merged": [order.number for order in others], "total": target.total, "reason": said},
    )
    return target


def _ensure_alike(target: Order, others: Sequence[Order]) -> None:
    if any(not owes_nothing_yet(order) for order in (target, *others)):
        raise PaidAlready(_("Paid orders stay apart in the books; their goods can travel in one parcel."))
    if target.customer_id is None and target.agent_id is None:
        raise NotMergeable(_("Nobody knows who bought: only orders of a known buyer are merged."), field="order_ids")
    for name in _SAME:
        if any(getattr(order, name) != getattr(target, name) for order in others):
            raise NotMergeable(_("Kind, buyer and agent of all the orders must be the same."), field="order_ids")
    if any(order.is_pickup != target.is_pickup for order in others):
        raise NotMergeable(_("Some are sent and some are collected."), field="order_ids")


def _merged_lines(orders: Sequence[Order]) -> list[PricedLine]:
    """Return the lines of all orders, those of one SKU as one. Raises NotMergeable, TooManyLines."""
    merged: dict[str, PricedLine] = {}
    rows = {order.pk: order for order in orders}
    held = OrderLine.objects.filter(order__in=rows).order_by("line_no", "id")
    for order in orders:
        for line in (one for one in held if one.order_id == order.pk):
            priced = priced_line_of(line)
            known = merged.get(line.sku)
            if known is None:
                merged[line.sku] = priced
            elif known.unit_price != priced.unit_price or known.article.parts != priced.article.parts:
                detail = _("SKU %(sku)s has another price there: change it first.") % {"sku": line.sku}
                raise NotMergeable(errors=[FieldError("order_ids", NotMergeable.code, detail)])
            else:
                merged[line.sku] = replace(
                    known,
                    quantity=known.quantity + priced.quantity,
                    discount=known.discount + priced.discount,
                    goods_amount=known.goods_amount + priced.goods_amount,
                )
    if len(merged) > MAX_LINES:
        raise TooManyLines(field="order_ids")
    return [replace(line, line_no=number) for number, line in enumerate(merged.values(), start=1)]


def _write_target(target: Order, others: Sequence[Order], lines: Sequence[PricedLine], freight: Decimal) -> None:
    target.goods_amount = sum((line.goods_amount for line in lines), ZERO)
    target.discount += sum((order.discount for order in others), ZERO)
    target.freight = freight
    target.freight_basis = []  # decided by hand
    target.total = target.goods_amount + freight
    if target.total > MAX_MONEY:
        raise InvalidAdjustments(_("The order is too large"), field="order_ids")
    OrderLine.objects.filter(order=target).delete()
    OrderLine.objects.insert(target.pk, lines)
    target.save(update_fields=["goods_amount", "discount", "freight", "freight_basis", "total"])
    search_index.index_orders(order_ids=[target.pk])


def _cancel(other: Order, target: Order, reason: str, now: datetime) -> None:
    """Cancel an order whose goods went into another; its own lines stay to be read."""
    other.state = OrderState.CANCELLED
    other.cancelled_at = now
    other.save(update_fields=["state", "cancelled_at"])
    outbox.publish(OrderCancelled(order_id=other.pk, cancelled_at=now))
    audit.record(
        action="orders.merge_into",
        subject=f"order:{other.pk}",
        before={"state": OrderState.OPEN},
        after={"state": OrderState.CANCELLED, "merged_into": target.number, "reason": reason},
    )
