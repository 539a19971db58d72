"""Django's entry to the backend: `ENGINE = "kernel.database"`.

django-tenants' own backend sets the search path for the session. Behind a transaction pooler the statement that follows
may run in another session, with the path of another brand; measured, that read and wrote foreign rows by the thousand.
Here role and path travel in the same message as the statement and end with its transaction.
"""

import select
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
    """A connection that serves exactly one schema at a time: `public` or a brand's, never both.

    OPTIONS understands `pooled: True` (in a URL: `?pooled=1`) for a connection through a pooler, which refuses
    start-up options. There let the login role begin with an empty path: `ALTER ROLE … SET search_path = ''`.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
    cursor_class: ClassVar[type[BrandCursor | DirectCursor]] = BrandCursor
    schema_statements: list[str] | None = None  # see DatabaseSchemaEditor
    acts_as_owner: bool = False  # see kernel.database.switching.as_owner

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # django-tenants' own changes the session's path around each question; Django's needs no help with one schema.
        self.introspection = DatabaseIntrospection(self)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Choose the schema of the statements to come. `include_public` is accepted and ignored: one schema only."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = False

    def search_path(self) -> str:
        """Return the quoted name of the current schema. Raises SchemaNotChosen when there is none."""
        return quote_schema(self._chosen_schema())

    def statement_prefix(self) -> str:
        """Return what goes ahead of each statement: role and path. Raises SchemaNotChosen when there is no schema."""
        return statement_prefix(self._chosen_schema(), as_owner=self.acts_as_owner)

    def _chosen_schema(self) -> str:
        if not self.schema_name:
            raise SchemaNotChosen("No schema is chosen on this connection; no statement was sent.")
        return str(self.schema_name)

    def get_connection_params(self) -> dict[str, Any]:
        """Sessions start with an empty path, so that a statement which slips past the cursors finds no table at all."""
        parameters: dict[str, Any] = super().get_connection_params()
        if str(parameters.pop("pooled", "")).lower() not in _YES:
            parameters["options"] = f"{parameters.get('options', '')} -c search_path=".strip()
        return parameters

    def create_cursor(self, name: str | None = None) -> extensions.cursor:
        """A cursor that knows this connection's schema. Named ones would outlive the transaction that set the path."""
        if name is not None:
            raise NotSupportedError("Server-side cursors are off: they do not survive a transaction pooler.")
        cursor = self.connection.cursor(cursor_factory=self.cursor_class)
        cursor.source = self
        cursor.tzinfo_factory = self.tzinfo_factory
        return cursor  # type: ignore[no-any-return]

    def chunked_cursor(self) -> Any:
        return self.cursor()

    def is_usable(self) -> bool:
        """Tell whether the server still holds the session, without asking it on every request.

        A server that ended the session (restart, timeout) has sent word of it, so the socket has something to read; a
        healthy idle one has nothing. What a look at the socket cannot see fails at the statement, as it would a moment
        after any question.
        """
        if self.connection is None or self.connection.closed:
            return False
        watch = select.poll()
        watch.register(self.connection.fileno(), select.POLLIN)
        return not watch.poll(0)

    def check_constraints(self, table_names: list[str] | None = None) -> None:
        """Foreign keys are immediate: there is never one left to check."""

    def _handle_search_path(self, cursor: Any = None) -> None:
        """The cursors carry the path."""
