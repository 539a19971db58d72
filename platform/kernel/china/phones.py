"""Normalise phone numbers, Chinese by default, to E.164: `+8613812345678`."""

import re
import unicodedata
from typing import Final

import phonenumbers

DEFAULT_REGION: Final = "CN"
MAX_LENGTH: Final = 40

_PUNCTUATION: Final = re.compile(r"[\s\-().]")
_CHINESE_MOBILE: Final = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})", re.ASCII)
_KEPT_MOBILE: Final = re.compile(r"\+86(1\d\d)(\d{4}|\*{4})(\d{4})", re.ASCII)


class NotAPhoneNumber(ValueError):
    """The text is no number that can exist."""


def normalise_phone(text: str) -> str:
    """Return the number as E.164. Accepts full-width digits and usual punctuation.

    Raises NotAPhoneNumber, which is a ValueError.
    """
    if len(text) > MAX_LENGTH or "\x00" in text:
        raise NotAPhoneNumber("no phone number")
    written = unicodedata.normalize("NFKC", text)
    # Nearly every number is a Chinese mobile one, and reading it the general way takes fifty times as long.
    mobile = _CHINESE_MOBILE.fullmatch(_PUNCTUATION.sub("", written))
    if mobile:
        return f"+86{mobile[1]}"
    try:
        number = phonenumbers.parse(written, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise NotAPhoneNumber("no phone number") from error
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber("no phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def find_phone(text: str) -> str | None:
    try:
        return normalise_phone(text)
    except NotAPhoneNumber:
        return None


def spell_phone(phone: str) -> str:
    """Write a kept number, masked or not, as people in China do: 138 1234 5678, 138****5678. Others stay as kept."""
    parts = _KEPT_MOBILE.fullmatch(phone)
    if parts is None:
        return phone
    return ("" if "*" in phone else " ").join(parts.groups())
