"""Close unpaid orders and complete those that arrived, when their time has come."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import DomainError, FieldError, Invalid
from kernel.events import due
from tenant_apps.orders.models import OrderSettings
from tenant_apps.orders.rules.deadlines import MAX_DAYS, MAX_UNPAID_MINUTES, MIN_UNPAID_MINUTES, Deadlines
from tenant_apps.orders.selectors import after_sales
from tenant_apps.orders.selectors import deadlines as order_deadlines
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.locking import lock_order
from tenant_apps.orders.states import FulfilmentState, OrderState, PaymentState

CLOSING_WORK: Final = "orders.close_unpaid"
COMPLETING_WORK: Final = "orders.complete_arrived"
ORDERS_PER_RUN: Final = 500

logger = logging.getLogger(__name__)


class InvalidDeadlines(Invalid):
    code = "invalid_deadlines"
    title = _("A deadline is out of range")


@transaction.atomic
def change_deadlines(
    *,
    unpaid_minutes: int | None,
    days_after_delivery: int | None,
    days_after_shipping: int | None,
    now: datetime,
) -> Deadlines:
    """Set when unpaid orders close (15 minutes to 60 days) and orders complete (1 to 90 days); None turns one off.

    Closing holds for orders placed from the moment it was turned on. Raises InvalidDeadlines.
    """
    _ensure_in_range(unpaid_minutes, days_after_delivery, days_after_shipping)
    before = order_deadlines.get_deadlines()
    since = before.unpaid_since if before.unpaid_minutes is not None else now.isoformat()
    wanted = Deadlines(
        unpaid_minutes=unpaid_minutes,
        unpaid_since="" if unpaid_minutes is None else since,
        days_after_delivery=days_after_delivery,
        days_after_shipping=days_after_shipping,
    )
    settings, _is_new = OrderSettings.objects.select_for_update().get_or_create(pk=1)
    settings.values = {**settings.values, **wanted.as_values()}
    settings.save(update_fields=["values"])
    for kind in (CLOSING_WORK, COMPLETING_WORK):
        due.note(kind, at=now)
    audit.record(
        action="orders.change_deadlines",
        subject="order_settings:1",
        before=before.as_values(),
        after=wanted.as_values(),
    )
    return wanted


def _ensure_in_range(unpaid_minutes: int | None, *days: int | None) -> None:
    """Raise InvalidDeadlines naming each value that is out of range."""
    errors = []
    if unpaid_minutes is not None and not MIN_UNPAID_MINUTES <= unpaid_minutes <= MAX_UNPAID_MINUTES:
        detail = _("Between %(least)d minutes and %(most)d, or empty") % {
            "least": MIN_UNPAID_MINUTES,
            "most": MAX_UNPAID_MINUTES,
        }
        errors.append(FieldError("unpaid_minutes", InvalidDeadlines.code, detail))
    for name, value in zip(("days_after_delivery", "days_after_shipping"), days, strict=True):
        if value is not None and not 1 <= value <= MAX_DAYS:
            detail = _("Between 1 and %(most)d days, or empty") % {"most": MAX_DAYS}
            errors.append(FieldError(name, InvalidDeadlines.code, detail))
    if errors:
        raise InvalidDeadlines(errors=errors)


def _quietly(act: Callable[[int, datetime], None], order_id: int, now: datetime) -> None:
    """Do it for one order; a refusal, such as one that somebody else closed meanwhile, stops no other."""
    try:
        act(order_id, now)
    except DomainError as refusal:
        logger.warning("order %s was left as it is: %s", order_id, refusal.code)


def close_unpaid(*, now: datetime) -> datetime | None:
    """Cancel the orders that were not paid in time; return when the next look is due.

    An order that comes later is due no earlier than a whole deadline from now, so nobody has to announce it.
    """
    deadlines = order_deadlines.get_deadlines()
    if deadlines.unpaid_minutes is None:
        return None
    for order_id in order_deadlines.list_unpaid_since(deadlines=deadlines, now=now, limit=ORDERS_PER_RUN):
        _quietly(_close_one, order_id, now)
    return order_deadlines.next_closing(now)


def complete_arrived(*, now: datetime) -> datetime | None:
    """Complete the orders whose days are over; return when the next look is due.

    Where no delivery was recorded it is taken to have happened.
    """
    deadlines = order_deadlines.get_deadlines()
    for order_id in order_deadlines.list_arrived(deadlines=deadlines, now=now, limit=ORDERS_PER_RUN):
        _quietly(_complete_one, order_id, now)
    return order_deadlines.next_completion(now)


@transaction.atomic
def _close_one(order_id: int, now: datetime) -> None:
    """Cancel the order if it is still unpaid and due, seen under its lock."""
    order = lock_order(order_id)
    due_at = order_deadlines.get_deadlines().closes_at(order.placed_at)
    is_open = order.state == OrderState.OPEN and order.payment_state == PaymentState.UNPAID
    if due_at is not None and due_at <= now and is_open:
        with audit.because(str(_("Not paid in time"))):
            cancel_order(order_id=order.pk, now=now)


@transaction.atomic
def _complete_one(order_id: int, now: datetime) -> None:
    """Complete the order if it is still open and due, seen under its lock."""
    order = lock_order(order_id)
    due_at = order_deadlines.get_deadlines().completes_at(shipped_at=order.shipped_at, delivered_at=order.delivered_at)
    if due_at is None or due_at > now or order.state != OrderState.OPEN or after_sales.has_open_after_sale(order.pk):
        return
    with audit.because(str(_("The days after its arrival are over"))):
        if order.fulfilment_state == FulfilmentState.SHIPPED:
            deliver_order(order_id=order.pk, now=now)
        complete_order(order_id=order.pk, now=now)
