"""Mask personal data and secrets in free text, for logs and error reports."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kernel.privacy.masking import mask_bank_card, mask_email, mask_id_number, mask_phone

_TOKEN = re.compile(r"bny_[A-Za-z0-9_\-]{4,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]{8,}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+")
_ID_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d\d{3}[0-9Xx](?![0-9A-Za-z])"
)
_BANK_CARD = re.compile(r"(?<![0-9A-Za-z.])[3-6]\d{3}(?:[ \-]?\d{4}){2}[ \-]?\d{3,7}(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z.])(?:\+|00)?(?:86[ \-]?)?1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}(?![0-9A-Za-z])")
_FOREIGN_PHONE = re.compile(r"(?<![0-9A-Za-z])\+[1-9]\d{7,14}(?![0-9A-Za-z])")
# Fields whose value is a secret whatever it looks like.
_SECRET_NAME = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|token|authorization|cookie|session|api_?key|csrf|otp|id_?number|bank|card"
)
HIDDEN = "[hidden]"
MAX_LEVELS = 8


def redact_text(text: str) -> str:
    if not any(character.isdigit() or character in "@_" for character in text) and "earer" not in text:
        return text
    text = _TOKEN.sub("bny_***", text)
    text = _BEARER.sub(lambda match: f"{match.group(1)} ***", text)
    text = _EMAIL.sub(lambda match: mask_email(match.group()), text)
    text = _ID_NUMBER.sub(lambda match: mask_id_number(match.group()), text)
    text = _BANK_CARD.sub(lambda match: mask_bank_card(re.sub(r"\D", "", match.group())), text)
    text = _PHONE.sub(lambda match: mask_phone(re.sub(r"[^\d+]", "", match.group())), text)
    return _FOREIGN_PHONE.sub(lambda match: mask_phone(match.group()), text)


def is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name))


def redact(value: Any, *, levels: int = MAX_LEVELS) -> Any:
    """Return a copy of `value` (text, mapping, sequence or anything else) for a log; deeper levels are hidden."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bool | int | float) or value is None:
        redacted = redact_text(str(value)) if isinstance(value, int) and not isinstance(value, bool) else ""
        return value if not redacted or redacted == str(value) else redacted
    if not levels:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if isinstance(key, str) and is_secret_name(key) and inner else redact(inner, levels=levels - 1)
            for key, inner in value.items()
        }
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [redact(inner, levels=levels - 1) for inner in value]
    return redact_text(str(value))
