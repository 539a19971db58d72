"""Keep what orders are found by. Whoever changes a receiver, a line or a parcel of an order calls `index_orders`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from kernel.events import due
from tenant_apps.orders.models import Order, OrderLine, OrderSearch
from tenant_apps.orders.rules.search import Found, order_terms
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.shipping.selectors.parcels import list_tracking_numbers

INDEX_WORK: Final = "orders.index_unknown"
BATCH_SIZE: Final = 1_000
BATCHES: Final = 100  # a turn takes about a minute
_FACTS: Final = ("id", "number", "external_number", "receiver", "customer_id", "agent_id", "tracking_number")


@transaction.atomic
def index_orders(*, order_ids: Collection[int]) -> None:
    """Write what the orders are found by anew, from what they hold now. Four statements for any number of orders.

    The orders are locked, so that two changes at once are both found. Unknown ids are left out.
    """
    orders = list(
        Order.objects.filter(pk__in=order_ids).order_by("pk").select_for_update(no_key=True).values_list(*_FACTS)
    )
    if not orders:
        return
    known = [row[0] for row in orders]
    variants: dict[int, set[int]] = {}
    lines = OrderLine.objects.filter(order_id__in=known).order_by()
    for order_id, variant_id in lines.values_list("order_id", "variant_id"):
        variants.setdefault(order_id, set()).add(variant_id)
    parcels = list_tracking_numbers(sources=[parcel_source(order_id) for order_id in known])
    rows = []
    for order_id, number, external_number, receiver, customer_id, agent_id, latest in orders:
        facts = Found(
            number=number,
            external_number=external_number,
            receiver=receiver,
            customer_id=customer_id,
            agent_id=agent_id,
            variant_ids=variants.get(order_id, ()),
            tracking_numbers=[latest, *parcels.get(parcel_source(order_id), ())],
        )
        rows.append((order_id, order_terms(facts)))
    OrderSearch.objects.put(rows)


@transaction.atomic
def index_later(*, order_ids: Sequence[int]) -> None:
    """Leave new orders of a file to the next work on the index: a file of many is not to wait for it."""
    if order_ids:
        OrderSearch.objects.leave_for_later(list(order_ids))
        due.note(INDEX_WORK)


def index_unknown_orders(*, now: datetime) -> datetime | None:
    """Index orders that nobody can find, the latest first, a thousand at a time; return when to go on."""
    for _batch in range(BATCHES):
        order_ids = OrderSearch.objects.find_unknown(BATCH_SIZE)
        index_orders(order_ids=order_ids)
        if len(order_ids) < BATCH_SIZE:
            return None
    return now


def next_indexing(now: datetime) -> datetime | None:
    """Return `now` while there are orders that nobody can find."""
    return now if OrderSearch.objects.find_unknown(1) else None
