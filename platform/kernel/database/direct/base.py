"""Django's entry to the direct backend."""

from kernel.database.base import DatabaseWrapper as BrandDatabaseWrapper
from kernel.database.cursors import DirectCursor


class DatabaseWrapper(BrandDatabaseWrapper):
    """One schema at a time as well, set for the session, so that CREATE INDEX CONCURRENTLY and VACUUM can run."""

    cursor_class = DirectCursor
