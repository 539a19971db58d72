"""Follow returned goods: sent, received, inspected, or left with the buyer."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kernel.core.errors import ReasonMissing
from kernel.core.states import ensure_allowed
from kernel.events import outbox
from tenant_apps.orders.events import AfterSaleGoodsReceived
from tenant_apps.orders.models import AfterSale, AfterSaleLine, OrderLine
from tenant_apps.orders.rules.after_sales import InspectedLine, ensure_inspectable
from tenant_apps.orders.services.after_sales.changing import (
    close_when_settled,
    lock_approved,
    record,
    set_goods_state,
)
from tenant_apps.orders.services.after_sales.deciding import release_claims
from tenant_apps.orders.services.goods_back import FoundGoods, bring_back, mark_returned
from tenant_apps.orders.services.history import is_history
from tenant_apps.orders.states import GOODS_BACK_TRANSITIONS, GoodsBackState


@transaction.atomic
def note_goods_sent(*, after_sale_id: int, carrier: str, tracking_number: str, now: datetime) -> AfterSale:
    """Note the parcel in which the buyer sends the goods back. Raises AfterSaleNotFound, IllegalTransition."""
    _order, after_sale = lock_approved(after_sale_id)
    parcel = {"carrier": carrier.strip()[:40], "tracking_number": tracking_number.strip()[:64]}
    set_goods_state(after_sale, GoodsBackState.ON_THE_WAY, now=now, sent_at=now, **parcel)
    record(after_sale, "orders.after_sale_sent", **parcel)
    return after_sale


@transaction.atomic
def receive_goods(*, after_sale_id: int, now: datetime) -> AfterSale:
    """Note that the goods are here: the refund is due within a week. Raises AfterSaleNotFound, IllegalTransition."""
    _order, after_sale = lock_approved(after_sale_id)
    set_goods_state(after_sale, GoodsBackState.RECEIVED, now=now, received_at=now)
    outbox.publish(AfterSaleGoodsReceived(order_id=after_sale.order_id, after_sale_id=after_sale.pk, received_at=now))
    record(after_sale, "orders.after_sale_received")
    return after_sale


@transaction.atomic
def inspect_goods(
    *, after_sale_id: int, lines: Sequence[InspectedLine], warehouse_id: int | None = None, now: datetime
) -> AfterSale:
    """Take inspected pieces in: good ones into stock (None: the default warehouse), damaged ones into the brand's place
    for them; lost ones, and damaged ones without such a place, are written off.

    Several calls may inspect part by part. Raises AfterSaleNotFound, IllegalTransition, InvalidInspection, CostUnknown,
    UnknownWarehouse.
    """
    order, after_sale = lock_approved(after_sale_id)
    ensure_allowed(GOODS_BACK_TRANSITIONS, now=GoodsBackState(after_sale.goods_state), wanted=GoodsBackState.INSPECTED)
    held = {one.line.line_no: one for one in after_sale.lines.select_related("line").order_by("id")}
    uninspected = {line_no: one.uninspected for line_no, one in held.items() if one.quantity}
    ensure_inspectable(lines, uninspected, takes_cost=is_history(order))
    after_sale.inspections += 1
    AfterSale.objects.filter(pk=after_sale.pk).update(inspections=after_sale.inspections)
    bring_back(
        order,
        [FoundGoods(held[one.line_no].line, one.good, one.damaged, one.lost, one.unit_cost) for one in lines],
        source=f"order:{order.pk}:after_sale:{after_sale.pk}:{after_sale.inspections}",
        warehouse_id=warehouse_id,
        now=now,
    )
    _count(held, lines)
    record(after_sale, "orders.after_sale_inspected", lines=[_said(held[one.line_no].line, one) for one in lines])
    if not any(one.uninspected for one in held.values()):
        set_goods_state(after_sale, GoodsBackState.INSPECTED, now=now, inspected_at=now)
        close_when_settled(after_sale, now=now)
    mark_returned(order, now=now)
    return after_sale


@transaction.atomic
def waive_goods(*, after_sale_id: int, reason: str, now: datetime) -> AfterSale:
    """Expect the goods no more: the buyer keeps them. Raises AfterSaleNotFound, IllegalTransition, ReasonMissing."""
    _order, after_sale = lock_approved(after_sale_id)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    set_goods_state(after_sale, GoodsBackState.WAIVED, now=now, decision=reason.strip()[:200])
    release_claims(after_sale)
    record(after_sale, "orders.after_sale_goods_waived", reason=reason.strip())
    close_when_settled(after_sale, now=now)
    return after_sale


def _count(held: dict[int, AfterSaleLine], lines: Sequence[InspectedLine]) -> None:
    counted = []
    for one in lines:
        row = held[one.line_no]
        row.good += one.good
        row.damaged += one.damaged
        row.lost += one.lost
        counted.append(row)
    AfterSaleLine.objects.bulk_update(counted, ["good", "damaged", "lost"])


def _said(line: OrderLine, found: InspectedLine) -> dict[str, object]:
    return {"sku": line.sku, "good": found.good, "damaged": found.damaged, "lost": found.lost}
