"""Exchange the connection, or the role, that a block's statements use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

DIRECT = "direct"


class _WithOwner(Protocol):
    """The backend's connection, as `as_owner` sees it."""

    acts_as_owner: bool


@contextmanager
def direct_connection() -> Iterator[BaseDatabaseWrapper]:
    """Let this thread's default connection be a new one to the database itself, past any pooler, for the block.

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


@contextmanager
def as_owner() -> Iterator[None]:
    """Run the block's statements in the present schema as its owner: the login role, not the brand's.

    For definitions, and for the few acts that may remove append-only rows; a test lists who uses it.
    """
    present = cast(_WithOwner, connections[DEFAULT_DB_ALIAS])
    before = present.acts_as_owner
    present.acts_as_owner = True
    try:
        yield
    finally:
        present.acts_as_owner = before
