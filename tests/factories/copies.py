"""The database a worker tests on: copied from a prepared one, and put right after a test that left rows in it.

What a test commits, `pytest-django` does not roll back. A transactional test works in a brand of its own (fixture
`live_brand`), but the platform's own tables it shares with all others.
"""

import os
from collections.abc import Sequence
from contextlib import closing, suppress
from io import BytesIO
from typing import Any
from zlib import crc32

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2 import sql

from kernel.database import grants
from kernel.tenancy.context import public_schema

ALIASES = ("default", "direct")
_LOCKS = 8_201_502
_SCHEMAS = "public", "t_acme", "t_other"
_Table = tuple[str, str]


def connect_elsewhere(name: str = "postgres") -> Any:
    """A connection besides Django's own, outside the test databases or to one of them; each statement is committed."""
    parameters = connections["default"].get_connection_params()
    wanted = {key: parameters[key] for key in ("user", "password", "host", "port") if parameters.get(key)}
    server = psycopg2.connect(dbname=name, **wanted)
    server.autocommit = True
    return server


def use_database(name: str) -> None:
    """Let both connections lead to this database from now on."""
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name
    connections["direct"].settings_dict["TEST"]["MIRROR"] = None


def hold_template(cursor: Any, name: str) -> None:
    """Keep the template from being dropped while this connection is open."""
    cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_LOCKS, _number_of(name)])


def drop_unused_templates(cursor: Any, *, prefix: str) -> None:
    """Drop the templates of former code that no running tests copy from."""
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    for (name,) in cursor.fetchall():
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, _number_of(name)])
        if cursor.fetchone()[0]:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, _number_of(name)])


def _number_of(name: str) -> int:
    return crc32(name.encode()) - 2**31


class Copy:
    """One worker's database."""

    def __init__(self, template: str, name: str) -> None:
        self.template = template
        self.name = name
        self.role_prefix = ""
        self._rows: dict[_Table, tuple[int, int]] = {}
        self._content: dict[_Table, bytes] = {}

    def create(self) -> None:
        """Copy the template under our name."""
        with closing(connect_elsewhere()) as server, server.cursor() as cursor:
            name, template = sql.Identifier(self.name), sql.Identifier(self.template)
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
        with closing(connect_elsewhere(self.name)) as server, server.cursor() as cursor:
            self._rows = _count_rows(cursor)
            self._content = {table: _copy_out(cursor, table) for table, (rows, _) in self._rows.items() if rows}

    def make_roles(self, prefix: str) -> None:
        """Give the brands of the current database, which is this one, roles that no other database shares."""
        self.role_prefix = prefix
        settings.DATABASE_ROLE_PREFIX = prefix
        os.environ["DATABASE_ROLE_PREFIX"] = prefix  # for the programs that tests start
        with public_schema():
            for schema in _SCHEMAS[1:]:
                grants.grant_schema(schema)

    def drop(self) -> None:
        """Drop the database, whoever is connected to it, and its brands' roles."""
        with closing(connect_elsewhere()) as server, server.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
            if not self.role_prefix:
                return
            cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [self.role_prefix])
            for (role,) in cursor.fetchall():
                with suppress(psycopg2.errors.DependentObjectsStillExist):  # of a database that a test left
                    cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    def restore(self) -> list[str]:
        """Give each table of the platform and the two brands its first rows again; returns those that had others."""
        with closing(connect_elsewhere(self.name)) as server, server.cursor() as cursor:
            found = _count_rows(cursor)
            changed = [table for table, rows in found.items() if rows != self._rows[table]]
            if not changed:
                return []
            cursor.execute("BEGIN; SET LOCAL session_replication_role = replica")  # foreign keys are not looked at
            for table in changed:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))
                if table in self._content:
                    _copy_in(cursor, table, self._content[table])
            cursor.execute("COMMIT")
            self._rows |= _count_rows(cursor, changed)
        return [".".join(table) for table in changed]


def _count_rows(cursor: Any, tables: Sequence[_Table] = ()) -> dict[_Table, tuple[int, int]]:
    """Rows of each table, and the last transaction that wrote one."""
    if not tables:
        cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", [list(_SCHEMAS)])
        tables = cursor.fetchall()
    counts = [
        sql.SQL("SELECT {}, {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}").format(
            sql.Literal(schema), sql.Literal(table), sql.Identifier(schema, table)
        )
        for schema, table in tables
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(counts))
    return {(schema, table): (rows, last) for schema, table, rows, last in cursor.fetchall()}


def _copy_out(cursor: Any, table: _Table) -> bytes:
    content = BytesIO()
    cursor.copy_expert(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*table)), content)
    return content.getvalue()


def _copy_in(cursor: Any, table: _Table, content: bytes) -> None:
    cursor.copy_expert(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(*table)), BytesIO(content))
