"""Send the role and the search path with each statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

from django.db.utils import NotSupportedError
from psycopg2 import extensions
from psycopg2.sql import Composable

from kernel.database.statements import Kind, kind_of

Statement = str | bytes | Composable
Parameters = Sequence[Any] | Mapping[str, Any] | None


class SchemaSource(Protocol):
    """The connection, which knows the current schema at the time of sending."""

    def search_path(self) -> str:
        """Return the quoted name of the schema. Raises SchemaNotChosen."""
        ...

    def statement_prefix(self) -> str:
        """Return the settings of role and path. Raises SchemaNotChosen."""
        ...


class BrandCursor(extensions.cursor):
    """Send `SET LOCAL ROLE "<role>"; SET LOCAL search_path = "<schema>"; <statement>` as one simple-protocol message.

    Outside a transaction the message is an implicit transaction, so role and path end with it; result, row count and
    description are those of the last statement, the caller's.
    """

    source: SchemaSource

    def execute(self, query: Statement, vars: Parameters = None) -> None:  # noqa: A002 - psycopg2's name
        text = self._text(query)
        # An aborted transaction accepts only ROLLBACK [TO]; a prefix in front of it would fail and hide it.
        if self.connection.get_transaction_status() == extensions.TRANSACTION_STATUS_INERROR:
            return super().execute(text, vars)
        kind = kind_of(text)
        if kind is Kind.ORDINARY:
            return super().execute(self.source.statement_prefix() + text, vars)
        if kind is Kind.DIRECT_ONLY:
            raise NotSupportedError(f'This cannot run in a transaction; use the "direct" connection: {text[:80]}')
        if kind is Kind.DEFINITION:
            self._prepare_lone_statement(text)
        if kind is Kind.SERVER and not self.connection.autocommit:
            # The transaction may stand in a brand's role by now.
            super().execute(self.source.statement_prefix())
        return super().execute(text, vars)

    def executemany(self, query: Statement, vars_list: Iterable[Parameters]) -> None:
        """Run the statement once per set of parameters. psycopg2's own would send it without the path."""
        for parameters in vars_list:
            self.execute(query, parameters)

    def copy_expert(self, sql: Statement, file: Any, size: int = 8192) -> None:
        """COPY in or out, in a transaction only: the path is sent in a separate message."""
        text = self._text(sql)
        self._prepare_lone_statement(text)
        super().copy_expert(text, file, size)

    def callproc(self, *_arguments: object, **_options: object) -> NoReturn:
        """Refuse: psycopg2 would send the call without the path."""
        raise NotSupportedError("Use execute() with SELECT, or copy_expert() in a transaction.")

    copy_from = copy_to = callproc

    def _prepare_lone_statement(self, text: str) -> None:
        if self.connection.autocommit:
            raise NotSupportedError(f'Open a transaction first, or use the "direct" connection: {text[:80]}')
        super().execute(self.source.statement_prefix())

    def _text(self, query: Statement) -> str:
        if isinstance(query, bytes):  # psycopg2.extras.execute_values sends these
            return query.decode(extensions.encodings[self.connection.encoding])
        return query if isinstance(query, str) else query.as_string(self)


class DirectCursor(extensions.cursor):
    """Set the session's path in a separate message, for statements that must be sent alone.

    Only for direct connections. Runs as the owner of all schemas, in no brand's role.
    """

    source: SchemaSource

    def execute(self, query: Statement, vars: Parameters = None) -> None:  # noqa: A002 - psycopg2's name
        if self.connection.get_transaction_status() != extensions.TRANSACTION_STATUS_INERROR:
            super().execute(f"SET search_path = {self.source.search_path()}")
        super().execute(query, vars)

    def executemany(self, query: Statement, vars_list: Iterable[Parameters]) -> None:
        for parameters in vars_list:
            self.execute(query, parameters)

    def copy_expert(self, sql: Statement, file: Any, size: int = 8192) -> None:
        super().execute(f"SET search_path = {self.source.search_path()}")
        super().copy_expert(sql, file, size)
