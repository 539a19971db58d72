"""Run migrations over the direct connection, whatever connection the code they run believes in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

DIRECT = "direct"


@contextmanager
def direct_connection() -> Iterator[BaseDatabaseWrapper]:
    """For the block, let this thread's default connection be a new one to the database itself, past any pooler.

    Migrations' Python code uses `default` without asking, so the connection is exchanged and not merely offered under
    another name. It begins in the present schema. Inside a transaction the present connection stays: a second one
    would not see what is not committed.
    """
    present = connections[DEFAULT_DB_ALIAS]
    if present.in_atomic_block or DIRECT not in connections:
        yield present
        return
    exchanged = connections.create_connection(DIRECT)
    exchanged.alias = DEFAULT_DB_ALIAS
    exchanged.set_tenant(present.tenant)  # type: ignore[attr-defined]
    connections[DEFAULT_DB_ALIAS] = exchanged
    try:
        yield exchanged
    finally:
        connections[DEFAULT_DB_ALIAS] = present
        exchanged.close()
