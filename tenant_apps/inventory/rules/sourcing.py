"""Choose the warehouses that serve an order."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

# Up to so many warehouses together every combination is looked at; more parcels than that are put together one by one.
EXACT: Final = 3
ELSEWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse that could serve an order. `regions` are beginnings of division codes; low `priority` goes first."""

    warehouse_id: int
    priority: int = 100
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces (≥ 1) of a variant taken from a warehouse."""

    variant_id: int
    warehouse_id: int
    quantity: int


@lru_cache(maxsize=256)
def read_regions(text: str) -> tuple[str, ...]:
    """Read a warehouse's regions as the database stores them: a JSON list of codes."""
    return tuple(str(one) for one in json.loads(text))


def match_region(regions: Collection[str], region: str) -> int:
    """Return the length of the longest beginning of `region`: 0 for a warehouse of everywhere, −1 for one elsewhere."""
    if not regions or not region:
        return 0
    return max((len(one) for one in regions if region.startswith(one)), default=ELSEWHERE)


def choose_sources(
    wanted: Mapping[int, int], offers: Mapping[tuple[int, int], int], places: Sequence[Place], region: str = ""
) -> list[Part]:
    """Split `wanted` (pieces by variant) over `offers` (pieces available by variant and warehouse).

    The fewest parcels win: one warehouse that holds everything beats two that are nearer. Of as many parcels those win
    whose warehouses serve the region most narrowly, then those of the lowest priority, then the oldest. Returns parts
    by variant and warehouse, and expects that the offers suffice altogether.
    """
    ranked = sorted(places, key=lambda one: (-match_region(one.regions, region), one.priority, one.warehouse_id))
    order = [
        place.warehouse_id for place in ranked if any(offers.get((one, place.warehouse_id), 0) > 0 for one in wanted)
    ]
    taken: dict[tuple[int, int], int] = {}
    for warehouse_id in _choose(wanted, offers, order):
        for variant_id, pieces in wanted.items():
            left = pieces - sum(taken.get((variant_id, other), 0) for other in order)
            here = min(left, max(offers.get((variant_id, warehouse_id), 0), 0))
            if here:
                taken[variant_id, warehouse_id] = here
    return [Part(*key, taken[key]) for key in sorted(taken)]


def _choose(wanted: Mapping[int, int], offers: Mapping[tuple[int, int], int], order: Sequence[int]) -> Sequence[int]:
    for size in range(1, min(EXACT, len(order)) + 1):
        for chosen in combinations(order, size):
            if _lacks(wanted, offers, chosen) == 0:
                return chosen
    return _choose_many(wanted, offers, order)


def _choose_many(
    wanted: Mapping[int, int], offers: Mapping[tuple[int, int], int], order: Sequence[int]
) -> Sequence[int]:
    """Add the warehouse that helps most until nothing lacks, and leave out those that later ones made needless."""
    chosen: list[int] = []
    while _lacks(wanted, offers, chosen):
        best = min((one for one in order if one not in chosen), key=lambda one: _lacks(wanted, offers, [*chosen, one]))
        chosen.append(best)
    for one in list(chosen):
        rest = [other for other in chosen if other != one]
        if not _lacks(wanted, offers, rest):
            chosen = rest
    return sorted(chosen, key=order.index)


def _lacks(wanted: Mapping[int, int], offers: Mapping[tuple[int, int], int], chosen: Collection[int]) -> int:
    """Return the pieces missing when only the chosen warehouses serve."""
    return sum(
        max(pieces - sum(max(offers.get((variant_id, one), 0), 0) for one in chosen), 0)
        for variant_id, pieces in wanted.items()
    )
