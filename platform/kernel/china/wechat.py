"""Normalise WeChat ids."""

import re
from typing import Final

# What WeChat itself allows, and phone or QQ numbers that serve as one.
_WECHAT_ID: Final = re.compile(r"[a-z0-9_-]{5,40}")


def normalise_wechat_id(text: str) -> str:
    """Return the id in lower case; WeChat ids are case-insensitive. Raises ValueError; "" stays ""."""
    wechat_id = text.strip().lower()
    if wechat_id and not _WECHAT_ID.fullmatch(wechat_id):
        raise ValueError("no WeChat id")
    return wechat_id
