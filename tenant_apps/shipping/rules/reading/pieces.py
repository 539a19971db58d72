"""Cut a text with several addresses into one piece for each."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tenant_apps.shipping.rules.reading.chains import Chain, find_chains
from tenant_apps.shipping.rules.reading.gazetteer import Gazetteer, belongs_to
from tenant_apps.shipping.rules.reading.numbers import Number, find_numbers
from tenant_apps.shipping.rules.reading.people import bare_name, judge_name
from tenant_apps.shipping.rules.reading.results import SURE, Role
from tenant_apps.shipping.rules.reading.sources import Source
from tenant_apps.shipping.rules.reading.tokens import find_labels, find_roles

# Where one address may end and the next begin, the surest first.
_BREAKS: Final = (
    re.compile(r"\n\s*\n+"),
    re.compile(
        r"(?:\n|^|(?<=[;。 ]))\s*(?:第?[一二三四五六七八九十\d]{1,2}[.、)]|[(（]\d{1,2}[)）]"
        r"|另(?:外)?一?[个份]?[:,]?)\s*(?!\d)"
    ),
    re.compile(r"\n+"),
    re.compile(r"[;。|]+"),
)
_NUMBERING: Final = re.compile(r"^\s*(?:第?[一二三四五六七八九十\d]{1,2}[.、)]|[(（]\d{1,2}[)）])(?!\d)\s*")
_REFUSED: Final = re.compile(
    r"不要寄|不寄|别寄|不是|不发|别发|旧地址|原地址|之前的?地址|以前的?地址|原来的|老地址|作废"
)
_CHOSEN: Final = re.compile(r"改成|改为|改到|换成|换到|新地址|寄这个|发这个|寄到这|是这个|以这个为准|寄新")


@dataclass(frozen=True, slots=True)
class Piece:
    """[start, end) of the text, with the part its address plays."""

    start: int
    end: int
    role: Role


def hide(text: str, spans: list[tuple[int, int]], sign: str) -> str:
    """Return the text with these places filled by a sign, at the same length."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = sign * (end - start)
    return "".join(letters)


def cut_pieces(source: Source, gazetteer: Gazetteer) -> list[Piece]:
    """Return the pieces in order. A text with one address is one piece."""
    numbers = find_numbers(source.text)
    labels = [(label.start, label.end) for label in find_labels(source.plain)]
    shown = hide(source.plain, labels, " ")
    shown = hide(shown, [(number.start, number.end) for number in numbers], "\0")
    anchors = _anchors(find_chains(shown, gazetteer), numbers)
    cuts = [place for place, _sends in _switches(source.plain)]
    for before, after in pairwise(anchors):
        if not any(before.end <= cut <= after.start for cut in cuts):
            cuts.append(_cut_between(source, before, after, numbers))
    bounds = [0, *sorted(set(cuts) - {0}), len(source.text)]
    pieces = [(start, end) for start, end in pairwise(bounds) if source.text[start:end].strip()]
    return [Piece(start, end, _role(source.plain, start, end, len(pieces))) for start, end in pieces]


def _switches(plain: str) -> list[tuple[int, bool]]:
    """Return where the sender's part turns into the receiver's, or the other way round."""
    roles = find_roles(plain)
    if not any(sends for _place, sends in roles):
        return []
    return [role for place, role in enumerate(roles) if place == 0 or roles[place - 1][1] != role[1]]


def _anchors(chains: list[Chain], numbers: list[Number]) -> list[Chain]:
    """Return one run of divisions per address: those that differ, or have a phone of their own between them."""
    anchors: list[Chain] = []
    for chain in (one for one in chains if one.is_at_boundary or one.is_strong):
        if not anchors:
            anchors.append(chain)
            continue
        last = anchors[-1]
        between = [number for number in numbers if last.end <= number.start < chain.start]
        outside = [number for number in numbers if not last.end <= number.start < chain.start]
        wholes = _is_whole(chain) + _is_whole(last)
        if wholes < 2 and not (chain.is_at_boundary and between and outside and wholes):
            continue
        same = _agree(last, chain)
        if (between and outside) or (not same and _is_whole(chain) and len(chain.steps) > 1 and chain.is_at_boundary):
            anchors.append(chain)
    return anchors


def _is_whole(chain: Chain) -> bool:
    return len(chain.steps) > 1 or chain.is_strong


def _agree(one: Chain, other: Chain) -> bool:
    return any(a == b or belongs_to(a, b) or belongs_to(b, a) for a in one.last.codes for b in other.last.codes)


def _cut_between(source: Source, before: Chain, after: Chain, numbers: list[Number]) -> int:
    """Return where the second address begins, by the strongest sign between both."""
    phones_first = any(number.end <= before.start for number in numbers)
    inner = [number for number in numbers if before.end <= number.start < after.start]
    is_place_first = not source.plain[: before.start].strip()
    floor = before.end if phones_first or len(inner) != 1 else inner[0].end
    for pattern in _BREAKS:
        breaks = [found for found in pattern.finditer(source.text, floor, after.start) if found.end() > floor]
        if breaks and is_place_first and inner:
            return breaks[-1].end()  # address, phone, name: what stands before the next address is the first one's
        if breaks:
            chosen = breaks[0] if phones_first and pattern is not _BREAKS[1] else breaks[-1]
            if pattern is _BREAKS[2] and not phones_first:
                chosen = breaks[_line_of_next(source, breaks, inner)]
            return chosen.start() if pattern is _BREAKS[1] else chosen.end()
    return _soft_cut(source, floor, after, inner, is_place_first=is_place_first)


def _line_of_next(source: Source, breaks: list[re.Match[str]], inner: list[Number]) -> int:
    """Return which line break begins the next address: the one behind the first phone, or behind its name."""
    if not inner:
        return len(breaks) - 1
    behind = [place for place, found in enumerate(breaks) if found.start() >= inner[0].end]
    return behind[0] if behind else len(breaks) - 1


def _soft_cut(source: Source, floor: int, after: Chain, inner: list[Number], *, is_place_first: bool) -> int:
    """Only blanks part both: the second begins with its name, in front of its phone or of its divisions."""
    if is_place_first and inner:
        return after.start
    goal = next((number.start for number in inner if number.start >= floor), after.start)
    head = source.text[floor:goal].rstrip(" ,，:")
    start = max(head.rfind(sign) for sign in " ,，") + 1
    word = bare_name(head[start:])
    if _CHOSEN.search(head[start:]):
        return floor + start
    if judge_name(word, bare_name(source.plain[floor + start : floor + len(head)])) >= SURE:
        return floor + start
    return goal


def _role(plain: str, start: int, end: int, pieces: int) -> Role:
    part = plain[start:end]
    roles = find_roles(part)
    if roles and roles[0][1]:
        return Role.SENDER
    if pieces > 1 and _REFUSED.search(part) and not _CHOSEN.search(part):
        return Role.REPLACED
    return Role.RECEIVER


def skip_numbering(plain: str) -> int:
    """Return the length of 1. or (2) in front of a piece."""
    found = _NUMBERING.match(plain)
    return found.end() if found else 0
