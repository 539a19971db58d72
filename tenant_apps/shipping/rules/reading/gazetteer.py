"""The generated index of all ways to write a division, one per process."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from kernel.china.divisions import NO_CITIES, Divisions, load_divisions
from tenant_apps.shipping.rules.reading.sources import DATA

_PEOPLES: Final = (
    "各族|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|"
    "毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|保安|裕固|京|独龙|鄂伦春|门巴|珞巴|基诺"
)
_AUTONOMOUS: Final = re.compile(rf"(?<=..)(?:(?:{_PEOPLES})族?)+自治([州县旗])$")
_ENDING: Final = re.compile(
    r"(?<=..)(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|林区|新区|矿区|地区|省|市|区|县|盟|旗)$"
)
_ZONE: Final = re.compile(r"(高新|高技术)|(经济|开发)|(示范区)|(工业园)")
_ZONE_WORDS: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("高新区", "高新技术产业开发区", "高新技术开发区", "高新开发区", "国家高新区"),
    2: ("经开区", "开发区", "经济开发区", "经济技术开发区", "国家经济技术开发区"),
    3: ("示范区", "城乡一体化示范区"),
    4: ("工业园区", "工业园", "园区"),
}
# Short names in speech, from the two maps people use most; 2026-11.
_SPOKEN: Final[Mapping[str, str]] = {
    "内蒙": "15",
    "内蒙古": "15",
    "呼市": "1501",
    "乌市": "6501",
    "锡盟": "1525",
    "阿盟": "1529",
    "巴州": "6528",
    "博州": "6527",
    "克州": "6530",
    "版纳": "5328",
    "西双版纳": "5328",
    "襄樊市": "4206",
    "襄樊": "4206",
    "思茅市": "5308",
    "莆田": "3503",
    "通什市": "469001",
}
# Names of districts that say nothing without their city.
_BARE: Final = frozenset({"城区", "郊区", "矿区", "东区", "西区", "新城区", "市中区", "市南区", "市北区", "新区"})


class Level(IntEnum):
    PROVINCE = 2
    CITY = 4
    DISTRICT = 6


class Kind(IntEnum):
    """Strength of a spelling."""

    SHORT = 1  # 思明
    ALIAS = 2  # 恩施州, 高新区 in its city
    OLD = 3  # 长乐市
    FULL = 4  # 思明区


@dataclass(frozen=True, slots=True)
class Entry:
    """A division under one spelling. `towns` decide where an old name became several."""

    code: str
    kind: Kind
    towns: tuple[str, ...] = ()
    needs_city: bool = False

    @property
    def level(self) -> Level:
        return Level(len(self.code))


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`spellings` by text; `lengths` of spellings by first character, longest first."""

    spellings: Mapping[str, tuple[Entry, ...]]
    lengths: Mapping[str, tuple[int, ...]]

    def entries_at(self, text: str, place: int) -> Iterator[tuple[int, Entry]]:
        """Yield (end, entry) of each spelling that starts here."""
        for length in self.lengths.get(text[place : place + 1], ()):
            word = text[place : place + length]
            if len(word) == length:
                for entry in self.spellings.get(word, ()):
                    yield place + length, entry


def stem(name: str) -> str:
    """Return a name without its ending: 思明 for 思明区, 彭水 for 彭水苗族土家族自治县. Two characters stay."""
    return _ENDING.sub("", _AUTONOMOUS.sub("", name))


def _spell(code: str, name: str) -> Iterator[tuple[str, Entry]]:
    bare = name in _BARE
    yield name, Entry(code, Kind.FULL, needs_city=bare)
    short = stem(name)
    if short != name and not bare:
        yield short, Entry(code, Kind.SHORT)
    if found := _AUTONOMOUS.search(name):
        yield _AUTONOMOUS.sub("", name) + found[1], Entry(code, Kind.ALIAS)


def _spell_zone(code: str, name: str, city: str) -> Iterator[tuple[str, Entry]]:
    """A zone that is a row of its city: 高新区, behind the city only."""
    bare = re.sub(rf"^(?:河北|河南|山西|湖南|安徽|吉林|内蒙古)?(?:{stem(city)}市?)?", "", name)
    found = _ZONE.search(name)
    if found and found.lastindex and int(code[4:]) >= 70:
        # 净月高新技术产业开发区 is not the city's 高新区: its own name stands before the word.
        words = _ZONE_WORDS[found.lastindex] if bare[:2] in {"高新", "经济", "城乡", "工业", "开发"} else ()
        for word in words:
            yield word, Entry(code, Kind.ALIAS, needs_city=True)
    if len(bare) > 3 and int(code[4:]) >= 70:
        yield bare, Entry(code, Kind.ALIAS, needs_city=True)


def _all_spellings(divisions: Divisions) -> Iterator[tuple[str, Entry]]:
    for code, name in divisions.provinces.items():
        yield from _spell(code, name)
    for code, (name, _province) in divisions.cities.items():
        if name in NO_CITIES:
            yield name, Entry(code, Kind.ALIAS, needs_city=True)
        else:
            yield from _spell(code, name)
    for code, place in divisions.districts.items():
        yield from _spell(code, place.district)
        yield from _spell_zone(code, place.district, place.city)
    for spelling, code in _SPOKEN.items():
        yield spelling, Entry(code, Kind.ALIAS)
    with (DATA / "old_names.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            towns = tuple(row["towns"].split())
            yield row["old"], Entry(row["code"], Kind.OLD, towns, needs_city=row["old"] in _BARE)


@lru_cache(maxsize=1)
def load_gazetteer() -> Gazetteer:
    """Build the index (about 8,000 spellings, 30 ms)."""
    found: dict[str, dict[tuple[str, tuple[str, ...]], Entry]] = {}
    for spelling, entry in _all_spellings(load_divisions()):
        ways = {spelling}
        # 洲 for 州 is the commonest slip of an input method (红河洲, 广洲), and the other way round.
        if entry.kind is not Kind.SHORT:
            ways |= {spelling.replace("州", "洲"), spelling.replace("洲", "州")}
        for way in ways:
            known = found.setdefault(way, {})
            key = (entry.code, entry.towns)
            if key not in known or known[key].kind < entry.kind:
                known[key] = entry
    lengths: dict[str, set[int]] = {}
    for spelling in found:
        lengths.setdefault(spelling[0], set()).add(len(spelling))
    return Gazetteer(
        spellings={spelling: tuple(entries.values()) for spelling, entries in found.items()},
        lengths={first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()},
    )


def belongs_to(code: str, above: str) -> bool:
    """Return whether a division lies in another. Codes say so: 440305 in 4403 in 44."""
    return code != above and code.startswith(above)
