"""Exchange the connection or the role for the statements of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

DIRECT = "direct"


class _WithOwner(Protocol):
    """Attributes of the backend's connection that `as_owner` needs."""

    acts_as_owner: bool


@contextmanager
def direct_connection() -> Iterator[BaseDatabaseWrapper]:
    """Replace this thread's default connection by a new one past any pooler, for the block.

    Migrations' Python code uses `default`, so that connection itself is replaced. It starts in the current schema.
    Inside
    a transaction the current connection stays: a second one would not see uncommitted rows.
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


@contextmanager
def as_owner() -> Iterator[None]:
    """Run the block's statements in the current schema as its owner: the login role, not the brand's.

    For DDL, and for the few acts that may delete append-only rows; a test lists the callers.
    """
    present = cast(_WithOwner, connections[DEFAULT_DB_ALIAS])
    before = present.acts_as_owner
    present.acts_as_owner = True
    try:
        yield
    finally:
        present.acts_as_owner = before
