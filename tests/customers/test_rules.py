"""Phone numbers and divisions."""

import pytest

from tenant_apps.customers import rules


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13812345678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        ("010 6552 9988", "+861065529988"),
        ("+852 5123 4567", "+85251234567"),
        ("+447911123456", "+447911123456"),
    ],
)
def test_phone_is_written_one_way(written: str, stored: str) -> None:
    assert rules.normalise_phone(written) == stored
    assert rules.normalise_phone(stored) == stored


@pytest.mark.parametrize("text", ["", "12", "abc", "+", "1381234567", "138123456789", "+86", "☎", "1" * 60])
def test_no_phone(text: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        rules.normalise_phone(text)


def test_every_district_has_its_city_and_province() -> None:
    divisions = rules.load_divisions()
    assert (len(divisions.provinces), len(divisions.cities), len(divisions.districts)) == (31, 342, 2978)
    for code, place in divisions.districts.items():
        assert code == place.district_code
        assert code.startswith(place.city_code)
        assert place.city_code.startswith(place.province_code)


def test_places() -> None:
    place = rules.find_place("440305")
    assert place is not None
    assert (place.province, place.city, place.district) == ("广东省", "深圳市", "南山区")
    assert rules.find_place("000000") is None
    # A city without districts stands in the list as its own district.
    dongguan = rules.find_place("441900")
    assert dongguan is not None
    assert (dongguan.city, dongguan.district) == ("东莞市", "东莞市")


def test_tree_holds_everything_once() -> None:
    tree = rules.division_tree()
    cities = [city for province in tree for city in province["cities"]]  # type: ignore[attr-defined]
    assert (len(tree), len(cities), sum(len(city["districts"]) for city in cities)) == (31, 342, 2978)
