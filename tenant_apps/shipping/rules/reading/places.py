"""Decide which district a run of names means, and how sure that is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kernel.china.divisions import NO_CITIES, load_divisions
from tenant_apps.shipping.rules.reading.chains import Chain
from tenant_apps.shipping.rules.reading.gazetteer import Entry, Gazetteer, Kind, Level
from tenant_apps.shipping.rules.reading.results import SURE, Doubt

_TOWN: Final = re.compile(r"[ ,，]?[一-鿿]{1,6}?(?:镇|乡|街道|办事处)")
_ZONE: Final = re.compile(
    r"[ ,，]?[一-鿿]{0,8}?(?:新区|高新|经开|开发区|示范区|产业园区|工业园区|度假区|保税|风景区"
    r"|管理区|试验区|自贸区|亦庄|天府)"
)
_TOWN_WITHIN: Final = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """A place: the deepest code that is sure, or candidates for the district."""

    code: str
    confidence: int
    doubt: Doubt = Doubt.NONE
    candidates: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _districts_of() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code in load_divisions().districts:
        found.setdefault(code[:4], []).append(code)
    return {city: tuple(codes) for city, codes in found.items()}


def locate(chain: Chain, text: str, gazetteer: Gazetteer) -> Finding:
    """Return the place a run of names means in its text."""
    entries = _decide_by_town(chain.last.entries, text[chain.end : chain.end + _TOWN_WITHIN])
    codes = sorted({entry.code for entry in entries})
    deepest = [code for code in codes if len(code) == Level.DISTRICT]
    if len(codes) > 1 and (only := _only_district(codes)):
        return _found(only, _sure_of_only(chain, text))
    if len(codes) > 1:
        divided = all(entry.kind is Kind.OLD for entry in entries)
        return Finding(_common(codes), 0, Doubt.DIVIDED if divided else Doubt.AMBIGUOUS, tuple(deepest))
    if deepest:
        return _district(chain, deepest[0], text, gazetteer)
    below = _districts_of().get(codes[0], ())
    if len(below) == 1:  # 东莞, 中山, 儋州, 嘉峪关
        return _found(below[0], _sure_of_only(chain, text))
    is_zone = _ZONE.match(text, chain.end) is not None
    # Nothing below the city is said: no candidates, the clerk asks the buyer.
    return Finding(
        codes[0] if chain.is_strong or chain.is_at_boundary else "", 0, Doubt.ZONE if is_zone else Doubt.MISSING
    )


def _only_district(codes: list[str]) -> str:
    """Return the district that bears its city's name and is its only one (东莞, 中山, 儋州, 嘉峪关), or nothing."""
    below = _districts_of().get(codes[0], ())
    return below[0] if len(below) == 1 and set(codes) <= {codes[0], *below} else ""


def _decide_by_town(entries: Iterable[Entry], after: str) -> list[Entry]:
    named = [entry for entry in entries if any(town in after for town in entry.towns)]
    if named:
        return named
    current = [entry for entry in entries if entry.kind is not Kind.OLD]
    return current or list(entries)


def _district(chain: Chain, code: str, text: str, gazetteer: Gazetteer) -> Finding:
    if _is_contradicted(chain, code, text, gazetteer):
        return Finding(code[:4], 0, Doubt.AMBIGUOUS, (code,))
    if len(chain.steps) > 1:
        return _found(code, 88 if chain.last.has_wrong_ending else 95)
    kind = chain.last.kind
    if kind is Kind.SHORT:
        return _found(code, _sure_of_short(chain, text, 60))
    return _found(code, 92 if chain.is_at_boundary else 82)


def _sure_of_short(chain: Chain, text: str, otherwise: int) -> int:
    """A short name alone is a place where a town follows it (义乌 北苑街道); else it may be a word."""
    return 85 if chain.is_at_boundary and _TOWN.match(text, chain.end) else otherwise


def _sure_of_only(chain: Chain, text: str) -> int:
    if chain.last.kind is not Kind.SHORT or len(chain.steps) > 1:
        return 95
    return _sure_of_short(chain, text, 85)


def _found(code: str, confidence: int) -> Finding:
    if confidence >= SURE:
        return Finding(code, confidence)
    return Finding("", confidence, Doubt.AMBIGUOUS, (code,))


def _is_contradicted(chain: Chain, code: str, text: str, gazetteer: Gazetteer) -> bool:
    """Return whether another district of the city follows at once."""
    return any(
        entry.kind is Kind.FULL and len(entry.code) == Level.DISTRICT and entry.code != code
        for _end, entry in gazetteer.entries_at(text, chain.end)
        if entry.code[:4] == code[:4]
    )


def _common(codes: Iterable[str]) -> str:
    """Return the city or province that all codes share."""
    for level in (Level.CITY, Level.PROVINCE):
        shared = {code[:level] for code in codes}
        if len(shared) == 1:
            only = shared.pop()
            return only if len(only) == level else only[: Level.PROVINCE]
    return ""


def names_of(code: str) -> tuple[str, str, str]:
    """Return province, city and district by name, as far as the code goes; what nobody says is empty."""
    divisions = load_divisions()
    province = divisions.provinces.get(code[:2], "")
    city = divisions.cities.get(code[:4], ("", ""))[0] if len(code) >= Level.CITY else ""
    district = divisions.districts[code].district if len(code) == Level.DISTRICT else ""
    return province, "" if city in NO_CITIES else city, district
