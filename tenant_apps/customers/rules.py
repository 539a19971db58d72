"""Pure rules of the customers: phone numbers."""

import re
from typing import Final

from kernel.http.schemas import normalise_phone as read_any_phone

_PUNCTUATION: Final = re.compile(r"[\s\-().]")
_CHINESE_MOBILE: Final = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")


def normalise_phone(text: str) -> str:
    """The number in E.164 (+8613800000000), a Chinese one where it has no country code.

    Raises ValueError where it is no phone number.
    """
    compact = _PUNCTUATION.sub("", text)
    # Nearly every number is a Chinese mobile one, and reading it the general way takes fifty times as long.
    mobile = _CHINESE_MOBILE.fullmatch(compact)
    return f"+86{mobile[1]}" if mobile else read_any_phone(compact)
