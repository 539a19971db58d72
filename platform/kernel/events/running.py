"""Run due work: claim it, enter its brand, and sweep for lost work."""

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from django.core.exceptions import ObjectDoesNotExist

from kernel.core import clock
from kernel.events import brands, due, due_set
from kernel.events.due import Kind
from kernel.events.due_set import Entry
from kernel.events.queue import EVENTS
from kernel.tenancy.actors import SYSTEM, acting_as
from kernel.tenancy.context import (
    enter_brand,
    is_public,
    list_ready_brands,
    may_write,
    public_schema,
    public_schema_name,
)

logger = logging.getLogger(__name__)

CLAIMED_AT_ONCE: Final = 1_000
MESSAGE_SECONDS: Final = 60.0  # a message of fifty brands gives the rest back after this
RETRY_AFTER: Final = timedelta(minutes=5)
BUSY_PAUSE: Final = timedelta(seconds=30)
BRANDS_PER_SWEEP: Final = 50
LOST_SPREAD: Final = timedelta(minutes=5)


# --- the dispatcher ----------------------------------------------------------------------------------------------


def dispatch() -> int:
    """Queue all due work, fifty brands per message for housekeeping; return the number of messages."""
    sent = 0
    while True:
        claimed = due_set.claim(now=clock.now().timestamp(), limit=CLAIMED_AT_ONCE)
        sent += _send(claimed)
        if len(claimed) < CLAIMED_AT_ONCE:
            return sent


def _send(claimed: Sequence[Entry]) -> int:
    by_kind: dict[str, list[Entry]] = defaultdict(list)
    for entry in claimed:
        by_kind[entry.kind].append(entry)
    sent = 0
    for name, entries in by_kind.items():
        kind = due.kinds.get(name)
        if kind is None:  # of a former release
            logger.warning("nobody knows the due work %s", name)
            continue
        sent += sum(due.send(kind, part) for part in _parts(entries, due.BRANDS_PER_MESSAGE[kind.queue]))
    return sent


def _parts(entries: list[Entry], size: int) -> Iterator[list[Entry]]:
    return (entries[start : start + size] for start in range(0, len(entries), size))


# --- the worker --------------------------------------------------------------------------------------------------


def run(kind_name: str, schemas: Sequence[str]) -> int:
    """Do work of one kind in these schemas, and hand back those that time does not allow; return how many ran."""
    kind = due.kinds[kind_name]
    entries = [Entry(kind_name, schema) for schema in schemas]
    if len(entries) > 1:
        brands.prefetch(schemas)
    began = time.monotonic()
    for done, entry in enumerate(entries):
        if time.monotonic() - began > MESSAGE_SECONDS:
            due_set.hand_back(entries[done:], now=clock.now().timestamp())
            return done
        _run_entry(kind, entry)
    return len(entries)


def _run_entry(kind: Kind, entry: Entry) -> None:
    now = clock.now()
    seconds = due.LEASE[kind.queue].total_seconds()
    lease = due_set.begin(entry, now=now.timestamp(), seconds=seconds, alone=kind.queue != EVENTS)
    if lease is None:
        due.remember({entry: now + BUSY_PAUSE})
        return
    again = _work(kind, entry.schema, now)
    due_set.finish(lease)
    if again is None:
        return
    if again <= clock.now():
        due.wake(entry)  # behind all that wait in the queue: no brand's crowd delays another's first
    else:
        due.remember({entry: again})


def _work(kind: Kind, schema: str, now: datetime) -> datetime | None:
    try:
        with inside(schema) as is_ready:
            if not is_ready:
                return None
            turn = kind.next_time(schema, now)
            if kind.writes and not is_public() and not may_write():
                logger.info("%s skipped: %s may not write now", kind.name, schema)
                return turn
            asked = kind.work(now)
    except Exception:
        logger.exception("%s failed in %s", kind.name, schema)
        return now + RETRY_AFTER
    return min((moment for moment in (turn, asked) if moment is not None), default=None)


@contextmanager
def inside(schema: str) -> Iterator[bool]:
    """Run the block in a schema, as SYSTEM; yields False for a brand that is deleted, not set up or archived."""
    with public_schema(), acting_as(SYSTEM):
        if schema == public_schema_name():
            yield True
            return
        try:
            brand = brands.find_brand(schema)
        except ObjectDoesNotExist:
            yield False
            return
        if not brand.is_ready:
            yield False
            return
        enter_brand(brand)
        yield True


# --- the sweep ---------------------------------------------------------------------------------------------------


def heal_a_loss() -> str | None:
    """Begin a sweep if Redis restarted or lost its data; return the sweep's name."""
    server = due_set.server_id()
    if due_set.is_complete(server):
        return None
    due_set.end_sweep()  # one that was under way may have noted its first brands in what is lost
    run = begin_sweep()
    due_set.mark_complete(server)
    return run


def begin_sweep() -> str | None:
    """Lease a sweep; return its name, or None while another one runs."""
    run = secrets.token_hex(6)
    return run if due_set.begin_sweep(run) else None


def sweep(run: str, *, after_id: int) -> int | None:
    """Note lost work in public (first) and in the next fifty brands.

    Returns the last brand's id; None at the end or when another sweep took over.
    """
    if not due_set.continue_sweep(run):
        return None
    found = list_ready_brands(after_id=after_id, limit=BRANDS_PER_SWEEP)
    schemas = [brand.schema_name for brand in found]
    note_lost([public_schema_name(), *schemas] if after_id == 0 else schemas)
    if len(found) < BRANDS_PER_SWEEP:
        due_set.end_sweep()
        return None
    return int(found[-1].pk)


def note_lost(schemas: Sequence[str]) -> None:
    """Note all due work that these schemas' rows show, and all periodic work that was not noted."""
    now = clock.now()
    asked: dict[Entry, datetime] = {}
    periodic: dict[Entry, float] = {}
    brands.prefetch([schema for schema in schemas if schema != public_schema_name()])
    for schema in schemas:
        share = crc32(schema.encode()) % due.SPREAD
        for kind in due.kinds.values():
            if kind.every is not None and kind.covers(schema):
                periodic[Entry(kind.name, schema)] = (now + share * LOST_SPREAD).timestamp()
        asked |= _ask(schema, now)
    due.remember(asked)
    due_set.add_missing(periodic)


def _ask(schema: str, now: datetime) -> dict[Entry, datetime]:
    asked = {}
    try:
        with inside(schema) as is_ready:
            for kind in due.kinds.values() if is_ready else ():
                if kind.find is not None and kind.covers(schema) and (at := kind.find(now)) is not None:
                    asked[Entry(kind.name, schema)] = at
    except Exception:
        logger.exception("the sweep failed in %s", schema)
    return asked
