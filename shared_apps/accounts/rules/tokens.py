"""Generate and check API keys, one-time secrets and recovery codes."""

import binascii
import hashlib
import re
import secrets
from typing import Final

KEY_PREFIX: Final = "bny_"


_KEY: Final = re.compile(r"bny_[A-Za-z0-9_-]{40}[0-9a-f]{8}", re.ASCII)


def new_api_key() -> str:
    """Return `bny_`, 240 random bits, and a checksum by which a mistyped key is refused without a query."""
    body = secrets.token_urlsafe(30)
    return f"{KEY_PREFIX}{body}{_checksum(body)}"


def is_api_key(text: str) -> bool:
    if _KEY.fullmatch(text) is None:
        return False
    body = text[len(KEY_PREFIX) :]
    return body[40:] == _checksum(body[:40])


def _checksum(body: str) -> str:
    return f"{binascii.crc32(body.encode()):08x}"


def new_secret() -> str:
    """Return a URL-safe token of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the SHA-256 in hex. A slow hash is unnecessary for secrets of 240 bits and more."""
    return hashlib.sha256(secret.encode()).hexdigest()


_RECOVERY_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def new_recovery_code() -> str:
    """Return `xxxxx-xxxxx-xxxxx`: 15 of 31 unambiguous letters (74 bits)."""
    letters = "".join(secrets.choice(_RECOVERY_LETTERS) for _position in range(15))
    return "-".join((letters[:5], letters[5:10], letters[10:]))


def normalise_recovery_code(text: str) -> str:
    return re.sub(r"[\s-]", "", text).lower()
