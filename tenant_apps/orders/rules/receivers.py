"""Receivers of orders as they are written for people."""

from collections.abc import Mapping
from functools import lru_cache

from kernel.china.divisions import NO_CITIES, find_regions

_DIVISIONS = ("province", "city", "district")
_PARTS = (*_DIVISIONS, "address")


def write_place(receiver: Mapping[str, object], between: str = "") -> str:
    """Join the parts of an address, without the empty level that provinces of one city have."""
    parts = [str(receiver.get(name) or "") for name in _PARTS]
    return between.join(part for part in parts if part and part not in NO_CITIES)


def read_region(receiver: Mapping[str, object]) -> str:
    """Return the code of the narrowest division (GB/T 2260) that the address names clearly; "" where none is."""
    names = [str(receiver.get(name) or "") for name in _DIVISIONS]
    return _find_region(tuple(name for name in names if name and name not in NO_CITIES))


@lru_cache(maxsize=4096)
def _find_region(names: tuple[str, ...]) -> str:
    for count in range(len(names), 0, -1):
        found = find_regions("".join(names[:count]))
        if len(found) == 1:
            return found[0]
    return ""


def spell_region_of(receiver: Mapping[str, object]) -> str:
    """Join province, city and district with blanks, as a region is typed."""
    parts = [str(receiver.get(name) or "") for name in _DIVISIONS]
    return " ".join(part for part in parts if part and part not in NO_CITIES)


def receiver_key(receiver: Mapping[str, object]) -> tuple[str, ...]:
    """Return what two orders share that go to the same person and door; empty where phone or address is missing."""
    phone = str(receiver.get("phone") or "")
    place = "".join(write_place(receiver).split())
    name = "".join(str(receiver.get("name") or "").split())
    return (name, phone, place) if phone and place else ()
