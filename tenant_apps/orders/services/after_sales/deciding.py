"""Approve, refuse and cancel after-sales."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, ReasonMissing
from kernel.events import outbox
from tenant_apps.orders.events import AfterSaleApproved
from tenant_apps.orders.models import AfterSale, OrderLine
from tenant_apps.orders.models.line import GoodsChange
from tenant_apps.orders.services.after_sales.changing import lock_after_sale, set_state
from tenant_apps.orders.states import GOODS_AWAITED, AfterSaleState, GoodsBackState, SettlementState


class AfterSaleUnderWay(Conflict):
    code = "after_sale_under_way"
    title = _("Goods came back or money went: finish the after-sale instead")


@transaction.atomic
def approve_after_sale(*, after_sale_id: int, now: datetime) -> AfterSale:
    """Agree to a request. Raises AfterSaleNotFound, IllegalTransition."""
    _order, after_sale = lock_after_sale(after_sale_id)
    set_state(after_sale, AfterSaleState.APPROVED, now=now)
    outbox.publish(AfterSaleApproved(order_id=after_sale.order_id, after_sale_id=after_sale.pk, approved_at=now))
    return after_sale


@transaction.atomic
def refuse_after_sale(*, after_sale_id: int, reason: str, now: datetime) -> AfterSale:
    """Refuse a request and free its pieces. Raises AfterSaleNotFound, IllegalTransition, ReasonMissing."""
    return _end(after_sale_id, AfterSaleState.REFUSED, reason, now)


@transaction.atomic
def cancel_after_sale(*, after_sale_id: int, reason: str, now: datetime) -> AfterSale:
    """Withdraw a request before anything came or went, and free its pieces.

    Raises AfterSaleNotFound, IllegalTransition, ReasonMissing, AfterSaleUnderWay.
    """
    return _end(after_sale_id, AfterSaleState.CANCELLED, reason, now)


def _end(after_sale_id: int, wanted: AfterSaleState, reason: str, now: datetime) -> AfterSale:
    _order, after_sale = lock_after_sale(after_sale_id)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    set_state(after_sale, wanted, now=now, decision=reason.strip())
    has_begun = (
        after_sale.goods_state not in {GoodsBackState.NONE, *GOODS_AWAITED}
        or after_sale.settlement_state in {SettlementState.SETTLED, SettlementState.WAIVED}
        or after_sale.exchange_order_id is not None
    )
    if has_begun:
        raise AfterSaleUnderWay
    release_claims(after_sale)
    return after_sale


def release_claims(after_sale: AfterSale) -> None:
    """Free the pieces that were expected back and not inspected."""
    held = after_sale.lines.select_related("line").order_by("id")
    freed = [GoodsChange(one.line, claimed=-one.uninspected) for one in held if one.uninspected]
    if freed:
        OrderLine.objects.move_goods(freed)
