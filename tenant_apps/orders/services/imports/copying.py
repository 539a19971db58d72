"""COPY: the fastest way of rows into a table."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

from django.db import connection
from psycopg2 import sql

ROWS_PER_CHUNK = 4_000
READ_SIZE = 1_048_576


class _RowStream:
    """Rows as the text format of COPY, made while Postgres reads them."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self._chunks = self._encode(iter(rows))
        self._rest = b""

    def _encode(self, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
        while chunk := list(islice(rows, ROWS_PER_CHUNK)):
            yield "".join(["\t".join(map(_field, row)) + "\n" for row in chunk]).encode()

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        if size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if type(value) is str:
        return value if value.isalnum() else value.translate(_ESCAPES)
    return str(value)


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows to a table of the current schema. Needs a transaction: COPY cannot carry the search path itself."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor:
        text = statement.as_string(cursor.cursor)
        cast("_Copying", cursor).copy_expert(text, _RowStream(rows), READ_SIZE)


class _Copying:
    def copy_expert(self, statement: str, file: object, size: int) -> None: ...
