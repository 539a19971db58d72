"""Find orders that are due to be closed or completed."""

from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef, Q

from tenant_apps.orders.models import AfterSale, Order, OrderSettings
from tenant_apps.orders.rules.deadlines import Deadlines, read_deadlines
from tenant_apps.orders.states import OPEN_AFTER_SALES, FulfilmentState, OrderKind, OrderState, PaymentState


def get_deadlines() -> Deadlines:
    values = OrderSettings.objects.filter(pk=1).values_list("values", flat=True).first()
    return read_deadlines(values or {})


_UNPAID = Q(state=OrderState.OPEN, payment_state=PaymentState.UNPAID, fulfilment_state=FulfilmentState.UNFULFILLED)

_ARRIVED = Q(
    state=OrderState.OPEN,
    fulfilment_state__in=(FulfilmentState.SHIPPED, FulfilmentState.DELIVERED, FulfilmentState.RETURNED),
)

_OPEN_AFTER_SALES = AfterSale.objects.filter(order=OuterRef("pk"), state__in=OPEN_AFTER_SALES)

_SOON = timedelta(minutes=1)


def list_unpaid_since(*, deadlines: Deadlines, now: datetime, limit: int) -> list[int]:
    """Return the ids of open unpaid orders whose time is over, the oldest first."""
    if deadlines.unpaid_minutes is None:
        return []
    since = datetime.fromisoformat(deadlines.unpaid_since)
    until = now - timedelta(minutes=deadlines.unpaid_minutes)
    waiting = Order.objects.filter(_UNPAID, placed_at__gte=since, placed_at__lte=until).exclude(kind=OrderKind.RETURN)
    return list(waiting.order_by("placed_at", "id").values_list("id", flat=True)[:limit])


def list_arrived(*, deadlines: Deadlines, now: datetime, limit: int) -> list[int]:
    """Return the ids of open orders whose days after delivery, or after shipping, are over."""
    over = Q(pk__in=[])
    if deadlines.days_after_delivery is not None:
        over |= Q(delivered_at__lte=now - timedelta(days=deadlines.days_after_delivery))
    if deadlines.days_after_shipping is not None:
        over |= Q(delivered_at=None, shipped_at__lte=now - timedelta(days=deadlines.days_after_shipping))
    arrived = Order.objects.filter(_ARRIVED, ~Exists(_OPEN_AFTER_SALES), over).exclude(kind=OrderKind.RETURN)
    return list(arrived.order_by("placed_at", "id").values_list("id", flat=True)[:limit])


def next_closing(now: datetime) -> datetime | None:
    """Return when an unpaid order may be due next; None where the brand closes none.

    One that is placed after `now` is due after a whole deadline at the earliest.
    """
    deadlines = get_deadlines()
    if deadlines.unpaid_minutes is None:
        return None
    wait = timedelta(minutes=deadlines.unpaid_minutes)
    since = datetime.fromisoformat(deadlines.unpaid_since)
    waiting = Order.objects.filter(_UNPAID, placed_at__gte=since).exclude(kind=OrderKind.RETURN)
    oldest = waiting.aggregate(first=Min("placed_at"))["first"]
    return now + wait if oldest is None else max(oldest + wait, now + _SOON)


def next_completion(now: datetime) -> datetime | None:
    """Return when an order is completed by itself next; None where none waits for it."""
    deadlines = get_deadlines()
    arrived = Order.objects.filter(_ARRIVED, ~Exists(_OPEN_AFTER_SALES)).exclude(kind=OrderKind.RETURN)
    first = arrived.aggregate(delivered=Min("delivered_at"), shipped=Min("shipped_at", filter=Q(delivered_at=None)))
    times = [
        deadlines.completes_at(shipped_at=None, delivered_at=first["delivered"]),
        deadlines.completes_at(shipped_at=first["shipped"], delivered_at=None),
    ]
    known = [one for one in times if one is not None]
    return max(min(known), now + _SOON) if known else None
