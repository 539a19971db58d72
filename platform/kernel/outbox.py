"""Facts told upwards: an event is written with the change that caused it, and delivered to each handler once.

`publish()` writes the message and one delivery row per handler in the caller's transaction. On commit a task for this
schema is queued; if that fails, or the process dies, the sweeper finds the rows. A handler and the mark that it ran
commit together, so its effect in this database happens once; effects elsewhere need a natural key.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson
from celery import current_app as celery
from django.db import connection, transaction

from kernel import clock, tenancy
from kernel.actors import SYSTEM, acting_as
from kernel.models import DeliveryState, OutboxDelivery
from kernel.origin import Origin, coming_from, current_origin

logger = logging.getLogger(__name__)

EventT = TypeVar("EventT")
Handler = Callable[[Any], None]

MAX_ATTEMPTS = 20
LONGEST_PAUSE = timedelta(hours=1)

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
"""


@dataclass(frozen=True)
class _Kind:
    """One registered event class: its name on the wire and how each field is read back."""

    name: str
    readers: dict[str, Callable[[Any], Any]]


class Registry:
    """Which events exist and who listens. One per process, filled while apps load."""

    def __init__(self) -> None:
        self.kinds: dict[type, _Kind] = {}
        self.classes: dict[str, type] = {}
        self.handlers: dict[str, Handler] = {}
        self.listeners: dict[type, list[str]] = {}

    def add_event(self, name: str, event_class: type) -> None:
        if not (is_dataclass(event_class) and event_class.__dataclass_params__.frozen):  # type: ignore[attr-defined]
            raise TypeError(f"{event_class.__name__} must be a frozen dataclass")
        if name in self.classes:
            raise ValueError(f"two events are called {name}")
        hints = get_type_hints(event_class)
        readers = {item.name: _reader(hints[item.name], f"{name}.{item.name}") for item in fields(event_class)}
        self.kinds[event_class] = _Kind(name, readers)
        self.classes[name] = event_class
        self.listeners.setdefault(event_class, [])

    def add_handler(self, event_class: type, name: str, handler: Handler) -> None:
        if event_class not in self.kinds:
            raise TypeError(f"{event_class.__name__} is not an event")
        if name in self.handlers:
            raise ValueError(f"two handlers are called {name}")
        self.handlers[name] = handler
        self.listeners[event_class].append(name)

    def decode(self, name: str, payload: dict[str, Any]) -> object:
        """The event as it was published; fields added since then take their defaults."""
        event_class = self.classes[name]
        readers = self.kinds[event_class].readers
        return event_class(**{key: readers[key](value) for key, value in payload.items() if key in readers})


registry = Registry()

