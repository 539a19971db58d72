"""Advisory locks per brand: their keys include the schema, since advisory locks are shared by the whole database."""

import hashlib

from django.db import connection

from kernel.tenancy.context import current_schema


def lock_key(schema: str, what: str) -> int:
    """Return the key of a brand's lock, a signed 64-bit number."""
    digest = hashlib.blake2b(f"{schema}:{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def take_lock(what: str) -> None:
    """Wait for the lock of the current brand; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(current_schema(), what)])
