"""Publish events with the change that caused them, and deliver each to every handler once.

`publish()` writes the message and one delivery row per handler in the caller's transaction. On commit a worker is woken
for this schema; after a failure or crash the sweep finds the rows (`kernel.events.due`). A handler and the mark of its
delivery commit together, so effects in this database happen once; other effects need a natural key.
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Min

from kernel.core import clock
from kernel.events import due
from kernel.events.registry import Registry
from kernel.models import DeliveryState, OutboxDelivery
from kernel.tenancy.actors import SYSTEM, acting_as
from kernel.tenancy.origin import Origin, coming_from, current_origin

logger = logging.getLogger(__name__)

EventT = TypeVar("EventT")

WORK = "kernel.outbox"  # as due work
MAX_ATTEMPTS = 20
MAX_PAUSE = timedelta(hours=6)  # with 20 attempts: given up after a day and a half
LEASE = timedelta(minutes=2)  # after this a delivery whose process died is tried again

# The materialised middle step lets a distributed Postgres run it on one node.
_PUBLISH = """
WITH message AS (
    INSERT INTO kernel_outboxmessage (event, payload, request_id, occurred_at)
    VALUES (%(event)s, %(payload)s, %(request_id)s, %(now)s) RETURNING id
), target AS MATERIALIZED (
    SELECT message.id AS message_id, handler FROM message, unnest(%(handlers)s::text[]) AS handler
)
INSERT INTO kernel_outboxdelivery (message_id, handler, state, attempts, due_at, last_error)
SELECT message_id, handler, 'pending', 0, %(now)s, '' FROM target
RETURNING message_id
"""
_CLAIM = """
UPDATE kernel_outboxdelivery AS delivery SET attempts = delivery.attempts + 1, due_at = %(lease)s
FROM kernel_outboxmessage AS message
WHERE message.id = delivery.message_id AND delivery.id = (
    SELECT id FROM kernel_outboxdelivery WHERE state = 'pending' AND due_at <= %(now)s
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING delivery.id, delivery.attempts, delivery.handler, message.event, message.payload::text, message.request_id
"""
# A lease that a crash of the server forgets only means that the delivery is tried sooner.
_WITHOUT_WAITING_FOR_THE_DISK = "SET LOCAL synchronous_commit = off; "

registry = Registry()


def event(name: str) -> Callable[[type[EventT]], type[EventT]]:
    """Register a frozen dataclass as the event `name`: `@event("orders.order_paid")`. The name is permanent."""

    def register(event_class: type[EventT]) -> type[EventT]:
        registry.add_event(name, event_class)
        return event_class

    return register


def handles(event_class: type[EventT], *, name: str) -> Callable[[Callable[[EventT], None]], Callable[[EventT], None]]:
    """Register a function as the handler `name` (`commissions.accrue`) of an event. The name is permanent.

    It runs in its own transaction, as SYSTEM, with the request id of the cause.
    """

    def register(handler: Callable[[EventT], None]) -> Callable[[EventT], None]:
        registry.add_handler(event_class, name, handler)
        return handler

    return register


def publish(fact: object) -> int | None:
    """Publish an event if this transaction commits. One statement for any number of handlers.

    Returns the message's id; None without handlers. Raises RuntimeError outside a transaction: event and cause must
    commit
    together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish() needs a transaction: the fact must commit with its cause")
    handlers = registry.listeners[type(fact)]
    name, payload = registry.encode(fact)
    with connection.cursor() as cursor:
        cursor.execute(
            _PUBLISH,
            {
                "event": name,
                "payload": payload,
                "request_id": current_origin().request_id,
                "now": clock.now(),
                "handlers": handlers,
            },
        )
        if not handlers:
            return None
        due.note(WORK)
        return int(cursor.fetchone()[0])


def redeliver(message_id: int) -> bool:
    """Deliver a message again, with all attempts; return False if it was deleted meanwhile."""
    deliveries = OutboxDelivery.objects.filter(message=message_id)
    again = deliveries.update(
        state=DeliveryState.PENDING, attempts=0, due_at=clock.now(), delivered_at=None, last_error=""
    )
    due.note(WORK)
    return bool(again)


def deliver_pending(*, limit: int = 100, seconds: float = math.inf) -> int:
    """Run up to `limit` due deliveries of this schema in order of publication; return how many ran.

    Starts none after `seconds`. Several processes may run it at once: each delivery has its effect once. A handler that
    fails or kills its process is retried later with growing pauses, without delaying others.
    """
    began = time.monotonic()
    for done in range(limit):
        delivery = _claim() if time.monotonic() - began < seconds else None
        if delivery is None:
            return done
        _deliver(delivery)
    return limit


@dataclass(frozen=True)
class _Claimed:
    """A leased delivery."""

    id: int
    attempts: int
    handler: str
    event: str
    payload: str
    request_id: str


class _TakenOver(Exception):
    """The lease expired and another worker delivered: this handler is rolled back."""


def _claim() -> _Claimed | None:
    """Lease the next due delivery. The lease commits at once, so a crash delays the delivery but blocks nothing."""
    now = clock.now()
    claim = _CLAIM if connection.in_atomic_block else _WITHOUT_WAITING_FOR_THE_DISK + _CLAIM
    with connection.cursor() as cursor:
        cursor.execute(claim, {"now": now, "lease": now + LEASE})
        row = cursor.fetchone()
    return _Claimed(*row) if row else None


def _deliver(delivery: _Claimed) -> None:
    if delivery.attempts > MAX_ATTEMPTS:
        _note_failure(delivery, RuntimeError("the process died each time it ran"))
        return
    try:
        with transaction.atomic():
            _run(delivery)
            _mark_delivered(delivery)
    except _TakenOver:
        logger.warning("outbox: %s outlived its lease", delivery.handler)
    except Exception as error:  # any failure of a handler is a delivery to repeat
        _note_failure(delivery, error)


def _run(delivery: _Claimed) -> None:
    handler = registry.handlers[delivery.handler]
    fact = registry.decode(delivery.event, delivery.payload)
    with acting_as(SYSTEM), coming_from(Origin(delivery.request_id)):
        handler(fact)


def _mark_delivered(delivery: _Claimed) -> None:
    """Mark the delivery in the handler's transaction. Raises _TakenOver if the lease was lost."""
    ours = OutboxDelivery.objects.filter(pk=delivery.id, state=DeliveryState.PENDING, attempts=delivery.attempts)
    if not ours.update(state=DeliveryState.DELIVERED, delivered_at=clock.now(), last_error=""):
        raise _TakenOver


def _note_failure(delivery: _Claimed, error: Exception) -> None:
    given_up = delivery.attempts >= MAX_ATTEMPTS
    state = DeliveryState.DEAD if given_up else DeliveryState.PENDING
    OutboxDelivery.objects.filter(pk=delivery.id, state=DeliveryState.PENDING, attempts=delivery.attempts).update(
        state=state,
        due_at=clock.now() + pause_after(delivery.attempts),
        last_error=f"{type(error).__name__}: {error}"[:2000].replace("\x00", ""),
    )
    level = logging.ERROR if given_up else logging.WARNING
    logger.log(level, "outbox: %s failed, attempt %s", delivery.handler, delivery.attempts, exc_info=error)


def pause_after(attempts: int) -> timedelta:
    """Return the pause after the nth failure: 2, 4, 8 … seconds, six hours at most."""
    return min(timedelta(seconds=2**attempts), MAX_PAUSE)


def next_due(now: datetime) -> datetime | None:
    """Return when the next delivery of this schema is due (past: at once); None without any."""
    oldest: datetime | None = OutboxDelivery.objects.filter(state=DeliveryState.PENDING).aggregate(at=Min("due_at"))[
        "at"
    ]
    return oldest


def lag_seconds() -> float:
    """Return the wait of this schema's oldest due delivery; 0 without any."""
    now = clock.now()
    due = OutboxDelivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=now)
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    return float((now - oldest).total_seconds()) if oldest else 0.0
