"""The administrative divisions."""

import pytest

from kernel.china import divisions


def test_every_district_has_its_city_and_province() -> None:
    known = divisions.load_divisions()
    assert (len(known.provinces), len(known.cities), len(known.districts)) == (31, 342, 2978)
    for code, place in known.districts.items():
        assert code == place.district_code
        assert code.startswith(place.city_code)
        assert place.city_code.startswith(place.province_code)


def test_places() -> None:
    place = divisions.find_district("440305")
    assert place is not None
    assert (place.province, place.city, place.district) == ("广东省", "深圳市", "南山区")
    assert divisions.find_district("000000") is None
    # A city without districts stands in the list as its own district.
    dongguan = divisions.find_district("441900")
    assert dongguan is not None
    assert (dongguan.city, dongguan.district) == ("东莞市", "东莞市")


def test_tree_holds_everything_once() -> None:
    tree = divisions.division_tree()
    cities = [city for province in tree for city in province["cities"]]  # type: ignore[attr-defined]
    assert (len(tree), len(cities), sum(len(city["districts"]) for city in cities)) == (31, 342, 2978)


def test_a_region_is_named_from_the_province_down() -> None:
    assert divisions.region_name("440305") == "广东省深圳市南山区"
    assert divisions.region_name("4403") == "广东省深圳市"
    assert divisions.region_name("44") == "广东省"
    assert divisions.region_name("441900") == "广东省东莞市"
    assert divisions.region_name("99") is None
    assert divisions.region_name("") is None


def test_a_region_is_read_with_its_name() -> None:
    assert divisions.read_region("") == ("", "")
    assert divisions.read_region("4403") == ("4403", "广东省深圳市")
    with pytest.raises(ValueError, match="region"):
        divisions.read_region("999999")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("广东省 深圳市 南山区", ["440305"]),
        ("广东省深圳市南山区", ["440305"]),
        ("深圳 南山", ["440305"]),
        ("广东/深圳/南山区", ["440305"]),
        ("４４０３０５", ["440305"]),
        ("北京市 朝阳区", ["110105"]),
        ("北京市 北京市 朝阳区", ["110105"]),
        ("广西", ["45"]),
        ("延边", ["2224"]),
        ("海南省 文昌市", ["469005"]),
        ("朝阳区", ["110105", "220104"]),
        ("吉林", ["22", "2202"]),
        ("999999", []),
        ("云", []),
        ("", []),
    ],
)
def test_a_region_is_found_by_its_names(text: str, codes: list[str]) -> None:
    assert divisions.find_regions(text) == codes


def test_each_region_is_found_by_what_is_shown_of_it() -> None:
    known = divisions.load_divisions()
    for code in (*known.provinces, *known.districts):
        assert code in divisions.find_regions(divisions.spell_region(code))


@pytest.mark.parametrize(
    ("code", "name"), [("3101", "上海市"), ("310101", "上海市黄浦区"), ("440305", "广东省深圳市南山区")]
)
def test_a_name_leaves_out_what_is_no_city(code: str, name: str) -> None:
    assert divisions.region_name(code) == name
