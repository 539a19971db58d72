"""The floor's background work: delivering the outbox, sweeping up what a crash left, forgetting what is old."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from kernel.core import clock, health
from kernel.events import outbox
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task

DELIVERIES_PER_RUN = 500
KEEP_MESSAGES = timedelta(days=30)
KEEP_ANSWERS = timedelta(hours=24)
PIECE = 2_000  # rows per transaction, so that a long history never holds its locks for long

_OLD_MESSAGES = """
SELECT message.id FROM kernel_outboxmessage AS message
WHERE message.occurred_at < %s AND NOT EXISTS (
    SELECT 1 FROM kernel_outboxdelivery AS delivery
    WHERE delivery.message_id = message.id AND delivery.state <> 'delivered')
ORDER BY message.id LIMIT %s
"""


# Effects of what happened while the brand could write, and letters that let people in again: promised is promised.
@brand_task(writes=False)
def deliver_outbox() -> int:
    """Run this brand's due deliveries; a rest beyond 500 is left to the next message or the sweeper."""
    health.note_outbox_lag(outbox.lag_seconds())
    return outbox.deliver_pending(limit=DELIVERIES_PER_RUN)


@public_task
def deliver_public_outbox() -> int:
    """Run the due deliveries of the platform's own outbox."""
    return outbox.deliver_pending(limit=DELIVERIES_PER_RUN)


@public_task
def sweep_outboxes() -> int:
    """Every 30 seconds: have public and each ready brand deliver what was not delivered on commit.

    Returns how many brands were asked.
    """
    outbox.deliver_pending(limit=DELIVERIES_PER_RUN)
    return for_each_ready_brand(deliver_outbox)


@brand_task(writes=False)  # what is to be forgotten is forgotten whoever pays
def forget_old() -> None:
    """Forget this brand's delivered events after 30 days and stored answers after 24 hours."""
    forget(clock.now())


@public_task
def forget_everywhere() -> int:
    """Every hour: have public and each ready brand forget what is old, spread over ten minutes."""
    forget(clock.now())
    return for_each_ready_brand(forget_old, spread_seconds=600)


def forget(now: datetime) -> tuple[int, int]:
    """Delete old events and answers of the current schema, in pieces; returns how many of each.

    Events that some handler has not managed, or that were given up, stay.
    """
    messages = 0
    while piece := _forget_messages(now - KEEP_MESSAGES):
        messages += piece
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kernel_idempotencyrecord WHERE created_at < %s", [now - KEEP_ANSWERS])
        return messages, cursor.rowcount


@transaction.atomic
def _forget_messages(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OLD_MESSAGES, [before, PIECE])
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute("DELETE FROM kernel_outboxdelivery WHERE message_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM kernel_outboxmessage WHERE id = ANY(%s)", [ids])
    return len(ids)
