"""Check for a schema's table of migrations by name, without listing all tables of the database.

Django lists them four times per schema, so migrating N schemas costs N². The look-up by name was nine times faster with
860 schemas.
"""

from django.db.migrations.recorder import MigrationRecorder


def has_table(self: MigrationRecorder) -> bool:
    """Tell whether the current schema has `django_migrations`; queried once per recorder."""
    if not getattr(self, "_has_table", False):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
            row = cursor.fetchone()
        self._has_table = bool(row and row[0])  # type: ignore[attr-defined]
    return bool(self._has_table)  # type: ignore[attr-defined]


def install() -> None:
    MigrationRecorder.has_table = has_table  # type: ignore[method-assign]
