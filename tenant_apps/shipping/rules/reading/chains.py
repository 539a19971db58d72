"""Find runs of divisions in a text: province, city, district, in any of their spellings, all levels at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tenant_apps.shipping.rules.reading.gazetteer import Entry, Gazetteer, Kind, Level, belongs_to

# The Corps of Xinjiang has divisions of its own between the region and its cities.
_GAP: Final = re.compile(r"[ ,，、/>|\-·]{0,3}(?:生产建设兵团)?(?:第?[一二三四五六七八九十\d]{1,3}师)?[ ,，]?")
# Words that lead to an address.
_LEADS: Final = re.compile(
    r"(?:寄到|寄往|寄|送到|发到|发往|发|改成|改为|改到|换成|换到|地址|地址是|地址为|收货地|人在|住在|中国)$"
)
_ENDINGS: Final = frozenset("省市区县州盟旗")
# Behind a short name: what makes it part of another word (北京路, 朝阳门, 东方花园, 余杭镇).
_OTHER_WORD: Final = re.compile(
    r"(?:[东西南北中新老内外大小]{0,2}[一二三四五六七八九十]{0,2}"
    r"(?:路|街|大街|大道|道|巷|弄|胡同|支路|环路|环|桥|门|寺|庙|湖|山|河|江|港|岛|湾|口|站|机场|公园|广场|大厦|花园|花苑|小区|公寓|新村|苑|园(?!区)|"
    r"大学|学院|中学|小学|医院|银行|酒店|宾馆|饭店|镇|乡|村|庄|国际|世家|人家|家园|名城|新城(?!区)|商城|集团|公司|商会|府邸|里(?!水)|文化|体育|特产|烤鸭|小吃))"
)
# These begin a name below the district, though they look like an ending (番禺市桥).
_NOT_AN_ENDING: Final = re.compile(
    r"市(?:桥|场|政|民|中心|北|南|东|西|头|区)|县(?:城|前|府|政|医)|区(?:政|府)|州(?:城|府)|旗(?:杆|山)"
)
_WEIGHTS: Final = {Kind.SHORT: 2, Kind.ALIAS: 3, Kind.OLD: 3, Kind.FULL: 4}
_ONE_MORE: Final = 3
_AT_A_BOUNDARY: Final = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a run, with the divisions it may be there."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    has_wrong_ending: bool = False

    @property
    def kind(self) -> Kind:
        return max(entry.kind for entry in self.entries)

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(entry.code for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Chain:
    """A run of names, from the top down."""

    steps: tuple[Step, ...]
    is_at_boundary: bool = False

    @property
    def start(self) -> int:
        return self.steps[0].start

    @property
    def end(self) -> int:
        return self.steps[-1].end

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def score(self) -> int:
        letters = sum((step.end - step.start) * _WEIGHTS[step.kind] for step in self.steps)
        return letters + _ONE_MORE * (len(self.steps) - 1) + (_AT_A_BOUNDARY if self.is_at_boundary else 0)

    @property
    def is_strong(self) -> bool:
        """Return whether it says a place by itself, wherever it stands in a sentence."""
        first = self.steps[0]
        return len(self.steps) > 1 or (first.kind is not Kind.SHORT and min(map(len, first.codes)) <= Level.CITY)


def find_chains(text: str, gazetteer: Gazetteer) -> list[Chain]:
    """Return the best runs that do not overlap, in order of the text."""
    found = [chain for place in range(len(text)) if (chain := _best_from(text, place, gazetteer))]
    kept: list[Chain] = []
    for chain in sorted(found, key=lambda one: (-one.score, one.start)):
        if (chain.is_strong or chain.is_at_boundary) and all(
            chain.end <= other.start or other.end <= chain.start for other in kept
        ):
            kept.append(chain)
    return sorted(kept, key=lambda one: one.start)


def _best_from(text: str, place: int, gazetteer: Gazetteer) -> Chain | None:
    if text[place] not in gazetteer.lengths:
        return None
    at_boundary = (
        place == 0 or not _is_word(text[place - 1]) or _LEADS.search(text[max(0, place - 4) : place]) is not None
    )
    runs = [Chain(steps, at_boundary) for steps in _runs(text, place, (), gazetteer) if steps]
    return max(runs, key=lambda one: (one.score, one.end), default=None)


def _is_word(letter: str) -> bool:
    return letter.isalnum()


def _runs(text: str, place: int, above: tuple[Step, ...], gazetteer: Gazetteer) -> Iterator[tuple[Step, ...]]:
    yield above
    gap = _GAP.match(text, place) if above else None
    start = gap.end() if gap else place
    for step in _steps(text, start, above, gazetteer):
        repeats = bool(above) and step.codes <= above[-1].codes
        yield from _runs(text, step.end, _repeated(above, step) if repeats else (*above, step), gazetteer)


def _repeated(above: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """Return the run with its last name written twice (北京市北京市)."""
    last = above[-1]
    return (*above[:-1], Step(last.start, step.end, last.entries, last.has_wrong_ending))


def _steps(text: str, place: int, above: tuple[Step, ...], gazetteer: Gazetteer) -> Iterator[Step]:
    ends: dict[int, list[Entry]] = {}
    for end, entry in gazetteer.entries_at(text, place):
        if _fits(entry, above):
            ends.setdefault(end, []).append(entry)
    for end, entries in ends.items():
        follows = text[end : end + 1]
        if follows in _ENDINGS and follows and not _NOT_AN_ENDING.match(text, end):
            if above and (step := _with_wrong_ending(place, end, entries)):
                yield step
            entries = [entry for entry in entries if entry.kind is not Kind.SHORT]
        elif _OTHER_WORD.match(text, end) and not _goes_on(text, end, entries, gazetteer):
            entries = [entry for entry in entries if entry.kind is not Kind.SHORT]
        if entries:
            yield Step(place, end, tuple(entries))


def _goes_on(text: str, place: int, entries: list[Entry], gazetteer: Gazetteer) -> bool:
    """Return whether the full name of a division below follows at once (南宁西乡塘区), or its city (广东中山)."""
    return any(
        (below.kind is Kind.FULL or below.level is Level.CITY) and belongs_to(below.code, entry.code)
        for _end, below in gazetteer.entries_at(text, place)
        for entry in entries
    )


def _with_wrong_ending(place: int, end: int, entries: list[Entry]) -> Step | None:
    """A county that the writer calls a city, or the other way round (宁国县 for 宁国市), below what is named before."""
    short = tuple(entry for entry in entries if entry.kind is Kind.SHORT and entry.level is Level.DISTRICT)
    if len({entry.code for entry in short}) != 1 or end - place < 2:
        return None
    return Step(place, end + 1, short, has_wrong_ending=True)


def _fits(entry: Entry, above: tuple[Step, ...]) -> bool:
    if not above:
        return not entry.needs_city
    codes = above[-1].codes
    if entry.code in codes:
        return True
    if not any(belongs_to(entry.code, code) for code in codes):
        return False
    # A municipality is its own city.
    return (
        not entry.needs_city
        or any(
            belongs_to(entry.code, code) and (len(code) == Level.CITY or code in {"11", "12", "31", "50"})
            for code in codes
        )
        or entry.level is Level.CITY
    )
