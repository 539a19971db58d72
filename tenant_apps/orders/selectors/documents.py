"""Read single orders and refunds."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.core.money import ZERO
from tenant_apps.orders.models import Order, OrderLine, Payment, Refund
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, Refundable


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = _("No such order")


class RefundNotFound(NotFound):
    code = "refund_not_found"
    title = _("No such refund")


def get_order(*, order_id: int) -> Order:
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def get_order_id(*, number: str) -> int:
    """Return the id of the order with this number. Raises OrderNotFound."""
    found = Order.objects.filter(number=number.strip().upper()).values_list("id", flat=True).first()
    if found is None:
        raise OrderNotFound
    return found


def get_order_document(*, order_id: int) -> Order:
    """Return the order with lines, payments and refunds. Raises OrderNotFound."""
    order = Order.objects.prefetch_related("lines", "payments", "refunds__lines__line").filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def get_refund_document(*, refund_id: int) -> Refund:
    """Return the refund with its lines. Raises RefundNotFound."""
    refund = Refund.objects.prefetch_related("lines__line").filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    return refund


def needs_refund_method(*, order: Order) -> bool:
    """Tell whether a refund has to say how the money goes back, since no payment of the order is on the books."""
    return bool(order.total) and not Payment.objects.filter(order=order).exists()


def refundable_parts(order: Order, lines: Iterable[OrderLine]) -> list[Refundable]:
    """Return the order's lines as refunds see them, and its freight as line 0."""
    held = [
        Refundable(one.line_no, one.quantity, one.goods_amount, one.refunded_quantity, one.refunded_amount)
        for one in lines
    ]
    return [*held, Refundable(FREIGHT_LINE, 0, order.freight, 0, order.refunded_freight)]


def get_numbers(*, order_ids: Collection[int]) -> dict[int, str]:
    """Map each known order to its number."""
    return dict(Order.objects.filter(pk__in=order_ids).order_by("id").values_list("id", "number"))


def get_margin(*, order_id: int) -> Decimal | None:
    """Return goods money kept less the cost of the goods kept, freight left out; None before all is shipped."""
    order = get_order(order_id=order_id)
    if order.shipped_at is None:
        return None
    costs = OrderLine.objects.filter(order_id=order_id).aggregate(kept=Sum(F("cost") - F("returned_cost")))
    margin: Decimal = order.goods_amount - (order.refunded_amount - order.refunded_freight) - (costs["kept"] or ZERO)
    return margin
