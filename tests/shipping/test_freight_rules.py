"""Freight by region, pieces, weight and limits: the pure rule."""

from decimal import Decimal

import pytest

from tenant_apps.shipping.rules.freight.quoting import Load, PlaceNotServed, quote
from tenant_apps.shipping.rules.freight.templates import Charge, Template, Zone, find_charge

SHENZHEN = "440305"
GUANGZHOU = "440106"
URUMQI = "650102"
LHASA = "540102"
HANGZHOU = "330106"


def charge(
    first: int, price: str, step: int, more: str, amount: str | None = None, pieces: int | None = None
) -> Charge:
    return Charge(first, Decimal(price), step, Decimal(more), Decimal(amount) if amount else None, pieces)


ZONES = (
    Zone(frozenset({"44"}), charge(1, "6.00", 1, "1.00")),
    Zone(frozenset({"4403"}), charge(1, "5.00", 1, "0.50")),
    Zone(frozenset({"440305"}), charge(1, "4.00", 2, "1.00")),
    Zone(frozenset({"65"}), charge(1, "20.00", 1, "10.00", pieces=10)),
    Zone(frozenset({"54"}), None),
    Zone(frozenset({"540102"}), charge(1, "30.00", 1, "15.00")),
)
PIECES = Template(1, "pieces", "piece", ZONES, charge(1, "8.00", 1, "2.00", "99.00"))
WEIGHT = Template(2, "weight", "weight", (), charge(1000, "10.00", 500, "3.00"))
ONLY_EAST = Template(3, "east", "piece", (Zone(frozenset({"33"}), charge(2, "3.00", 1, "0.00")),), None)


@pytest.mark.parametrize(
    ("template", "place", "pieces", "grams", "money", "amount"),
    [
        (PIECES, HANGZHOU, 1, 0, "10.00", "8.00"),
        (PIECES, HANGZHOU, 3, 0, "10.00", "12.00"),
        (PIECES, HANGZHOU, 3, 0, "98.99", "12.00"),
        (PIECES, HANGZHOU, 3, 0, "99.00", "0.00"),
        (PIECES, GUANGZHOU, 2, 0, "500.00", "7.00"),  # the province has no limit of its own
        (PIECES, "440306", 2, 0, "1.00", "5.50"),  # the city before the province
        (PIECES, SHENZHEN, 4, 0, "1.00", "6.00"),  # the district before the city; a step begun counts whole
        (PIECES, URUMQI, 9, 0, "999.00", "100.00"),
        (PIECES, URUMQI, 10, 0, "1.00", "0.00"),
        (PIECES, LHASA, 1, 0, "1.00", "30.00"),  # one district of a province that is not served
        (WEIGHT, HANGZHOU, 9, 1000, "1.00", "10.00"),
        (WEIGHT, HANGZHOU, 9, 1001, "1.00", "13.00"),
        (WEIGHT, HANGZHOU, 9, 1501, "1.00", "16.00"),
        (WEIGHT, HANGZHOU, 9, 0, "1.00", "10.00"),
        (ONLY_EAST, HANGZHOU, 5, 0, "1.00", "3.00"),  # further pieces for nothing keep the first price
    ],
)
def test_one_template(template: Template, place: str, pieces: int, grams: int, money: str, amount: str) -> None:
    found = quote([Load(template, pieces, grams, Decimal(money))], district_code=place, combining="combine")
    assert found.amount == Decimal(amount)
    added = quote([Load(template, pieces, grams, Decimal(money))], district_code=place, combining="sum")
    assert added.amount == found.amount


@pytest.mark.parametrize(("template", "place"), [(PIECES, "540123"), (ONLY_EAST, SHENZHEN)])
def test_a_place_without_a_price_is_refused(template: Template, place: str) -> None:
    with pytest.raises(PlaceNotServed):
        quote([Load(template, 1, 1, Decimal(1))], district_code=place, combining="combine")


@pytest.mark.parametrize(
    ("loads", "combining", "amount", "begins"),
    [
        # pieces: 8 + 2 × 2; weight: 10 + 2 × 3
        ([(PIECES, 3, 0), (WEIGHT, 1, 2000)], "sum", "28.00", [True, True]),
        # the weight's 10 once; 3 pieces as further ones
        ([(PIECES, 3, 0), (WEIGHT, 1, 2000)], "combine", "22.00", [False, True]),
        # 3.00 and 8.00: the dearest first
        ([(ONLY_EAST, 2, 0), (PIECES, 1, 0)], "combine", "8.00", [False, True]),
    ],
)
def test_several_templates(
    loads: list[tuple[Template, int, int]], combining: str, amount: str, begins: list[bool]
) -> None:
    found = quote(
        [Load(template, pieces, grams, Decimal(1)) for template, pieces, grams in loads],
        district_code=HANGZHOU,
        combining=combining,
    )
    assert found.amount == Decimal(amount) == sum(Decimal(share["amount"]) for share in found.shares)
    assert [share["begins"] for share in found.shares] == begins


def test_a_free_template_leaves_the_first_price_to_the_others() -> None:
    loads = [Load(PIECES, 20, 0, Decimal("99.00")), Load(ONLY_EAST, 1, 0, Decimal(1))]
    found = quote(loads, district_code=HANGZHOU, combining="combine")
    assert (found.amount, [share["free"] for share in found.shares]) == (Decimal("3.00"), ["amount", ""])


def test_nothing_but_free_goods_cost_nothing() -> None:
    assert quote([Load(PIECES, 1, 0, Decimal(100))], district_code=HANGZHOU, combining="combine").amount == 0


def test_the_region_that_decides_is_told() -> None:
    assert find_charge(PIECES, SHENZHEN)[0] == "440305"
    assert find_charge(PIECES, HANGZHOU)[0] == ""
