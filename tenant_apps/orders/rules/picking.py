"""Lay out a pick list: what to take from each warehouse, and into which basket."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_BASKETS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of one SKU that one warehouse holds for one order; `basket` is the order's place on the list, from 1."""

    warehouse: str
    sku: str
    name: str
    basket: int
    pieces: int
    box_size: int | None = None


@dataclass(slots=True)
class PickLine:
    """One SKU of a warehouse: all pieces, and how many go into each basket."""

    sku: str
    name: str
    total: int = 0
    box_size: int | None = None
    baskets: dict[int, int] = field(default_factory=dict)


def lay_out(wanted: Iterable[Wanted]) -> dict[str, Sequence[PickLine]]:
    """Map each warehouse to its lines in the order of their SKUs."""
    found: dict[str, dict[str, PickLine]] = {}
    for one in wanted:
        line = found.setdefault(one.warehouse, {}).setdefault(
            one.sku, PickLine(one.sku, one.name, box_size=one.box_size)
        )
        line.total += one.pieces
        line.baskets[one.basket] = line.baskets.get(one.basket, 0) + one.pieces
    return {warehouse: [lines[sku] for sku in sorted(lines)] for warehouse, lines in sorted(found.items())}
