"""Document numbers per kind and day: SO20261121-000001. Unique and, since they commit with the document, gap-free."""

import re
from datetime import date

from django.db import connection

_KIND = re.compile(r"[A-Z]{1,12}")

# The upsert locks the series' row until the transaction ends: the next taker waits, a rollback gives the number back.
_TAKE = """
INSERT INTO kernel_numberseries (kind, day, last) VALUES (%s, %s, 1)
ON CONFLICT (kind, day) DO UPDATE SET last = kernel_numberseries.last + 1
RETURNING last
"""
_TAKE_MANY = """
INSERT INTO kernel_numberseries (kind, day, last) VALUES (%(kind)s, %(day)s, %(count)s)
ON CONFLICT (kind, day) DO UPDATE SET last = kernel_numberseries.last + EXCLUDED.last
RETURNING last
"""


def take_number(*, kind: str, day: date) -> str:
    """Take the next number of `kind` (capital letters) on `day`, such as `SO20261121-000001`. One statement.

    Other transactions that number the same kind and day wait from here until the commit, so take the number as late as
    possible. Raises RuntimeError outside a transaction: a failure would lose the number.
    """
    ensure_numberable(kind)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [kind, day])
        (last,) = cursor.fetchone()
    return format_number(kind, day, last)


def take_numbers(*, kind: str, day: date, count: int) -> list[str]:
    """Take `count` (≥ 1) consecutive numbers, as `take_number`. One statement."""
    ensure_numberable(kind)
    if count < 1:
        raise ValueError(f"a count of numbers is positive, not {count}")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_MANY, {"kind": kind, "day": day, "count": count})
        (last,) = cursor.fetchone()
    return [format_number(kind, day, number) for number in range(last - count + 1, last + 1)]


def ensure_numberable(kind: str) -> None:
    """Raises RuntimeError outside a transaction, ValueError unless `kind` is 1 to 12 capital letters."""
    if not connection.in_atomic_block:
        raise RuntimeError("a number needs a transaction: it must commit with its document")
    if not _KIND.fullmatch(kind):
        raise ValueError(f"a kind of document is 1 to 12 capital letters, not {kind!r}")


def format_number(kind: str, day: date, number: int) -> str:
    return f"{kind}{day:%Y%m%d}-{number:06d}"
