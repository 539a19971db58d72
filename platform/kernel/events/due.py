"""Register kinds of periodic or deferred work, and note when a brand has some. An idle brand costs nothing.

Apps register a kind in `tasks.py` with `@due_work` and note it from a service with `note`. The dispatcher queues due
work every ten seconds; the hourly sweep calls `find` for every brand to recover lost notes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zlib import crc32

from celery import current_app as celery

from kernel.core import clock, counters
from kernel.events import due_set
from kernel.events.due_set import Entry
from kernel.events.queue import EVENTS, HOUSEKEEPING, LONG, QUEUES, on_commit_once
from kernel.tenancy.context import current_schema, public_schema_name
from kernel.tenancy.tasks import SCHEMA_HEADER

logger = logging.getLogger(__name__)

Work = Callable[[datetime], datetime | None]
Scope = Literal["brands", "public", "everywhere"]

RUN_TASK: Final = "kernel.events.tasks.run_due"
# Brands per message, and how long one of them may take before its worker counts as dead. Events go one by one, so that
# no brand waits behind another's; so does long work.
BRANDS_PER_MESSAGE: Final = {EVENTS: 1, HOUSEKEEPING: 50, LONG: 1}
LEASE: Final = {EVENTS: timedelta(minutes=3), HOUSEKEEPING: timedelta(minutes=10), LONG: timedelta(minutes=40)}
SPREAD: Final = 12  # parts of its period, or of an hour, over which brands are spread
MAX_MISSED: Final = 10_000


@dataclass(frozen=True)
class Kind:
    """A kind of work. `every` is a period, a time of day in UTC, or None for work that is only noted."""

    name: str
    work: Work
    queue: str
    find: Work | None
    every: timedelta | time | None
    writes: bool
    scope: Scope

    def next_time(self, schema: str, now: datetime) -> datetime | None:
        """Return this schema's next turn, the same for a twelfth of all brands; None without `every`."""
        share = crc32(schema.encode()) % SPREAD
        if self.every is None:
            return None
        if isinstance(self.every, time):
            turn = datetime.combine(now.astimezone(UTC), self.every, UTC) + share * timedelta(hours=1) / SPREAD
            return turn if turn > now else turn + timedelta(days=1)
        offset = datetime(2000, 1, 1, tzinfo=UTC) + share * self.every / SPREAD
        return offset + ((now - offset) // self.every + 1) * self.every

    def covers(self, schema: str) -> bool:
        return self.scope in ("everywhere", "public" if schema == public_schema_name() else "brands")


kinds: dict[str, Kind] = {}
_missed: dict[Entry, float] = {}  # noted while Redis was away


def due_work(
    name: str,
    *,
    queue: str,
    find: Work | None = None,
    every: timedelta | time | None = None,
    writes: bool = True,
    scope: Scope = "brands",
) -> Callable[[Work], Work]:
    """Register a function of `now` as the work `name`; it runs inside the brand, as SYSTEM, and is idempotent.

    It returns its next due time, or None. `find` returns the same without working, in one statement, for the sweep;
    work
    with neither `find` nor `every` is lost with Redis. Work that `writes` skips brands that may not write. A failure is
    logged and retried after five minutes.
    """
    if queue not in QUEUES:
        raise ValueError(f"{name}: there is no queue {queue}")

    def register(work: Work) -> Work:
        if name in kinds:
            raise ValueError(f"two kinds of work are called {name}")
        kinds[name] = Kind(name, work, queue, find, every, writes, scope)
        return work

    return register


def note(kind: str, *, at: datetime | None = None, brand: str | None = None) -> None:
    """Note, on commit, that the brand has work of this kind at `at` (None: now, by a message).

    The brand is the current one, or the owner of the schema `brand`. When Redis fails, the process notes it with its
    next
    call. Raises KeyError for a kind that is not registered.
    """
    on_commit_once(_Note(kinds[kind].name, brand or current_schema(), at))


@dataclass(frozen=True)
class _Note:
    """A pending note. Comparable, so that a transaction notes it once."""

    kind: str
    schema: str
    at: datetime | None

    def __call__(self) -> None:
        entry = Entry(self.kind, self.schema)
        if self.at is None:
            wake(entry)
        else:
            remember({entry: self.at})


def remember(entries: dict[Entry, datetime]) -> None:
    """Note entries now, outside any transaction. Does not raise when Redis fails."""
    due = _missed | {entry: at.timestamp() for entry, at in entries.items()}
    try:
        due_set.add(due)
        _missed.clear()
    except counters.Unreachable as error:
        logger.warning("due work was not noted, and is with the next call: %s", error)
        _missed.update(list(due.items())[:MAX_MISSED])


def wake(entry: Entry) -> None:
    """Queue this work at once. Best effort: the sweep finds the rows otherwise."""
    now = clock.now()
    try:
        if not due_set.promise(entry, now=now.timestamp()):
            return
    except counters.Unreachable:
        remember({entry: now})
        return
    send(kinds[entry.kind], [entry])


def send(kind: Kind, entries: list[Entry]) -> bool:
    """Queue one message for promised entries of one kind; return False, with the entries due again, if that fails."""
    schemas = [entry.schema for entry in entries]
    try:
        # By name: the task stands above this module.
        headers = {SCHEMA_HEADER: public_schema_name()}
        celery.send_task(RUN_TASK, args=[kind.name, schemas], queue=kind.queue, headers=headers, retry=False)
    except Exception:
        logger.warning("%s of %s brands was not queued; the dispatcher will", kind.name, len(schemas), exc_info=True)
        try:
            due_set.hand_back(entries, now=clock.now().timestamp())
        except counters.Unreachable:
            logger.warning("nor noted: it comes back as a lost message")
        return False
    return True
