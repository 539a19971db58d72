"""Look a schema's table of migrations up by name, without listing every table of the database.

Django lists all of them, four times per schema, so that migrating N schemas costs N². One look-up by name made it nine
times faster with 860 schemas.
"""

from django.db.migrations.recorder import MigrationRecorder


def has_table(self: MigrationRecorder) -> bool:
    """Tell whether the current schema has `django_migrations`; asked once per recorder."""
    if not getattr(self, "_has_table", False):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
            row = cursor.fetchone()
        self._has_table = bool(row and row[0])  # type: ignore[attr-defined]
    return bool(self._has_table)  # type: ignore[attr-defined]


def install() -> None:
    MigrationRecorder.has_table = has_table  # type: ignore[method-assign]
