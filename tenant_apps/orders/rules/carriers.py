"""Goods that buyers collect themselves, and the choice of carriers."""

from collections.abc import Iterable
from typing import Final

COLLECTION: Final = "自提"
_COLLECTION_WORDS: Final = frozenset({COLLECTION, "collected", "collection", "pickup"})


def is_collection(carrier: str) -> bool:
    """Tell whether no parcel is sent, so that there is no tracking number."""
    return carrier.strip().casefold() in _COLLECTION_WORDS


def list_choices(used: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return carriers to pick from: those used, the latest first, then the others, collection last."""
    return list(dict.fromkeys([*used, *known, COLLECTION]))
