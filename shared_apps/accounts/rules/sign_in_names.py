"""Normalise e-mail addresses and phone numbers used as sign-in names."""

import re
from typing import Final

from kernel.china.phones import find_phone

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


def normalise_email(text: str) -> str:
    return text.strip().lower()


def normalise_sign_in_name(text: str) -> str:
    """Return one spelling for every notation of the same e-mail address or phone number.

    Failed attempts are counted by this spelling; otherwise each notation would have its own allowance.
    """
    text = text.replace("\x00", "").strip()[:254]
    if "@" in text:
        return normalise_email(text)
    return find_phone(text) or text.lower()


def looks_like_email(text: str) -> bool:
    """Check the form of an address. Only a confirmation link proves that it exists."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None
