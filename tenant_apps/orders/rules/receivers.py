"""Receivers of orders as they are written for people."""

from collections.abc import Mapping

from kernel.china.divisions import NO_CITIES

_PARTS = ("province", "city", "district", "address")


def write_place(receiver: Mapping[str, object], between: str = "") -> str:
    """Join the parts of an address, without the empty level that provinces of one city have."""
    parts = [str(receiver.get(name) or "") for name in _PARTS]
    return between.join(part for part in parts if part and part not in NO_CITIES)
