"""Move an order's goods into and out of the cloud stock of its agent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from tenant_apps.inventory.services.cloud import CloudKind, CloudStockShort, book_cloud
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.states import OrderKind


class GoodsLeftCloud(Conflict):
    code = "goods_left_cloud"
    title = _("Not all of these pieces are still in the agent's cloud stock: refund those that are")


def give_back(*, order: Order, lines: Sequence[OrderLine] | None = None, now: datetime) -> None:
    """Give what a cancelled dispatch took, and what was not refunded before, back to the agent's cloud stock."""
    if order.kind != OrderKind.DISPATCH:
        return
    found = OrderLine.objects.filter(order=order).order_by("line_no", "id") if lines is None else lines
    left = {line.variant_id: line.quantity - line.refunded_quantity for line in found}
    book_of_order(order, ":cancel", CloudKind.GIVEN_BACK, left, now)


def move_refunded(*, order: Order, seq: int, goods: Mapping[int, int], now: datetime) -> None:
    """Move refunded pieces by variant: of a dispatch back into cloud stock, of a restock into it out of it again.

    Raises GoodsLeftCloud.
    """
    if order.kind == OrderKind.DISPATCH:
        book_of_order(order, f":refund:{seq}", CloudKind.GIVEN_BACK, goods, now)
    elif order.into_cloud:
        taken = {variant_id: -pieces for variant_id, pieces in goods.items()}
        try:
            book_of_order(order, f":refund:{seq}", CloudKind.TAKEN_BACK, taken, now)
        except CloudStockShort as refusal:
            raise GoodsLeftCloud(field="lines") from refusal


def book_of_order(order: Order, step: str, kind: CloudKind, goods: Mapping[int, int], now: datetime) -> None:
    """Book pieces by variant under the order and its `step`, such as ":cancel". Raises CloudStockShort."""
    if order.agent_id is not None:
        book_cloud(agent_id=order.agent_id, source=f"order:{order.pk}{step}", kind=kind, goods=goods, now=now)
