"""Fields encrypted at rest: AES-256-GCM under a key ring from the environment.

A ciphertext is `<version><key id>.<base64 of nonce + data + tag>` and bound to its place: schema, table and column are
authenticated, so a value copied to another brand or column cannot be decrypted. The first key encrypts, all of them
decrypt; rotation puts a new key in front, re-encrypts, and removes the old one.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models.functions import Cast

from kernel.tenancy.context import current_schema

VERSION = "e1"
NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class DecryptionFailed(RuntimeError):
    """The ciphertext was altered or moved, or its key is not on the ring."""


@lru_cache(maxsize=4)
def parse_key_ring(text: str) -> Mapping[str, AESGCM]:
    """Parse `id:base64,id:base64`, in order. A key is 32 random bytes; raises ImproperlyConfigured."""
    ring: dict[str, AESGCM] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        identity, _, encoded = part.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ImproperlyConfigured(f"ENCRYPTION_KEYS: key “{identity}” is not base64") from None
        if len(secret) != 32:
            raise ImproperlyConfigured(f"ENCRYPTION_KEYS: key “{identity}” has {len(secret)} bytes and needs 32")
        if not _KEY_ID.fullmatch(identity) or identity in ring:
            raise ImproperlyConfigured(f"ENCRYPTION_KEYS: the key id “{identity}” is empty, odd or used twice")
        ring[identity] = AESGCM(_derive(secret))
    if not ring:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty: set it to id:base64-of-32-random-bytes")
    return ring


def _derive(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"banyan field encryption").derive(secret)


def _ring() -> Mapping[str, AESGCM]:
    return parse_key_ring(settings.ENCRYPTION_KEYS)


def newest_key_id() -> str:
    return next(iter(_ring()))


def _bound(place: str) -> bytes:
    return f"{current_schema()}\x1f{place}".encode()


def encrypt_bytes(data: bytes, *, place: str) -> str:
    """Encrypt for one place (such as `agents_agent.id_number`) of the current schema."""
    identity, key = next(iter(_ring().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + key.encrypt(nonce, data, _bound(place))
    return f"{VERSION}{identity}.{base64.b64encode(sealed).decode()}"


def decrypt_bytes(ciphertext: str, *, place: str) -> bytes:
    identity = key_id_of(ciphertext)
    key = _ring().get(identity)
    if key is None:
        raise DecryptionFailed(f"{place}: the key “{identity}” is not on the ring")
    try:
        sealed = base64.b64decode(ciphertext.partition(".")[2], validate=True)
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(place))
    except (InvalidTag, ValueError, binascii.Error):
        raise DecryptionFailed(f"{place}: altered, or moved from another place") from None


def encrypt(text: str, *, place: str) -> str:
    return encrypt_bytes(text.encode(), place=place)


def decrypt(ciphertext: str, *, place: str) -> str:
    return decrypt_bytes(ciphertext, place=place).decode()


def key_id_of(ciphertext: str) -> str:
    """Return the id of the key a ciphertext was made with. Raises DecryptionFailed for anything else."""
    head, dot, _ = ciphertext.partition(".")
    if not dot or not head.startswith(VERSION) or not _KEY_ID.fullmatch(head[len(VERSION) :]):
        raise DecryptionFailed("this is not a ciphertext")
    return head[len(VERSION) :]


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:  # Django's fields are generic in their stubs only
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Text in Python, a ciphertext in the database. It cannot be searched; "" stays ""."""

    @property
    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text, place=self.place) if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value, place=self.place) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow only `isnull`: ciphertexts of equal texts differ, so any other comparison is a bug."""
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is encrypted and cannot be compared in the database")
        return super().get_lookup(lookup_name)


def encrypted_fields(model: type[models.Model]) -> list[EncryptedTextField]:
    return [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]


def reencrypt(model: type[models.Model], field: str, *, batch_size: int = 500) -> int:
    """Re-encrypt one field of the current schema with the newest key, in batches; return the number of changed rows.

    Safe beside running writers (rows are locked batch by batch) and to repeat. Raises DecryptionFailed at the first
    undecryptable row.
    """
    changed = 0
    last = 0
    while True:
        piece, last = _reencrypt_batch(model, field, after=last, batch_size=batch_size)
        if last < 0:
            return changed
        changed += piece


@transaction.atomic
def _reencrypt_batch(model: type[models.Model], field: str, *, after: int, batch_size: int) -> tuple[int, int]:
    newest = newest_key_id()
    column = model._meta.get_field(field).column  # type: ignore[union-attr]
    # The cast reads past the field's own decryption, to see the key's id.
    rows = list(
        model._default_manager.select_for_update()
        .filter(pk__gt=after)
        .order_by("pk")
        .annotate(ciphertext=Cast(field, models.TextField()))
        .values_list("pk", "ciphertext")[:batch_size]
    )
    place = f"{model._meta.db_table}.{column}"
    stale = [(key, text) for key, text in rows if text and key_id_of(text) != newest]
    for key, text in stale:
        model._base_manager.filter(pk=key).update(**{field: decrypt(text, place=place)})
    return len(stale), rows[-1][0] if rows else -1
