"""Background tasks of the kernel: due work and its sweep, the outbox, deletion of old rows."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from kernel.core import health
from kernel.events import outbox, running, worker  # noqa: F401 (the worker's signals)
from kernel.events.due import due_work
from kernel.events.queue import EVENTS, HOUSEKEEPING
from kernel.tenancy.context import current_schema
from kernel.tenancy.tasks import public_task

DELIVERIES_PER_RUN = 100
SECONDS_PER_RUN = 2.0  # then the next brand has its turn
KEEP_MESSAGES = timedelta(days=30)
KEEP_ANSWERS = timedelta(hours=24)
BATCH_SIZE = 2_000  # rows per transaction, so that a long history never holds its locks for long

_OLD_MESSAGES = """
SELECT message.id FROM kernel_outboxmessage AS message
WHERE message.occurred_at < %s AND NOT EXISTS (
    SELECT 1 FROM kernel_outboxdelivery AS delivery
    WHERE delivery.message_id = message.id AND delivery.state <> 'delivered')
ORDER BY message.id LIMIT %s
"""


@public_task(queue=EVENTS)
def dispatch_due() -> int:
    """Queue due work, every ten seconds; return the number of messages. Begins a sweep if Redis lost its data."""
    if run := running.heal_a_loss():
        sweep_brands.delay(run, 0)
    return running.dispatch()


@public_task(queue=HOUSEKEEPING)
def run_due(kind: str, schemas: list[str]) -> int:
    return running.run(kind, schemas)


@public_task(queue=HOUSEKEEPING)
def start_sweep() -> None:
    if run := running.begin_sweep():
        sweep_brands.delay(run, 0)


@public_task(queue=HOUSEKEEPING)
def sweep_brands(run: str, after_id: int) -> None:
    """Sweep the next fifty brands, and queue the next message: at most one exists at a time."""
    if (last := running.sweep(run, after_id=after_id)) is not None:
        sweep_brands.delay(run, last)


@due_work("kernel.look_after", queue=HOUSEKEEPING, writes=False)
def look_after(now: datetime) -> None:
    running.note_lost([current_schema()])


# Effects of what happened while the brand could write, and letters that let people in again: promised is promised.
@due_work(outbox.WORK, queue=EVENTS, find=outbox.next_due, writes=False, scope="everywhere")
def deliver_outbox(now: datetime) -> datetime | None:
    """Run due deliveries of this schema, for at most two seconds; the rest waits for its next turn."""
    health.record_outbox_lag(outbox.lag_seconds())
    outbox.deliver_pending(limit=DELIVERIES_PER_RUN, seconds=SECONDS_PER_RUN)
    return outbox.next_due(now)


# What is to be forgotten is forgotten whoever pays.
@due_work("kernel.forget", queue=HOUSEKEEPING, every=timedelta(days=1), writes=False, scope="everywhere")
def forget_old(now: datetime) -> datetime | None:
    """Delete delivered events after 30 days and stored answers after 24 hours; hourly while there are answers."""
    forget(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(created_at) FROM kernel_idempotencyrecord")
        (oldest,) = cursor.fetchone()
    return max(oldest + KEEP_ANSWERS, now + timedelta(hours=1)) if oldest else None


def forget(now: datetime) -> tuple[int, int]:
    """Delete old events and answers of the current schema, in batches; return the number of each.

    Events with pending or abandoned deliveries stay.
    """
    messages = 0
    while batch := _forget_messages(now - KEEP_MESSAGES):
        messages += batch
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kernel_idempotencyrecord WHERE created_at < %s", [now - KEEP_ANSWERS])
        return messages, cursor.rowcount


@transaction.atomic
def _forget_messages(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OLD_MESSAGES, [before, BATCH_SIZE])
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute("DELETE FROM kernel_outboxdelivery WHERE message_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM kernel_outboxmessage WHERE id = ANY(%s)", [ids])
    return len(ids)
