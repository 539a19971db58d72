"""The administrative divisions of China (GB/T 2260): provinces, cities, districts.

From the public list in data/divisions, with its licence: code, name and the codes above. Codes of provinces have two
digits, of cities four, of districts six.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

# Names that stand in the list where a place has no city of its own.
NO_CITIES: Final = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
# What people leave out: 广西 for 广西壮族自治区, 思明 for 思明区. A name keeps two characters (城区 stays whole).
_SUFFIX: Final = re.compile(
    r"(?<=..)(特别行政区|(维吾尔|壮族|回族)?自治区|(\w{1,6}族)+自治[州县]|地区|省|市|区|县|盟|旗)$"
)
_SEPARATORS: Final = re.compile(r"[\s/,、>·-]+")
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
        cities = (place.city, place.province) if place.city in NO_CITIES else (place.city,)
        return place.province.startswith(province) and any(name.startswith(city) for name in cities)

    found = [
        place for place in load_divisions().districts.values() if place.district.startswith(district) and lies_in(place)
    ]
    return [place for place in found if place.district == district] or found


def region_name(code: str) -> str | None:
    """Return the full name of a province (2 digits), city (4) or district (6), from the province down; None if
    unknown.
    """
    names = [name for name in _names(code) if name not in NO_CITIES]
    return "".join(dict.fromkeys(names)) if names else None


def spell_region(code: str) -> str:
    """Return a region's names from the province down, with blanks (广东省 深圳市 南山区); "" if unknown."""
    return " ".join(name for name in _names(code) if name not in NO_CITIES)


def find_regions(text: str) -> list[str]:
    """Return the codes of the regions a text names: one where it is clear, several where it is not, none if unknown.

    The text is a code, or names from the top down; those above may be left out, and so may suffixes and blanks:
    广东省 深圳市 南山区, 深圳南山, 北京市朝阳区.
    """
    spelled = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if spelled.isdecimal():
        return [spelled] if _names(spelled) else []
    return list(_spellings().get(spelled, ()))


def _names(code: str) -> list[str]:
    divisions = load_divisions()
    if place := divisions.districts.get(code):
        return [place.province, place.city, place.district]
    if city := divisions.cities.get(code):
        return [divisions.provinces[city[1]], city[0]]
    return [divisions.provinces[code]] if code in divisions.provinces else []


@lru_cache(maxsize=1)
def _spellings() -> dict[str, tuple[str, ...]]:
    """Map every way to write a region to its codes (about 60,000 spellings, once per process)."""
    divisions = load_divisions()
    found: dict[str, set[str]] = {}
    for code in (*divisions.provinces, *divisions.cities, *divisions.districts):
        names = [(name, _SUFFIX.sub("", name)) for name in _names(code) if name not in NO_CITIES]
        if len(names) < len(_names(code)) and len(code) == 4:
            continue  # 市辖区 is no place to name
        for first in range(len(names)):
            paths = {""}
            for spelled in names[first:]:
                paths = {path + name for path in paths for name in spelled}
            for path in paths:
                found.setdefault(path, set()).add(code)
        if len(names) > 1 and names[0][0].endswith("市"):  # 北京市 北京市 朝阳区, as addresses have it
            for name in names[-1]:
                found.setdefault(names[0][0] * 2 + name, set()).add(code)
    return {path: tuple(sorted(codes)) for path, codes in found.items()}


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