_READERS: dict[Any, Callable[[Any], Any]] = {
    int: int,
    str: str,
    bool: bool,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _reader(hint: Any, where: str) -> Callable[[Any], Any]:
    """How to read one field back from JSON. Raises TypeError for types that do not belong into an event."""
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        inner = _reader(next(part for part in get_args(hint) if part is not NoneType), where)
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        item = _reader(get_args(hint)[0], where)
        return lambda values: tuple(item(value) for value in values)
    try:
        return _READERS[hint]
    except (KeyError, TypeError):
        raise TypeError(f"{where}: an event carries ids, text, numbers and times, not {hint}") from None


def event(name: str) -> Callable[[type[EventT]], type[EventT]]:
    """Register a frozen dataclass as the event `name`: `@event("orders.order_paid")`. The name is for ever."""

    def register(event_class: type[EventT]) -> type[EventT]:
        registry.add_event(name, event_class)
        return event_class

    return register


def handles(event_class: type[EventT], *, name: str) -> Callable[[Callable[[EventT], None]], Callable[[EventT], None]]:
    """Register a function as the handler `name` (`commissions.accrue`) of an event. The name is for ever.

    It runs inside a transaction of its own, as SYSTEM, with the request id of the cause.
    """

    def register(handler: Callable[[EventT], None]) -> Callable[[EventT], None]:
        registry.add_handler(event_class, name, handler)
        return handler

    return register


def _json_default(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong into an event")


def publish(fact: object) -> None:
    """Tell everybody above, if this transaction commits. One statement, however many listen.

    Raises RuntimeError outside a transaction: the fact and its cause must commit together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish() needs a transaction: the fact must commit with its cause")
    kind = registry.kinds[type(fact)]
    handlers = registry.listeners[type(fact)]
    payload = orjson.dumps({name: getattr(fact, name) for name in kind.readers}, default=_json_default)
    with connection.cursor() as cursor:
        cursor.execute(
            _PUBLISH,
            {
                "event": kind.name,
                "payload": payload.decode(),
                "request_id": current_origin().request_id,
                "now": clock.now(),
                "handlers": handlers,
            },
        )
    if handlers:
        _wake_on_commit()


@dataclass(frozen=True)
class _Wake:
    """Queues the delivery task for a schema. Comparable, so that a transaction queues it once."""

    schema: str

    def __call__(self) -> None:
        try:
            # By name: the task stands above this module.
            celery.send_task("kernel.tasks.deliver_outbox", headers={tenancy.SCHEMA_HEADER: self.schema}, retry=False)
        except Exception:  # best effort: the rows are safe, the sweeper comes round
            logger.warning("outbox of %s not woken; the sweeper will deliver", self.schema, exc_info=True)


def _wake_on_commit() -> None:
    wake = _Wake(tenancy.current_schema())
    if not any(entry[1] == wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def deliver_pending(*, limit: int = 100) -> int:
    """Run up to `limit` due deliveries of this schema in the order they were published; returns how many ran.

    Several processes may do it at once: each row goes to one of them. A handler that fails is tried again later with
    growing pauses and holds up nobody else.
    """
    for done in range(limit):
        if not _deliver_next():
            return done
    return limit


@transaction.atomic
def _deliver_next() -> bool:
    now = clock.now()
    delivery = (
        OutboxDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message")
        .filter(state=DeliveryState.PENDING, due_at__lte=now)
        .order_by("id")
        .first()
    )
    if delivery is None:
        return False
    delivery.attempts += 1
    try:
        with transaction.atomic():
            _run(delivery)
    except Exception as error:  # any failure of a handler is a delivery to repeat
        _note_failure(delivery, error, now)
    else:
        delivery.state, delivery.delivered_at, delivery.last_error = DeliveryState.DELIVERED, clock.now(), ""
    delivery.save(update_fields=["state", "attempts", "due_at", "delivered_at", "last_error"])
    return True


def _run(delivery: OutboxDelivery) -> None:
    message = delivery.message
    handler = registry.handlers[delivery.handler]
    fact = registry.decode(message.event, message.payload)
    with acting_as(SYSTEM), coming_from(Origin(message.request_id)):
        handler(fact)


def _note_failure(delivery: OutboxDelivery, error: Exception, now: datetime) -> None:
    delivery.last_error = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.state = DeliveryState.DEAD
        logger.error("outbox: %s gave up after %s attempts", delivery.handler, delivery.attempts, exc_info=error)
        return
    delivery.due_at = now + pause_after(delivery.attempts)
    logger.warning("outbox: %s failed, attempt %s", delivery.handler, delivery.attempts, exc_info=error)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the nth failure: 2, 4, 8 … seconds, an hour at most."""
    return min(timedelta(seconds=2**attempts), LONGEST_PAUSE)


def retry_given_up() -> int:
    """Give every delivery of this schema that was given up another 20 attempts; returns how many."""
    dead = OutboxDelivery.objects.filter(state=DeliveryState.DEAD)
    revived: int = dead.update(state=DeliveryState.PENDING, attempts=0, due_at=clock.now())
    return revived


def lag_seconds() -> float:
    """How long the oldest due delivery of this schema has been waiting; 0 when nothing waits."""
    oldest = (
        OutboxDelivery.objects.filter(state=DeliveryState.PENDING)
        .order_by("id")
        .values_list("due_at", flat=True)
        .first()
    )
    return max((clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0
