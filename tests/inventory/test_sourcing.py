"""Orders are served from as few warehouses as can do it, the nearest first."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.inventory.rules.sourcing import EXACT, Part, Place, choose_sources, match_region, read_regions

GUANGDONG = ("44",)
SHENZHEN = ("4403",)
ZHEJIANG = ("33",)
NANSHAN = "440305"


@pytest.mark.parametrize(
    ("regions", "region", "score"),
    [
        ((), NANSHAN, 0),
        (GUANGDONG, "", 0),
        (GUANGDONG, NANSHAN, 2),
        ((*GUANGDONG, *SHENZHEN), NANSHAN, 4),
        (ZHEJIANG, NANSHAN, -1),
    ],
)
def test_the_longest_beginning_counts(regions: tuple[str, ...], region: str, score: int) -> None:
    assert match_region(regions, region) == score


def test_regions_are_read_as_they_are_stored() -> None:
    assert read_regions('["44", "3301"]') == ("44", "3301")


PLACES = [Place(1, 50), Place(2, 100, GUANGDONG), Place(3, 100, SHENZHEN), Place(4, 10, ZHEJIANG)]


@pytest.mark.parametrize(
    ("offers", "region", "expected"),
    [
        # the narrowest region, then everywhere, then other regions
        ({1: 9, 2: 9, 3: 9, 4: 9}, NANSHAN, [(3, 5)]),
        ({1: 9, 2: 9, 3: 4, 4: 9}, NANSHAN, [(2, 5)]),
        ({1: 9, 2: 4, 3: 4, 4: 9}, NANSHAN, [(1, 5)]),
        # one parcel from elsewhere beats two from near by
        ({1: 0, 2: 4, 3: 4, 4: 9}, NANSHAN, [(4, 5)]),
        # two parcels, the nearest first
        ({1: 4, 2: 4, 3: 3, 4: 4}, NANSHAN, [(2, 2), (3, 3)]),
        # without a region by priority
        ({1: 9, 2: 9, 3: 9, 4: 9}, "", [(4, 5)]),
        ({1: 9, 2: 9, 3: 9, 4: 0}, "", [(1, 5)]),
    ],
)
def test_region_parcels_priority(offers: dict[int, int], region: str, expected: list[tuple[int, int]]) -> None:
    parts = choose_sources({7: 5}, {(7, place): pieces for place, pieces in offers.items()}, PLACES, region)
    assert parts == [Part(7, place, pieces) for place, pieces in expected]


def test_more_parcels_than_are_tried_together_are_put_together_one_by_one() -> None:
    places = [Place(number) for number in range(1, 8)]
    offers = {(7, number): number for number in range(1, 8)}
    parts = choose_sources({7: 26}, offers, places)
    assert sum(part.quantity for part in parts) == 26
    assert len(parts) == 6
    # 2 was the best help for what nobody else had, and needless once 3 and 4 were there
    offers = {(1, 1): 3, (2, 1): 3, (1, 2): 4, (3, 2): 1, (2, 3): 4, (4, 3): 1, (5, 4): 1, (6, 5): 1}
    parts = choose_sources({1: 4, 2: 4, 3: 1, 4: 1, 5: 1, 6: 1}, offers, places)
    assert {part.warehouse_id for part in parts} == {2, 3, 4, 5}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[int, int], dict[tuple[int, int], int], list[Place], str]:
    """Offers that suffice for what is wanted."""
    places = [
        Place(number, draw(st.integers(0, 3)), draw(st.sampled_from([(), GUANGDONG, SHENZHEN, ZHEJIANG])))
        for number in range(1, draw(st.integers(2, 7)))
    ]
    variants = range(1, draw(st.integers(2, 5)))
    offers = {(one, place.warehouse_id): draw(st.integers(0, 5)) for one in variants for place in places}
    totals = {one: sum(offers[one, place.warehouse_id] for place in places) for one in variants}
    wanted = {one: draw(st.integers(1, total)) for one, total in totals.items() if total}
    return wanted, offers, places, draw(st.sampled_from(["", NANSHAN, "330106", "110101"]))


@given(worlds())
def test_everything_is_served_from_what_there_is_in_the_fewest_parcels(
    world: tuple[dict[int, int], dict[tuple[int, int], int], list[Place], str],
) -> None:
    wanted, offers, places, region = world
    parts = choose_sources(wanted, offers, places, region)
    served = {one: sum(part.quantity for part in parts if part.variant_id == one) for one in wanted}
    assert served == wanted
    assert all(0 < part.quantity <= offers[part.variant_id, part.warehouse_id] for part in parts)
    assert parts == sorted(parts, key=lambda part: (part.variant_id, part.warehouse_id))
    used = {part.warehouse_id for part in parts}
    least = next(
        size
        for size in range(len(places) + 1)
        if any(
            all(sum(offers[one, place.warehouse_id] for place in chosen) >= pieces for one, pieces in wanted.items())
            for chosen in combinations(places, size)
        )
    )
    assert len(used) == least if least <= EXACT else len(used) >= least
    # the order in which warehouses are named changes nothing
    assert choose_sources(wanted, offers, places[::-1], region) == parts
