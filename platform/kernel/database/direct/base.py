"""Database backend for migrations: `ENGINE = "kernel.database.direct"`."""

from kernel.database.base import DatabaseWrapper as BrandDatabaseWrapper
from kernel.database.cursors import DirectCursor


class DatabaseWrapper(BrandDatabaseWrapper):
    """One schema at a time, set for the session, so that CREATE INDEX CONCURRENTLY and VACUUM can run."""

    cursor_class = DirectCursor
