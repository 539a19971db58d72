"""Deliver, complete and cancel orders."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from tenant_apps.attribution.services import purchases
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderCancelled, OrderCompleted, OrderDelivered
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.after_sales import has_open_after_sale
from tenant_apps.orders.selectors.parcels import list_parcels, parcel_source
from tenant_apps.orders.services.cloud_moves import give_back
from tenant_apps.orders.services.locking import lock_open_order, lock_order
from tenant_apps.orders.states import (
    FULFILMENT_TRANSITIONS,
    ORDER_TRANSITIONS,
    FulfilmentState,
    OrderKind,
    OrderState,
    PaymentState,
)
from tenant_apps.shipping.services import parcels
from tenant_apps.shipping.states import ParcelState


class RefundFirst(Conflict):
    code = "refund_first"
    title = _("The order is paid: refund it instead of cancelling")


class AlreadyShipped(Conflict):
    code = "already_shipped"
    title = _("The goods were shipped already")


class NotDelivered(Conflict):
    code = "not_delivered"
    title = _("The goods have not been delivered")


class AfterSaleOpen(Conflict):
    code = "after_sale_open"
    title = _("An after-sale of this order is open")


@transaction.atomic
def deliver_order(*, order_id: int, now: datetime) -> Order:
    """Record the delivery. Raises OrderNotFound, OrderNotOpen, IllegalTransition."""
    order = lock_open_order(order_id)
    before = FulfilmentState(order.fulfilment_state)
    ensure_allowed(FULFILMENT_TRANSITIONS, now=before, wanted=FulfilmentState.DELIVERED)
    of_it = Order.objects.filter(pk=order.pk)
    compare_and_set(
        of_it, field="fulfilment_state", expected=before, wanted=FulfilmentState.DELIVERED, delivered_at=now
    )
    order.fulfilment_state = FulfilmentState.DELIVERED
    order.delivered_at = now
    parcels.end_parcels(source=parcel_source(order.pk), state=ParcelState.SIGNED, now=now)
    outbox.publish(OrderDelivered(order_id=order.pk, delivered_at=now))
    _note("orders.deliver", order, "fulfilment_state", before, order.fulfilment_state)
    return order


@transaction.atomic
def deliver_signed_order(*, order_id: int) -> None:
    """Deliver an open order that is shipped wholly, once all its parcels are signed for, as of the last signature."""
    order = lock_order(order_id)
    if order.state != OrderState.OPEN or order.fulfilment_state != FulfilmentState.SHIPPED:
        return
    parcels = [one for one in list_parcels(order_id=order_id) if one.state != ParcelState.VOIDED]
    signed = [one.signed_at for one in parcels if one.signed_at is not None]
    if parcels and len(signed) == len(parcels):
        deliver_order(order_id=order_id, now=max(signed))


@transaction.atomic
def complete_order(*, order_id: int, now: datetime) -> Order:
    """Close a delivered (or returned) order. Raises OrderNotFound, OrderNotOpen, NotDelivered, AfterSaleOpen."""
    order = lock_open_order(order_id)
    if order.fulfilment_state not in (FulfilmentState.DELIVERED, FulfilmentState.RETURNED):
        raise NotDelivered
    if has_open_after_sale(order.pk):
        raise AfterSaleOpen
    _close(order, OrderState.COMPLETED, completed_at=now)
    outbox.publish(OrderCompleted(order_id=order.pk, completed_at=now))
    return order


@transaction.atomic
def cancel_order(*, order_id: int, now: datetime) -> Order:
    """Cancel an unpaid order, or one that costs nothing, and release its goods.

    Raises OrderNotFound, OrderNotOpen, RefundFirst, AlreadyShipped.
    """
    order = lock_open_order(order_id)
    if order.payment_state != PaymentState.UNPAID and not order.is_free:
        raise RefundFirst
    if order.fulfilment_state != FulfilmentState.UNFULFILLED:
        raise AlreadyShipped
    _close(order, OrderState.CANCELLED, cancelled_at=now)
    inventory.release_all(source=f"order:{order.pk}")
    give_back(order=order, now=now)
    if order.customer_id is not None and not _has_bought(order.customer_id):
        purchases.forget_purchaser(customer_id=order.customer_id)
    outbox.publish(OrderCancelled(order_id=order.pk, cancelled_at=now))
    return order


def _has_bought(customer_id: int) -> bool:
    """Tell whether the customer has an order that was not cancelled. A fully returned order counts."""
    orders = Order.objects.filter(customer_id=customer_id).exclude(state=OrderState.CANCELLED)
    return orders.exclude(kind=OrderKind.RESTOCK).exists()


def _close(order: Order, wanted: OrderState, **stamps: datetime) -> None:
    before = OrderState(order.state)
    ensure_allowed(ORDER_TRANSITIONS, now=before, wanted=wanted)
    compare_and_set(Order.objects.filter(pk=order.pk), field="state", expected=before, wanted=wanted, **stamps)
    for name, value in {"state": wanted, **stamps}.items():
        setattr(order, name, value)
    _note("orders.complete" if wanted == OrderState.COMPLETED else "orders.cancel", order, "state", before, wanted)


def _note(action: str, order: Order, axis: str, before: str, after: str) -> None:
    audit.record(action=action, subject=f"order:{order.pk}", before={axis: before}, after={axis: after})
