"""Queue background work: `after_commit("imports.run", job_id)`.

Three queues, each with its own workers: EVENTS for short work that somebody waits for; HOUSEKEEPING for periodic work;
LONG for up to half an hour (imports, exports, archives).
"""

import logging
from dataclasses import dataclass
from typing import Any, Final

from celery import current_app
from django.db import connection, transaction

from kernel.tenancy.context import current_schema, public_schema_name
from kernel.tenancy.tasks import SCHEMA_HEADER, BrandTask, BrandTaskRefused

logger = logging.getLogger(__name__)

EVENTS: Final = "events"
HOUSEKEEPING: Final = "housekeeping"
LONG: Final = "long"
QUEUES: Final = (EVENTS, HOUSEKEEPING, LONG)


class UnknownTask(LookupError):
    """No task is registered under this name."""


@dataclass(frozen=True)
class _Message:
    """A task to queue for a schema. Comparable, so that a transaction queues it once."""

    task: str
    args: tuple[Any, ...]
    schema: str

    def __call__(self) -> None:
        try:
            send(self.task, self.args, self.schema)
        except Exception:
            logger.warning("%s%r of %s was not queued", self.task, self.args, self.schema, exc_info=True)


def after_commit(task: str, *args: object, brand: str | None = None) -> None:
    """Queue the task named `task` when this transaction commits; at once outside one.

    A brand's task runs for the current brand, or for the brand that owns the schema `brand`. Equal tasks of a
    transaction
    are queued once. A broker failure is logged, not raised: work that must not be lost needs a row that a `due_work`
    with
    `find` recovers. Raises UnknownTask, and BrandTaskRefused for a brand's task without a brand.
    """
    known = current_app.tasks.get(task)
    if known is None:
        raise UnknownTask(task)
    schema = brand or current_schema()
    if isinstance(known, BrandTask) and schema == public_schema_name():
        raise BrandTaskRefused(f"{task}: it is queued for no brand")
    on_commit_once(_Message(task, args, schema if isinstance(known, BrandTask) else public_schema_name()))


def send(task: str, args: tuple[Any, ...], schema: str) -> None:
    """Queue a task for a schema now, on its declared queue. Raises the broker's errors."""
    # Without retries: whoever committed must not wait for a broker that is down.
    current_app.tasks[task].apply_async(args=args, headers={SCHEMA_HEADER: schema}, retry=False)


def on_commit_once(action: Any) -> None:
    """Call `action` after the commit, once for equal actions. Exceptions are logged."""
    if not any(entry[1] == action for entry in connection.run_on_commit):
        transaction.on_commit(action, robust=True)
