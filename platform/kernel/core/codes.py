"""Codes that are read aloud, printed and typed."""

import secrets
from typing import Final

# Without 0/O, 1/I/L and U (Crockford's base 32).
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

MAX_CODE_LENGTH: Final = 32


def normalise_code(code: str) -> str:
    """Trim and upper-case: codes are case-insensitive."""
    return code.strip().upper()


def is_valid_code(code: str) -> bool:
    """Require 1 to 32 printable characters without spaces. Expects a normalised code."""
    return 0 < len(code) <= MAX_CODE_LENGTH and code.isprintable() and not any(mark.isspace() for mark in code)


def make_code(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _place in range(length))
