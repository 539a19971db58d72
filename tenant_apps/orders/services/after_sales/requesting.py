"""Ask for a refund, a return or an exchange."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict, ReasonMissing
from kernel.core.integrity import refine_integrity_error
from kernel.core.numbering import take_number
from kernel.events import outbox
from kernel.tenancy.actors import current_actor
from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
from tenant_apps.orders.events import AfterSaleRequested
from tenant_apps.orders.models import AfterSale, AfterSaleLine, Order, OrderLine
from tenant_apps.orders.models.line import GoodsChange
from tenant_apps.orders.rules.after_sales import (
    GoodsNotOut,
    InvalidAfterSale,
    NewAfterSale,
    PlannedAfterSale,
    plan_after_sale,
    refund_requests,
)
from tenant_apps.orders.rules.refunds import FREIGHT_LINE
from tenant_apps.orders.selectors.after_sales import get_last_return_day, list_returnable_lines
from tenant_apps.orders.services.after_sales.changing import record
from tenant_apps.orders.services.after_sales.photos import Upload, keep_photos, read_photos
from tenant_apps.orders.services.history import adopt_history
from tenant_apps.orders.services.locking import lock_order
from tenant_apps.orders.states import (
    AfterSaleKind,
    FulfilmentState,
    GoodsBackState,
    OrderKind,
    OrderState,
    PaymentState,
    SettlementState,
)


class NothingToClaim(Conflict):
    code = "nothing_to_claim"
    title = _("Only a paid order that was not cancelled has after-sales")


class NotShipped(Conflict):
    code = "not_shipped"
    title = _("The goods have not left: ask for a refund only")


@transaction.atomic
def request_after_sale(
    *, order_id: int, wanted: NewAfterSale, uploads: Sequence[Upload] = (), now: datetime
) -> AfterSale:
    """Write the request down, whoever makes it; its pieces are claimed, so that no other one asks for them too.

    After the right of return has ended, `late_reason` says why the request is taken all the same.
    Raises OrderNotFound, NothingToClaim, NotShipped, InvalidAfterSale, InvalidRefund, ReasonMissing, and what photos
    raise.
    """
    pictures = read_photos(uploads)
    order = lock_order(order_id)
    _ensure_claimable(order, wanted)
    _ensure_in_time(order, wanted, now)
    adopt_history(order, now=now)
    lines = {line.line_no: line for line in OrderLine.objects.filter(order=order).order_by("line_no")}
    held = list_returnable_lines(order, lines.values())
    freight = held.pop(FREIGHT_LINE)
    planned = plan_after_sale(wanted, held, freight.money)
    _ensure_known_goods(planned, now)
    after_sale = _describe(order, wanted, planned, now)
    keep_photos(after_sale, pictures)
    after_sale.save(force_insert=True)
    AfterSaleLine.objects.bulk_create(
        AfterSaleLine(
            after_sale=after_sale,
            line=lines[one.line_no],
            quantity=one.quantity,
            refund_quantity=one.refund_quantity or 0,
            amount=one.amount,
        )
        for one in planned.lines
    )
    claims = [GoodsChange(lines[one.line_no], claimed=one.quantity) for one in planned.lines if one.quantity]
    if claims:
        with refine_integrity_error({"orders_line_sent_back_once": GoodsNotOut}):
            OrderLine.objects.move_goods(claims)
    outbox.publish(AfterSaleRequested(order_id=order.pk, after_sale_id=after_sale.pk, requested_at=now))
    record(
        after_sale,
        "orders.after_sale_requested",
        kind=after_sale.kind,
        reason=after_sale.reason,
        amount=after_sale.amount,
        late_reason=after_sale.late_reason,
    )
    return after_sale


def _ensure_claimable(order: Order, wanted: NewAfterSale) -> None:
    is_trade = order.kind != OrderKind.RETURN and not order.moves_cloud_stock and order.state != OrderState.CANCELLED
    if not is_trade or order.payment_state == PaymentState.UNPAID:
        raise NothingToClaim
    if wanted.kind != AfterSaleKind.REFUND_ONLY and order.fulfilment_state == FulfilmentState.UNFULFILLED:
        raise NotShipped(field="kind")


def _ensure_in_time(order: Order, wanted: NewAfterSale, now: datetime) -> None:
    last_day = get_last_return_day(order=order)
    is_late = last_day is not None and clock.business_date(now) > last_day
    if is_late and not wanted.late_reason.strip():
        raise ReasonMissing(
            _("The right of return ended on %(day)s: say why the request is taken all the same") % {"day": last_day},
            field="late_reason",
        )
    if wanted.late_reason.strip() and not is_late:
        raise InvalidAfterSale(_("The request is in time: leave this empty"), field="late_reason")


def _ensure_known_goods(planned: PlannedAfterSale, now: datetime) -> None:
    known = get_variants_by_sku(skus=[one.sku for one in planned.replacements], now=now)
    for index, one in enumerate(planned.replacements):
        if one.sku not in known:
            detail = _("There is no SKU %(sku)s") % {"sku": one.sku}
            raise InvalidAfterSale(detail, field=f"replacements.{index}.sku")


def _describe(order: Order, wanted: NewAfterSale, planned: PlannedAfterSale, now: datetime) -> AfterSale:
    has_goods = any(one.quantity for one in planned.lines)
    is_exchange = wanted.kind == AfterSaleKind.EXCHANGE
    is_due = is_exchange or bool(refund_requests(planned.lines, wanted.freight))
    return AfterSale(
        order=order,
        number=take_number(kind="AS", day=clock.business_date(now)),
        kind=wanted.kind,
        goods_state=GoodsBackState.EXPECTED if has_goods else GoodsBackState.NONE,
        settlement_state=SettlementState.DUE if is_due else SettlementState.NONE,
        reason=wanted.reason,
        note=wanted.note.strip()[:500],
        late_reason=wanted.late_reason.strip()[:200],
        amount=planned.amount,
        freight=wanted.freight,
        difference=wanted.difference,
        replacements=[{"sku": one.sku, "quantity": one.quantity} for one in planned.replacements],
        requested_by=current_actor().label[:200],
        requested_at=now,
        waiting_since=now,
    )
