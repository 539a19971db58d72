"""Database backend for requests and tasks: `ENGINE = "kernel.database"`.

django-tenants' own backend sets the search path for the session. Behind a transaction pooler the next statement may run
in another session with another brand's path, which reads and writes foreign rows. Here role and path are sent in the
same message as the statement and end with its transaction.
"""

import select
from datetime import timezone
from typing import Any, ClassVar

from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.utils import NotSupportedError
from django_tenants.postgresql_backend import base as django_tenants
from psycopg2 import extensions

from kernel.database import content_types, recorder
from kernel.database.cursors import BrandCursor, DirectCursor
from kernel.database.operations import DatabaseOperations, DatabaseSchemaEditor
from kernel.database.roles import statement_prefix
from kernel.database.schemas import SchemaNotChosen, quote_schema

_YES = frozenset({"1", "true", "yes", "on"})

content_types.install()
recorder.install()


class DatabaseWrapper(django_tenants.DatabaseWrapper):  # type: ignore[misc]
    """A connection to exactly one schema at a time: `public` or a brand's.

    OPTIONS accepts `pooled: True` (in a URL: `?pooled=1`) for a pooler, which refuses start-up options. There give the
    login role an empty path: `ALTER ROLE … SET search_path = ''`.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
    cursor_class: ClassVar[type[BrandCursor | DirectCursor]] = BrandCursor
    schema_statements: list[str] | None = None  # see DatabaseSchemaEditor
    acts_as_owner: bool = False  # see kernel.database.switching.as_owner

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        # django-tenants' own changes the session's path around each question; Django's needs no help with one schema.
        self.introspection = DatabaseIntrospection(self)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Choose the schema of the following statements. `include_public` is ignored: one schema only."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = False

    def search_path(self) -> str:
        """Return the quoted name of the current schema. Raises SchemaNotChosen."""
        return quote_schema(self._chosen_schema())

    def statement_prefix(self) -> str:
        """Return the SQL ahead of each statement: role and path. Raises SchemaNotChosen."""
        return statement_prefix(self._chosen_schema(), as_owner=self.acts_as_owner)

    def _chosen_schema(self) -> str:
        if not self.schema_name:
            raise SchemaNotChosen("No schema is chosen on this connection; no statement was sent.")
        return str(self.schema_name)

    def get_connection_params(self) -> dict[str, Any]:
        """Start sessions with an empty path, so that a statement outside the cursors finds no table."""
        parameters: dict[str, Any] = super().get_connection_params()
        if str(parameters.pop("pooled", "")).lower() not in _YES:
            parameters["options"] = f"{parameters.get('options', '')} -c search_path=".strip()
        return parameters

    def create_cursor(self, name: str | None = None) -> extensions.cursor:
        """Create a cursor that knows the schema. Named ones would outlive the transaction that set the path."""
        if name is not None:
            raise NotSupportedError("Server-side cursors are off: they do not survive a transaction pooler.")
        cursor = self.connection.cursor(cursor_factory=self.cursor_class)
        cursor.source = self
        # Django's asks Python about each moment that is read; this is C, and of a session in UTC it makes the same.
        cursor.tzinfo_factory = timezone
        return cursor  # type: ignore[no-any-return]

    def chunked_cursor(self) -> Any:
        return self.cursor()

    def is_usable(self) -> bool:
        """Tell whether the server still holds the session, without a query per request.

        When a server ends a session (restart, timeout) it sends a message, so the socket is readable; that of a healthy
        idle
        session is not. Failures that the socket does not show surface at the statement.
        """
        if self.connection is None or self.connection.closed:
            return False
        watch = select.poll()
        watch.register(self.connection.fileno(), select.POLLIN)
        return not watch.poll(0)

    def check_constraints(self, table_names: list[str] | None = None) -> None:
        """Do nothing: foreign keys are immediate."""

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Do nothing: the cursors send the path."""
