"""API keys, one-time secrets and recovery codes."""

import binascii
import hashlib
import re
import secrets
from typing import Final

KEY_PREFIX: Final = "bny_"


_KEY: Final = re.compile(r"bny_[A-Za-z0-9_-]{40}[0-9a-f]{8}", re.ASCII)


def new_api_key() -> str:
    """`bny_`, 240 random bits, and a checksum that lets a mistyped key be refused without asking the database."""
    body = secrets.token_urlsafe(30)
    return f"{KEY_PREFIX}{body}{_checksum(body)}"


def is_api_key(text: str) -> bool:
    """Tell whether it has the form and the checksum of a key of ours."""
    if _KEY.fullmatch(text) is None:
        return False
    body = text[len(KEY_PREFIX) :]
    return body[40:] == _checksum(body[:40])


def _checksum(body: str) -> str:
    return f"{binascii.crc32(body.encode()):08x}"


def new_secret() -> str:
    """Make a token nobody guesses (256 bits), safe in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hex. Enough for secrets of 240 bits and more: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(secret.encode()).hexdigest()


_RECOVERY_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def new_recovery_code() -> str:
    """`xxxxx-xxxxx-xxxxx`: 15 of 31 letters that cannot be taken for one another (74 bits)."""
    letters = "".join(secrets.choice(_RECOVERY_LETTERS) for _position in range(15))
    return "-".join((letters[:5], letters[5:10], letters[10:]))


def normalise_recovery_code(text: str) -> str:
    return re.sub(r"[\s-]", "", text).lower()
