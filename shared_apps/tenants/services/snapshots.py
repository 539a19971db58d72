"""Read a brand's schema in one snapshot, in separate sessions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from django.db import connections
from django.utils.translation import gettext_lazy as _
from psycopg2 import extensions, sql

from kernel.core.errors import Conflict
from kernel.database.schemas import quote_schema
from kernel.database.switching import DIRECT

# What a row looks like as text must not depend on who asks, and when.
_PLAIN_TEXT = """
SET {scope} TimeZone = 'UTC'; SET {scope} DateStyle = 'ISO, MDY'; SET {scope} IntervalStyle = 'postgres';
SET {scope} extra_float_digits = 1; SET {scope} bytea_output = 'hex'; SET {scope} statement_timeout = 0;
SET {scope} idle_in_transaction_session_timeout = 0
"""
_TABLES = """
SELECT class.relname FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE namespace.nspname = %s AND class.relkind IN ('r', 'p') AND NOT class.relispartition
ORDER BY class.relname
"""


class BrandBusy(Conflict):
    code = "brand_busy"
    title = _("This brand is being archived, restored or exported. Try again when that is done.")


@dataclass(frozen=True)
class TableContent:
    """A table's number of rows, and a digest of them independent of their order."""

    rows: int
    digest: str


Content = Mapping[str, TableContent]


@contextmanager
def own_session() -> Iterator[extensions.connection]:
    """Open a direct session to the database, past any pooler and outside our transactions, in autocommit.

    It bypasses Django and has an empty search path; uncommitted changes are lost at its end.
    """
    wrapper = connections.create_connection(DIRECT)
    wrapper.connect()
    try:
        session: extensions.connection = wrapper.connection
        with session.cursor() as cursor:
            use_text_output(cursor, scope="SESSION")
        yield session
    finally:
        wrapper.close()


@contextmanager
def exclusive_session(schema: str, *, purpose: str) -> Iterator[extensions.connection]:
    """Open the only session for this schema and purpose; the end of the process frees it. Raises BrandBusy."""
    with own_session() as session:
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"{purpose} {schema}"])
            if cursor.fetchone() != (True,):
                raise BrandBusy
        yield session


@contextmanager
def read_only_snapshot(session: extensions.connection) -> Iterator[extensions.cursor]:
    with session.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield cursor
        finally:
            if not session.closed:
                cursor.execute("ROLLBACK")


@contextmanager
def rolled_back(session: extensions.connection) -> Iterator[extensions.cursor]:
    with session.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield cursor
        finally:
            if not session.closed:
                cursor.execute("ROLLBACK")


def use_text_output(cursor: extensions.cursor, *, scope: Literal["SESSION", "LOCAL"] = "LOCAL") -> None:
    """Set the output formats for the rest of this transaction (or session)."""
    cursor.execute(_PLAIN_TEXT.format(scope=scope))


def tables_of(cursor: extensions.cursor, schema: str) -> list[str]:
    cursor.execute(_TABLES, [schema])
    return [str(name) for (name,) in cursor.fetchall()]


def content_of(cursor: extensions.cursor, schema: str) -> dict[str, TableContent]:
    """Count and digest every table of the schema, in one statement that reads every row."""
    tables = tables_of(cursor, schema)
    if not tables:
        return {}
    cursor.execute(sql.SQL(" UNION ALL ").join(_content_query(schema, table) for table in tables))
    return {str(table): TableContent(int(rows), str(digest)) for table, rows, digest in cursor.fetchall()}


def differences(expected: Content, found: Content) -> list[str]:
    """List differences of two contents, as `orders_order: 12 rows, not 13`; empty when they are equal."""
    said = []
    for table in sorted(expected.keys() | found.keys()):
        before = expected.get(table)
        after = found.get(table)
        if before is None or after is None:
            said.append(f"{table}: {'missing' if after is None else 'unexpected'}")
        elif before.rows != after.rows:
            said.append(f"{table}: {after.rows} rows, not {before.rows}")
        elif before != after:
            said.append(f"{table}: other rows")
    return said


def _content_query(schema: str, table: str) -> sql.Composed:
    quote_schema(schema)  # refuses what is no schema of ours
    return sql.SQL(
        "SELECT {label}, count(*), coalesce(sum(hashtextextended(this_row::text, 0)::numeric), 0)::text"
        " FROM {table} AS this_row"
    ).format(label=sql.Literal(table), table=sql.Identifier(schema, table))
