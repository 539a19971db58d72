"""Lock an order that may still be changed, and reserve its goods anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, FieldError, ReasonMissing
from tenant_apps.inventory.services import rereserving
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import AfterSale, Order, OrderLine
from tenant_apps.orders.rules.lines import Article, PricedLine
from tenant_apps.orders.rules.receivers import read_region
from tenant_apps.orders.services.close_order import AlreadyShipped
from tenant_apps.orders.services.locking import lock_open_order
from tenant_apps.orders.states import FulfilmentState, OrderKind, PaymentState

MAX_REASON = 200


class PaidAlready(Conflict):
    code = "paid_already"
    title = _("The order is paid")


class MovesCloudStock(Conflict):
    code = "moves_cloud_stock"
    title = _("The goods are an agent's cloud stock: cancel the order and place it anew")


class HasAfterSales(Conflict):
    code = "has_after_sales"
    title = _("The order has after-sales: its goods stay as they are")


def ensure_reason(reason: str) -> str:
    """Return the reason without blanks around it. Raises ReasonMissing."""
    said = reason.strip()[:MAX_REASON]
    if not said:
        raise ReasonMissing(field="reason")
    return said


def lock_changeable(order_id: int) -> Order:
    """Lock an open order of which nothing has left. Raises OrderNotFound, OrderNotOpen, AlreadyShipped."""
    order = lock_open_order(order_id)
    if order.fulfilment_state != FulfilmentState.UNFULFILLED:
        raise AlreadyShipped
    return order


def lock_rewritable(order_id: int) -> Order:
    """As lock_changeable, for an order whose lines may be written anew.

    Raises MovesCloudStock and HasAfterSales too.
    """
    order = lock_changeable(order_id)
    if order.moves_cloud_stock:
        raise MovesCloudStock
    if AfterSale.objects.filter(order=order).exists():
        raise HasAfterSales
    return order


def owes_nothing_yet(order: Order) -> bool:
    """Tell whether no money of the buyer is on the books: the order is unpaid, or a sample."""
    return order.payment_state == PaymentState.UNPAID or order.kind == OrderKind.SAMPLE


def priced_line_of(line: OrderLine) -> PricedLine:
    """Return a line as it was placed."""
    article = Article(
        variant_id=line.variant_id,
        name=line.name,
        is_stocked=line.is_stocked,
        is_on_shelf=True,
        tax_rate=line.tax_rate,
        price=line.unit_price,
        parts=tuple((part["variant_id"], part["quantity"]) for part in line.parts),
    )
    return PricedLine(line.line_no, line.sku, article, line.quantity, line.unit_price, line.discount, line.goods_amount)


def stock_of(lines: Iterable[PricedLine]) -> list[inventory.StockLine]:
    """Return what the lines take out of stock."""
    return [
        inventory.StockLine(variant_id, line.quantity * pieces)
        for line in lines
        if line.article.is_stocked
        for variant_id, pieces in line.article.parts or ((line.article.variant_id, 1),)
    ]


def reserve_anew(*, released: Sequence[Order], wanted: Mapping[int, Sequence[PricedLine]], now: datetime) -> None:
    """Give back what the orders hold, and reserve the goods of `wanted` by order id. Raises InsufficientStock."""
    region = read_region(released[0].receiver)
    goods = {f"order:{order_id}": stock_of(lines) for order_id, lines in wanted.items()}
    try:
        sources = [f"order:{order.pk}" for order in released]
        rereserving.reserve_anew(released=sources, wanted=goods, region=region, now=now)
    except inventory.InsufficientStock as refusal:
        takers = [
            line
            for lines in wanted.values()
            for line in lines
            if line.article.is_stocked
            for _part in line.article.parts or ((line.article.variant_id, 1),)
        ]
        errors = {}
        for error in refusal.errors:
            place = takers[int(error.field.split(".")[1])].line_no - 1
            errors[place] = FieldError(f"lines.{place}.quantity", error.code, error.detail)
        raise inventory.InsufficientStock(errors=list(errors.values())) from refusal
