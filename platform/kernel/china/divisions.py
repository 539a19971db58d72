"""The administrative divisions of China (GB/T 2260): provinces, cities, districts.

From the public list in data/divisions, with its licence: code, name and the codes above. Codes of provinces have two
digits, of cities four, of districts six.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

# Names that stand in the list where a place has no city of its own.
_NO_CITIES: Final = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_DATA: Final = Path(__file__).parent / "data" / "divisions"


@dataclass(frozen=True, slots=True)
class District:
    """A district with its city and province, by name and code."""

    province_code: str
    city_code: str
    district_code: str
    province: str
    city: str
    district: str


@dataclass(frozen=True, slots=True)
class Divisions:
    """All divisions: names by code for provinces and cities, districts by code."""

    provinces: Mapping[str, str]
    cities: Mapping[str, tuple[str, str]]  # code → (name, province code)
    districts: Mapping[str, District]


def _read(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def load_divisions() -> Divisions:
    """Load the list, once per process (3,351 rows, about 10 ms)."""
    provinces = {row["code"]: row["name"] for row in _read("provinces.csv")}
    cities = {row["code"]: (row["name"], row["provinceCode"]) for row in _read("cities.csv")}
    districts = {
        row["code"]: District(
            province_code=row["provinceCode"],
            city_code=row["cityCode"],
            district_code=row["code"],
            province=provinces[row["provinceCode"]],
            city=cities[row["cityCode"]][0],
            district=row["name"],
        )
        for row in _read("areas.csv")
    }
    return Divisions(provinces=provinces, cities=cities, districts=districts)


def find_district(district_code: str) -> District | None:
    return load_divisions().districts.get(district_code)


def find_districts(*, district: str, city: str = "", province: str = "") -> list[District]:
    """Return the districts of these names; an empty name matches all, and suffixes are optional (思明 for 思明区).

    A municipality's city may be named like the province, as in addresses: 北京市 北京市 朝阳区.
    """

    def lies_in(place: District) -> bool:
        cities = (place.city, place.province) if place.city in _NO_CITIES else (place.city,)
        return place.province.startswith(province) and any(name.startswith(city) for name in cities)

    found = [
        place for place in load_divisions().districts.values() if place.district.startswith(district) and lies_in(place)
    ]
    return [place for place in found if place.district == district] or found


def region_name(code: str) -> str | None:
    """Return the full name of a province (2 digits), city (4) or district (6), from the province down; None if
    unknown.
    """
    divisions = load_divisions()
    if place := divisions.districts.get(code):
        names = [place.province, place.city, place.district]
    elif city := divisions.cities.get(code):
        names = [divisions.provinces[city[1]], city[0]]
    elif province := divisions.provinces.get(code):
        names = [province]
    else:
        return None
    return "".join(dict.fromkeys(names))


def read_region(code: str) -> tuple[str, str]:
    """Return (code, full name) of a province, city or district; two empty texts for "". Raises ValueError."""
    if not code:
        return "", ""
    name = region_name(code)
    if name is None:
        raise ValueError("no region")
    return code, name


@lru_cache(maxsize=1)
def division_tree() -> list[dict[str, object]]:
    """Return provinces with their cities with their districts, by code."""
    divisions = load_divisions()
    districts: dict[str, list[dict[str, str]]] = {code: [] for code in divisions.cities}
    for place in divisions.districts.values():
        districts[place.city_code].append({"code": place.district_code, "name": place.district})
    cities: dict[str, list[dict[str, object]]] = {code: [] for code in divisions.provinces}
    for code, (name, province_code) in divisions.cities.items():
        cities[province_code].append({"code": code, "name": name, "districts": districts[code]})
    return [{"code": code, "name": name, "cities": cities[code]} for code, name in divisions.provinces.items()]
