"""Create brands' database roles and grant their privileges."""

from typing import Protocol

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from kernel.database.append_only import AppendOnly
from kernel.database.roles import quote_role
from kernel.database.schemas import quote_schema
from kernel.database.switching import as_owner

_DEPENDENT_OBJECTS = "2BP01"
# Migrations write it, as the owner.
_READ_ONLY_TABLES = frozenset({"django_migrations"})


class Cursor(Protocol):
    """A cursor of Django or psycopg2."""

    def execute(self, sql: str, params: list[str] | None = None, /) -> object: ...
    def fetchone(self) -> object: ...
    def fetchall(self) -> list[tuple[object, ...]]: ...


def append_only_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))


@transaction.atomic
def grant_schema(schema: str) -> None:
    """Create the role of a brand's schema if missing, and grant its privileges.

    Repeat it in the transaction that adds tables. No effect if DATABASE_BRAND_ROLES is off.
    """
    with as_owner(), connection.cursor() as cursor:
        grant(cursor, schema)


def grant(cursor: Cursor, schema: str) -> None:
    """Grant as `grant_schema` in the transaction of an owner's cursor, one statement per message."""
    if not settings.DATABASE_BRAND_ROLES:
        return
    role = quote_role(schema)
    quoted = quote_schema(schema)
    cursor.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", [role.strip('"')])
    if cursor.fetchone() is None:  # else another database of this server has such a brand, or had one
        cursor.execute(f"CREATE ROLE {role} NOLOGIN")
    cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY tablename", [schema])
    tables = [str(name) for (name,) in cursor.fetchall()]
    cursor.execute(f"GRANT {role} TO CURRENT_USER")
    cursor.execute(f"GRANT USAGE ON SCHEMA {quoted} TO {role}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {quoted} TO {role}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {quoted} TO {role}")
    withheld = {"UPDATE, DELETE": append_only_tables(), "INSERT, UPDATE, DELETE": _READ_ONLY_TABLES}
    for privileges, names in withheld.items():
        if listed := [f'{quoted}."{table}"' for table in tables if table in names]:
            cursor.execute(f"REVOKE {privileges} ON {', '.join(listed)} FROM {role}")


@transaction.atomic
def drop_role(schema: str) -> None:
    """Delete the role of a dropped schema, unless another database of this server still uses it."""
    if not settings.DATABASE_BRAND_ROLES:
        return
    with as_owner(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(f"DROP ROLE IF EXISTS {quote_role(schema)}")
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", None) != _DEPENDENT_OBJECTS:
                raise
