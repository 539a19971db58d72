"""List orders, as models and as plain rows."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from kernel.core import clock
from kernel.http.pagination import decode_cursor, encode_cursor, ensure_limit
from kernel.tenancy.actors import Actor, current_actor
from tenant_apps.attribution import selectors as gaps
from tenant_apps.customers import selectors as customers
from tenant_apps.orders.models import Channel, Order, OrderLine, Refund
from tenant_apps.orders.models.order_page import Search, Value, read_page
from tenant_apps.orders.rules.receivers import receiver_key
from tenant_apps.orders.selectors.search import get_found_fields, read_search
from tenant_apps.orders.states import (
    HISTORY_SERIES,
    MONEY_IS_HERE,
    TO_BE_SHIPPED,
    FulfilmentState,
    OrderKind,
    OrderState,
    PaymentState,
)

_MOST_WAITING = 2_000

_LIST_ORDER = ("-placed_at", "-id")

_OPEN = Q(state=OrderState.OPEN) & ~Q(kind=OrderKind.RETURN)

# Conditions by what has to happen to an order next; "nothing" holds what was refunded wholly.
WAITS_FOR: Mapping[str, Q] = {
    "payment": _OPEN & Q(payment_state=PaymentState.UNPAID),
    "shipment": _OPEN & Q(payment_state__in=MONEY_IS_HERE, fulfilment_state__in=TO_BE_SHIPPED),
    "delivery": _OPEN & Q(fulfilment_state=FulfilmentState.SHIPPED),
    "nothing": Q(payment_state=PaymentState.REFUNDED),
}


def list_order_rows(
    *, filters: Mapping[str, Value], cursor: str | None, limit: int
) -> tuple[list[dict[str, object]], str | None]:
    """Return a page of orders, newest first, and the cursor of the next page.

    `filters`: state, payment_state, fulfilment_state, kind, agent_id, customer_id, channel, number, customer_phone,
    placed_by, since (inclusive), until (exclusive), search. Rows found by a search say in `matched` what holds its
    words. Raises CursorInvalid, LimitInvalid.
    """
    ensure_limit(limit)
    after = None
    if cursor:
        placed_at, order_id = decode_cursor(cursor, _LIST_ORDER, Order)
        after = (placed_at, order_id)
    where = resolve_filters(filters)
    rows, has_more = read_page(where, after=after, limit=limit)
    searched = where.get("search")
    fields: dict[int, list[str]] = {}
    if isinstance(searched, Search):
        fields = get_found_fields(words=searched.words, order_ids=[int(str(row["id"])) for row in rows])
    for row in rows:
        row["matched"] = fields.get(int(str(row["id"])), [])
    if not has_more:
        return rows, None
    return rows, encode_cursor(_LIST_ORDER, [rows[-1]["placed_at"], rows[-1]["id"]])


def resolve_filters(filters: Mapping[str, Value]) -> dict[str, Value]:
    """Turn filters into columns.

    A phone becomes the customer's id, or 0 when unknown; a search's text its words; me the current actor.
    """
    where = dict(filters)
    text = where.pop("search", None)
    if text is not None:
        where["search"] = Search(tuple(read_search(str(text))))
    phone = where.pop("customer_phone", None)
    if phone is not None:
        customer = customers.find_customer_by_phone(phone=str(phone))
        where["customer_id"] = customer.pk if customer else 0
    if where.get("placed_by") == "me":
        where["placed_by"] = placer_of(current_actor())
    return where


def placer_of(actor: Actor) -> str:
    """Return how an order keeps the actor who placed it."""
    return actor.kind if actor.id is None else f"{actor.kind}:{actor.id}"


def list_orders() -> QuerySet[Order]:
    return Order.objects.order_by("-placed_at", "-id")


def list_refunds(*, customer_id: int) -> QuerySet[Refund]:
    """Return the customer's refunds with their orders, the latest first."""
    found = Refund.objects.filter(order__customer_id=customer_id).select_related("order")
    return found.order_by("-refunded_at", "-id")


def list_lines_of_product(*, product_id: int) -> QuerySet[OrderLine]:
    """Return the lines that ordered a product's variants with their orders, the latest first."""
    return OrderLine.objects.filter(variant__product_id=product_id).select_related("order").order_by("-id")


def list_mergeable(*, order: Order) -> list[Order]:
    """Return the other open unpaid orders of the same kind, buyer and agent of which nothing has left, at most 19."""
    if order.customer_id is None and order.agent_id is None:
        return []
    same = {name: getattr(order, name) for name in ("kind", "customer_id", "agent_id", "payment_state")}
    waiting = list_orders().filter(state=OrderState.OPEN, fulfilment_state=FulfilmentState.UNFULFILLED, **same)
    return list(waiting.exclude(pk=order.pk)[:19])


def list_gap_orders(*, agent_id: int, now: datetime) -> QuerySet[Order]:
    """List retail orders of the agent's customers that were placed without a contract and credited to nobody.

    Latest first. Raises AgentNotFound.
    """
    where = Q(pk__in=[])
    for gap in gaps.list_gaps(agent_id=agent_id, now=now):
        where |= Q(placed_at__gte=gap.since, placed_at__lt=gap.until, customer_id__in=gap.customer_ids)
    return list_orders().filter(where, kind=OrderKind.RETAIL, agent=None)


def count_placed_in_month(*, now: datetime) -> int:
    """Count the orders placed in the month of `now` (brand's time zone), without imported history."""
    first = clock.business_date(now).replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    month = Order.objects.filter(
        placed_at__gte=clock.day_bounds(first)[0], placed_at__lt=clock.day_bounds(next_first)[0]
    )
    return month.exclude(number__startswith=HISTORY_SERIES).count()


def list_for_packing(*, order_ids: Collection[int], is_waiting: bool = False) -> list[Order]:
    """Return orders with their lines in the order of the ids; `is_waiting` keeps those that can be shipped now."""
    orders = Order.objects.filter(pk__in=order_ids)
    if is_waiting:
        orders = orders.filter(WAITS_FOR["shipment"])
    lines = Prefetch("lines", OrderLine.objects.order_by("line_no", "id"))
    found = {order.pk: order for order in orders.prefetch_related(lines).order_by("placed_at", "id")}
    return [found[order_id] for order_id in dict.fromkeys(order_ids) if order_id in found]


def list_same_receivers(*, orders: Collection[Order]) -> dict[int, list[Order]]:
    """Map each order to the others that wait for shipment and go to the same receiver and address.

    Those with another carrier's demand or another agent may share a box as well: goods, receiver and place decide.
    """
    keys = {order.pk: receiver_key(order.receiver) for order in orders}
    phones = {key[1] for key in keys.values() if key}
    if not phones:
        return {}
    waiting = Order.objects.filter(WAITS_FOR["shipment"], receiver__phone__in=phones).order_by("placed_at", "id")
    by_key: dict[tuple[str, ...], list[Order]] = {}
    for order in waiting[:_MOST_WAITING]:
        key = receiver_key(order.receiver)
        if key:
            by_key.setdefault(key, []).append(order)
    found = {pk: [other for other in by_key.get(key, []) if other.pk != pk] for pk, key in keys.items() if key}
    return {pk: others for pk, others in found.items() if others}


def list_channels() -> list[Channel]:
    return list(Channel.objects.order_by("code", "id"))
