"""Carriers that a brand can pick before it has used any, and goods that buyers collect themselves."""

from collections.abc import Iterable
from typing import Final

COLLECTION: Final = "自提"
# By their own names, which are the same in every language of the console.
COMMON_CARRIERS: Final = (
    "顺丰速运",
    "中通快递",
    "圆通速递",
    "韵达快递",
    "申通快递",
    "极兔速递",
    "京东物流",
    "EMS",
    "德邦快递",
    COLLECTION,
)
_COLLECTION_WORDS: Final = frozenset({COLLECTION, "collected", "collection", "pickup"})


def is_collection(carrier: str) -> bool:
    """Tell whether no parcel is sent, so that there is no tracking number."""
    return carrier.strip().casefold() in _COLLECTION_WORDS


def list_choices(used: Iterable[str]) -> list[str]:
    """Return carriers to pick from: those used, the latest first, then the common ones."""
    return list(dict.fromkeys([*used, *COMMON_CARRIERS]))
