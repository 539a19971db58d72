"""Insert rows by COPY."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import cast

from django.db import connection
from psycopg2 import sql

ROWS_PER_CHUNK = 30_000

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class _Copying:
    """Methods that the project's cursors have beyond Django's."""

    def copy_expert(self, statement: str, file: object, size: int) -> None: ...


def copy_field(value: object) -> str:
    """Format a value for COPY's text format: None as NULL, tabs and line ends escaped."""
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


def copy_row(values: Iterable[object]) -> str:
    return "\t".join(map(copy_field, values)) + "\n"


def copy_rows(
    table: str, columns: Sequence[str], rows: Iterable[str], *, report: Callable[[], None] | None = None
) -> None:
    """Append rows from `copy_row` to a table of the current schema; `report` is called now and then.

    A thread produces the rows while Postgres writes earlier ones; it must not use the database. Needs a transaction,
    since COPY cannot carry the search path itself.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor:
        text = statement.as_string(cursor.cursor)
        for chunk in read_ahead(_chunks(iter(rows))):
            cast(_Copying, cursor).copy_expert(text, io.BytesIO(chunk), len(chunk))
            if report:
                report()


def _chunks(rows: Iterator[str]) -> Iterator[bytes]:
    while chunk := "".join(islice(rows, ROWS_PER_CHUNK)):
        yield chunk.encode()


def read_ahead(made: Iterator[bytes]) -> Iterator[bytes]:
    """Yield from `made`, producing the next item in a thread. Its exceptions are raised here."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, made, b"")
        while piece := following.result():
            following = thread.submit(next, made, b"")
            yield piece
