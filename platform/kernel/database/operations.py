"""Make foreign keys immediate, and name them by table and column.

Django's foreign keys are deferred to the commit. On Citus a violation found there is an internal error, or for
INSERT … SELECT a commit that succeeds with the rows missing.
"""

import re
from typing import Any

from django.db.backends.ddl_references import ForeignKeyName
from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgresSchemaEditor

from kernel.database import names

_PREFIX = re.compile(r'\ASET LOCAL ROLE (?:NONE|"[^"]*"); SET LOCAL search_path = "[^"]*"; ')


class DatabaseOperations(PostgresOperations):
    def deferrable_sql(self) -> str:
        """Return the suffix of foreign keys: deferrable for names that must be, immediate otherwise."""
        return " DEFERRABLE INITIALLY IMMEDIATE"

    def max_name_length(self) -> int:
        return names.MAX_LENGTH

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        executed = super().last_executed_query(cursor, sql, params)
        return _PREFIX.sub("", executed or "")


class DatabaseSchemaEditor(PostgresSchemaEditor):
    """Schema editor for immediate constraints, which sends each statement alone.

    A list in the connection's `schema_statements` collects the executed statements, to replay them elsewhere.
    """

    sql_create_column_inline_fk = "CONSTRAINT %(name)s REFERENCES %(to_table)s(%(to_column)s)%(deferrable)s"
    sql_delete_fk = "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"
    sql_update_with_default = "UPDATE %(table)s SET %(column)s = %(default)s WHERE %(column)s IS NULL"

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Send one statement with its parameters interpolated."""
        text = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
        noted = getattr(self.connection, "schema_statements", None)
        if noted is not None and not self.collect_sql:
            noted.append(text)
        super().execute(text, None)

    def _fk_constraint_name(self, model: Any, field: Any, suffix: str) -> ForeignKeyName:
        """Replace Django's name, which contains a hash and the other table's name."""
        name: ForeignKeyName = super()._fk_constraint_name(model, field, suffix)  # type: ignore[misc]
        name.create_fk_name = lambda table, columns, _suffix: self.quote_name(names.foreign_key_name(table, columns[0]))
        return name
