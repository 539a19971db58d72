"""E-mail addresses and phone numbers as names to sign in by."""

import re
from typing import Final

from kernel.china.phones import find_phone

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


def normalise_email(text: str) -> str:
    return text.strip().lower()


def normalise_sign_in_name(text: str) -> str:
    """Return one spelling for every way of writing the same e-mail address or phone number.

    Used for the look-up and for counting failures: otherwise every spelling would be one more set of attempts.
    """
    text = text.replace("\x00", "").strip()[:254]
    if "@" in text:
        return normalise_email(text)
    return find_phone(text) or text.lower()


def looks_like_email(text: str) -> bool:
    """Tell whether it has the shape of an address; only a message sent to it tells whether it exists."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None
