"""Choose and write the tables of a full export.

The tables come from the database's catalogue, so that new ones are exported automatically; exclusions are listed here
and in the export's README.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import app_labels
from psycopg2 import extensions, sql

from kernel.core.errors import Text
from kernel.files.spreadsheets import FORMULA_STARTS, escape_cell
from kernel.privacy import encryption
from shared_apps.tenants.services import snapshots

_SESSIONS = _("who is signed in")
_ONE_TIME = _("keys to doors that open once")
_ANSWERS = _("answers kept for repeats")
_QUEUE = _("work that is queued inside the system")
_BOOKKEEPING = _("bookkeeping of the software itself")
LEFT_OUT_TABLES: Final[Mapping[str, Text]] = {
    "accounts_onetimetoken": _ONE_TIME,
    "django_content_type": _BOOKKEEPING,
    "django_migrations": _BOOKKEEPING,
    "django_session": _SESSIONS,
    "kernel_idempotencyrecord": _ANSWERS,
    "kernel_outboxdelivery": _QUEUE,
    "kernel_outboxmessage": _QUEUE,
}
# Whoever finds the file must not be able to sign in with it.
_SECRET: Final = re.compile(r"(?:.*_)?(?:password|secret|token|signing_key)\Z|digest\Z|totp_last_step\Z")

_COLUMNS = """
SELECT attribute.attname, pg_catalog.format_type(attribute.atttypid, NULL), coalesce(key.place, 0)
FROM pg_catalog.pg_attribute AS attribute
LEFT JOIN (
    SELECT indrelid, member.attnum, member.place FROM pg_catalog.pg_index,
    LATERAL unnest(indkey::int2[]) WITH ORDINALITY AS member (attnum, place) WHERE indisprimary
) AS key ON key.indrelid = attribute.attrelid AND key.attnum = attribute.attnum
WHERE attribute.attrelid = %s::regclass AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY attribute.attnum
"""
_EVERY_ROW: Final = sql.SQL("true")
_NUMBER = r"^[+-]([0-9]+\.?[0-9]*|\.[0-9]+)$"


class Sink(Protocol):
    """Receiver of bytes."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Column:
    """One column. `place_in_key` counts from 1 and is 0 outside the primary key."""

    name: str
    type: str
    place_in_key: int = 0
    encrypted: bool = False


@dataclass(frozen=True)
class Table:
    """An exported table: columns in the file's order, encrypted ones last; and the excluded columns."""

    name: str
    columns: tuple[Column, ...]
    secrets: tuple[str, ...]
    model: type[Model] | None


def list_tables(cursor: extensions.cursor, schema: str) -> list[Table]:
    models = brand_models()
    names = [name for name in snapshots.tables_of(cursor, schema) if name not in LEFT_OUT_TABLES]
    return [describe_table(cursor, schema, name, models.get(name)) for name in names]


def brand_models() -> dict[str, type[Model]]:
    labels = set(app_labels(settings.TENANT_APPS))
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if model._meta.app_label in labels}


def copy_table(cursor: extensions.cursor, schema: str, table: Table, sink: Sink) -> int:
    """Write a table as CSV with a heading, streamed from the server; return the number of rows.

    Times are ISO 8601 in the session's zone, booleans `true`/`false`, bytes base64; text that a spreadsheet program
    would
    run as a formula gets an apostrophe. Raises DecryptionFailed.
    """
    decrypted = [column.name for column in table.columns if column.encrypted]
    rows = _DecryptingRows(sink, table.name, decrypted) if decrypted else sink
    cursor.copy_expert(copy_query(schema, table), rows)
    return cursor.rowcount


def copy_query(schema: str, table: Table, *, where: sql.Composable = _EVERY_ROW) -> sql.Composed:
    """Build the COPY statement of a table, or of its rows (`this_row`) that match `where`."""
    cells = [
        sql.SQL("{cell} AS {name}").format(cell=_cell(column), name=sql.Identifier(column.name))
        for column in table.columns
    ]
    key = sorted((column for column in table.columns if column.place_in_key), key=lambda column: column.place_in_key)
    order = [sql.SQL("this_row.{}").format(sql.Identifier(column.name)) for column in key]
    return sql.SQL(
        "COPY (SELECT {cells} FROM {table} AS this_row WHERE {where} {order}) TO STDOUT (FORMAT csv, HEADER true)"
    ).format(
        where=where,
        cells=sql.SQL(", ").join(cells),
        table=sql.Identifier(schema, table.name),
        order=sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(order)) if order else sql.SQL(""),
    )


def describe_table(cursor: extensions.cursor, schema: str, name: str, model: type[Model] | None) -> Table:
    encrypted = {field.column for field in encryption.encrypted_fields(model)} if model is not None else set()
    cursor.execute(_COLUMNS, [f'"{schema}"."{name}"'])
    found = [
        Column(str(column), str(kind), int(place), column in encrypted) for column, kind, place in cursor.fetchall()
    ]
    secrets = tuple(column.name for column in found if _SECRET.match(column.name))
    shown = sorted((column for column in found if column.name not in secrets), key=lambda column: column.encrypted)
    return Table(name, tuple(shown), secrets, model)


def _cell(column: Column) -> sql.Composable:
    """Build the SQL that formats a value; the server is faster at it than Python."""
    value = sql.SQL("this_row.{}").format(sql.Identifier(column.name))
    if column.type == "timestamp with time zone":
        return sql.SQL("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.USTZH:TZM')").format(value)
    if column.type == "bytea":
        return sql.SQL("encode({}, 'base64')").format(value)
    if column.type == "boolean":
        return sql.SQL("{}::text").format(value)
    if column.type in {"text", "character varying"} and not column.encrypted:
        return sql.SQL(
            "CASE WHEN left({value}, 1) IN ({starts}) AND {value} !~ {number} THEN '''' || {value} ELSE {value} END"
        ).format(value=value, starts=sql.SQL(", ").join(map(sql.Literal, FORMULA_STARTS)), number=sql.Literal(_NUMBER))
    return value


class _DecryptingRows:
    """Decrypt the ciphertexts at the end of each row. psycopg2 writes one row at a time, the heading first."""

    def __init__(self, sink: Sink, table: str, columns: list[str]) -> None:
        self._sink = sink
        self._places = [f"{table}.{column}" for column in columns]
        self._heading = True

    def write(self, row: bytes) -> None:
        """Split at the last commas, since ciphertexts contain neither commas nor quotes."""
        if self._heading:
            self._heading = False
            self._sink.write(row)
            return
        head, *sealed = row.rstrip(b"\n").rsplit(b",", len(self._places))
        opened = [self._open(text.decode(), place) for text, place in zip(sealed, self._places, strict=True)]
        self._sink.write(b",".join([head, *opened]) + b"\n")

    def _open(self, sealed: str, place: str) -> bytes:
        if sealed in {"", '""'}:  # null, and the empty text
            return sealed.encode()
        text = escape_cell(encryption.decrypt(sealed, place=place)).replace('"', '""')
        return f'"{text}"'.encode()
