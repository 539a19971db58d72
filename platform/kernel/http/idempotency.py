"""Idempotency keys: a POST repeated with the same key has one effect and one answer.

The key's row, the request's effects and the stored answer commit in one transaction. A concurrent duplicate waits on
the row's unique index; a crash rolls everything back and frees the key.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.privacy.encryption import decrypt_bytes, encrypt_bytes

KEPT = timedelta(hours=24)
MAX_WAIT_MS = 3_000
LOCK_NOT_AVAILABLE = "55P03"
_PLACE = "kernel_idempotencyrecord.body"

# One message: forget an expired twin, insert or wait for the twin in flight, read what stands there now.
_CLAIM = """
SET LOCAL lock_timeout = %(longest_wait)s;
DELETE FROM kernel_idempotencyrecord WHERE scope = %(scope)s AND key = %(key)s AND created_at < %(expired)s;
INSERT INTO kernel_idempotencyrecord (scope, key, fingerprint, headers, created_at)
VALUES (%(scope)s, %(key)s, %(fingerprint)s, '{}', %(now)s) ON CONFLICT (scope, key) DO NOTHING;
SET LOCAL lock_timeout TO DEFAULT;
SELECT fingerprint, status, headers::text, body FROM kernel_idempotencyrecord WHERE scope = %(scope)s AND key = %(key)s
"""
_STORE = """
UPDATE kernel_idempotencyrecord SET status = %s, headers = %s, body = %s WHERE scope = %s AND key = %s
"""


class KeyInProgress(Conflict):
    code = "idempotency_in_progress"
    title = _("The same request is still being worked on")


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    title = _("The Idempotency-Key belongs to another request")


class KeyMalformed(Invalid):
    code = "idempotency_key_malformed"
    title = _("The Idempotency-Key is malformed")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One use of a key: digest of the credential, the key, digest of the request."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


def ensure_valid_key(key: str) -> str:
    """Return the key if it is 1 to 255 visible ASCII characters. Raises KeyMalformed."""
    if not 1 <= len(key) <= 255 or not all("!" <= character <= "~" for character in key):
        raise KeyMalformed(gettext("Use 1 to 255 visible ASCII characters."), field="Idempotency-Key")
    return key


def digest(*parts: bytes) -> str:
    """Return a SHA-256 over the parts and their lengths, so that different lists cannot collide."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def claim(ticket: Ticket, *, now: datetime) -> StoredAnswer | None:
    """Claim the key for this transaction, or return its stored answer. One database message.

    Waits up to 3 s for a concurrent duplicate. Raises KeyInProgress (the transaction is aborted then) and KeyReused.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("claim() needs a transaction: the key must commit with the effects")
    try:
        fingerprint, status, headers, body = _claim(ticket, now)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        transaction.set_rollback(True)
        raise KeyInProgress(gettext("Wait a moment and repeat it with the same key."), retry_after=1) from error
    if fingerprint != ticket.fingerprint:
        raise KeyReused(gettext("Use a new key for a new request."), field="Idempotency-Key")
    if status is None:
        return None
    return StoredAnswer(status, orjson.loads(headers), _open(body, ticket))


def _claim(ticket: Ticket, now: datetime) -> tuple[str, int | None, str, memoryview | None]:
    parameters: dict[str, str | int | datetime] = {
        "scope": ticket.scope,
        "key": ticket.key,
        "fingerprint": ticket.fingerprint,
        "now": now,
        "expired": now - KEPT,
        "longest_wait": MAX_WAIT_MS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        row: tuple[str, int | None, str, memoryview | None] = cursor.fetchone()
    return row


def store(ticket: Ticket, answer: StoredAnswer) -> None:
    """Store the answer with the effects. Its body is encrypted, since it may contain a new API key."""
    body = encrypt_bytes(answer.body, place=f"{_PLACE}:{ticket.scope}:{ticket.key}").encode()
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [answer.status, orjson.dumps(answer.headers).decode(), body, ticket.scope, ticket.key])
        if cursor.rowcount != 1:
            raise RuntimeError("the claimed key is gone: the request ended in another schema than it began in")


def _open(body: memoryview | None, ticket: Ticket) -> bytes:
    if body is None:
        return b""
    return decrypt_bytes(bytes(body).decode(), place=f"{_PLACE}:{ticket.scope}:{ticket.key}")


def release(ticket: Ticket) -> None:
    """Release the key in the transaction that claimed it, when the answer cannot be stored."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kernel_idempotencyrecord WHERE scope = %s AND key = %s", [ticket.scope, ticket.key])
