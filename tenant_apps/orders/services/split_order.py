"""Move pieces of an unpaid order into a second one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, money
from kernel.core.errors import FieldError, Invalid
from kernel.core.money import ZERO
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.lines import OrderAdjustments, PricedLine
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.changing import (
    PaidAlready,
    ensure_reason,
    lock_rewritable,
    owes_nothing_yet,
    priced_line_of,
    reserve_anew,
)
from tenant_apps.orders.services.place_order import take_order_number, write_order
from tenant_apps.orders.states import OrderKind


class InvalidSplit(Invalid):
    code = "invalid_split"
    title = _("The split breaks a rule")


@transaction.atomic
def split_order(*, order_id: int, pieces: Mapping[int, int], reason: str, now: datetime) -> Order:
    """Place a second order of `pieces` (line number to quantity) for the same buyer at the same prices; return it.

    A line's discount is divided by pieces to the cent. Freight, channel number and at least one piece stay with the
    first order. Raises OrderNotFound, OrderNotOpen, AlreadyShipped, PaidAlready, InvalidSplit, ReasonMissing,
    QuotaExceeded.
    """
    said = ensure_reason(reason)
    order = lock_rewritable(order_id)
    if not owes_nothing_yet(order):
        raise PaidAlready(_("A paid order stays one in the books; its goods can travel in several parcels."))
    held = [priced_line_of(line) for line in OrderLine.objects.filter(order=order).order_by("line_no", "id")]
    _ensure_splits(held, pieces)
    moved = [_part(line, pieces[line.line_no]) for line in held if pieces.get(line.line_no)]
    kept = [_rest(line, pieces.get(line.line_no, 0)) for line in held]
    stays = _numbered([line for line in kept if line.quantity])
    number = take_order_number(kind=OrderKind(order.kind), placed_at=now, received_at=now)
    reserve_anew(released=[order], wanted={order.pk: stays}, now=now)
    _write_rest(order, stays)
    second = write_order({**_head_of(order, now), "number": number}, _numbered(moved), _terms_of(order, moved))
    after = {"split_off": second.number, "total": order.total, "reason": said}
    audit.record(action="orders.split", subject=f"order:{order.pk}", after=after)
    audit.record(
        action="orders.split_from",
        subject=f"order:{second.pk}",
        after={"split_from": order.number, "reason": said},
    )
    return second


def _ensure_splits(held: Sequence[PricedLine], pieces: Mapping[int, int]) -> None:
    """Raise InvalidSplit unless some pieces go, some stay, and no line gives more than it has."""
    have = {line.line_no: line.quantity for line in held}
    errors = [
        FieldError(f"pieces.{number}", InvalidSplit.code, _("This line does not have so many pieces"))
        for number, count in pieces.items()
        if not 0 <= count <= have.get(number, -1)
    ]
    if errors:
        raise InvalidSplit(errors=errors)
    going = sum(pieces.values())
    if not going or going == sum(have.values()):
        raise InvalidSplit(_("Some pieces go into the second order, and some stay."), field="pieces")


def _part(line: PricedLine, pieces: int) -> PricedLine:
    """Return the line with so many of its pieces and their share of its money."""
    shares = money.split(line.discount, [pieces, line.quantity - pieces]) if line.discount else [ZERO, ZERO]
    gross = line.goods_amount + line.discount
    part = gross if pieces == line.quantity else money.round_money(line.unit_price * pieces)
    return replace(line, quantity=pieces, discount=shares[0], goods_amount=part - shares[0])


def _rest(line: PricedLine, pieces: int) -> PricedLine:
    """Return what is left of the line: pieces and money together are always those of before."""
    if not pieces:
        return line
    gone = _part(line, pieces)
    return replace(
        line,
        quantity=line.quantity - pieces,
        discount=line.discount - gone.discount,
        goods_amount=line.goods_amount - gone.goods_amount,
    )


def _numbered(lines: Sequence[PricedLine]) -> list[PricedLine]:
    return [replace(line, line_no=number) for number, line in enumerate(lines, start=1)]


def _write_rest(order: Order, lines: Sequence[PricedLine]) -> None:
    OrderLine.objects.filter(order=order).delete()
    OrderLine.objects.insert(order.pk, lines)
    order.goods_amount = sum((line.goods_amount for line in lines), ZERO)
    order.discount = sum((line.discount for line in lines), ZERO)
    order.total = order.goods_amount + order.freight
    order.save(update_fields=["goods_amount", "discount", "total"])
    search_index.index_orders(order_ids=[order.pk])


def _head_of(order: Order, now: datetime) -> dict[str, object]:
    names = ("kind", "channel_id", "customer_id", "agent_id", "upline", "receiver", "payment_state")
    return {**{name: getattr(order, name) for name in names}, "placed_at": now, "paid_at": order.paid_at and now}


def _terms_of(order: Order, moved: Sequence[PricedLine]) -> OrderAdjustments:
    discount = sum((line.discount for line in moved), ZERO)
    return OrderAdjustments(discount=discount, freight=ZERO, note=order.note, is_pickup=order.is_pickup)
