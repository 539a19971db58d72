"""Choose the receiver's name among the words of a piece."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tenant_apps.shipping.rules.reading.goods import Goods
from tenant_apps.shipping.rules.reading.people import bare_name, is_product, judge_name, may_follow_address
from tenant_apps.shipping.rules.reading.results import SURE, Doubt, ReadField
from tenant_apps.shipping.rules.reading.sorting import Sorted
from tenant_apps.shipping.rules.reading.sources import Source
from tenant_apps.shipping.rules.reading.tokens import Token

_NEAR: Final = 3
_BESIDE_PHONE: Final = 5
# A house number or the like; a name may follow it without a blank (1栋张三).
_STRONG_END: Final = re.compile(r"(?:[东西南北前后正侧大]门|号|栋|幢|楼|层|室|单元|座|户|房|铺|\d|[A-Za-z]|[)）])$")
_WEAK_END: Final = re.compile(
    r"(?:苑|园|小区|花园|城|村|店|厦|广场|公寓|校|院|公司|中心|组|队|屯|庄|湾|府|庭|家园|社区|市场|超市|宿舍|部|厂|口|路|街|巷|弄)$"
)
_LONGEST_TAIL: Final = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words that may be the name, from a token."""

    text: str
    start: int
    end: int
    score: int
    token: Token


@dataclass(frozen=True, slots=True)
class FoundName:
    """The name as a field."""

    field: ReadField


def find_name(found: Sorted, source: Source, phones: Sequence[tuple[int, int]]) -> FoundName:
    """Choose the name, and take it out of the other words. Goods that only look like a name are told from it."""
    for token in found.named:
        text = bare_name(token.text)
        if "*" in text or "＊" in text:
            return FoundName(ReadField("", 0, (source.span(token.start, token.end),), Doubt.MASKED))
        if text:
            return FoundName(ReadField(text, 99, (source.span(token.start, token.end),), Doubt.NONE))
    candidates = sorted(_candidates(found, source, phones), key=lambda one: -one.score)
    chosen = _choose(candidates, phones)
    if chosen is None:
        return FoundName(_blank(candidates, found, source))
    _take_out(found, chosen)
    _read_products(found)
    return FoundName(
        ReadField(chosen.text, min(chosen.score, 97), (source.span(chosen.start, chosen.end),), Doubt.NONE)
    )


def _blank(candidates: Sequence[Candidate], found: Sorted, source: Source) -> ReadField:
    masked = next((token for token in found.unread if "*" in token.text), None)
    if masked:
        found.unread.remove(masked)
        return ReadField("", 0, (source.span(masked.start, masked.end),), Doubt.MASKED)
    if not candidates:
        return ReadField()
    spans = tuple(source.span(one.start, one.end) for one in candidates)
    return ReadField("", candidates[0].score, spans, Doubt.AMBIGUOUS, tuple(one.text for one in candidates))


def _candidates(found: Sorted, source: Source, phones: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    for token in found.unread:
        text = bare_name(token.text)
        score = judge_name(text, bare_name(token.plain))
        if score:
            yield Candidate(text, token.start, token.end, score + _nearness(token.start, token.end, phones), token)
    if not any(judge_name(bare_name(token.text), bare_name(token.plain)) >= SURE for token in found.unread):
        for token in found.address:
            yield from _tail(token, phones, source)


def _nearness(start: int, end: int, phones: Sequence[tuple[int, int]]) -> int:
    beside = any(0 <= first - end <= _NEAR or 0 <= start - last <= _NEAR for first, last in phones)
    return _BESIDE_PHONE if beside else 0


def _tail(token: Token, phones: Sequence[tuple[int, int]], source: Source) -> Iterator[Candidate]:
    """Return a name glued to the end of the address (…1栋张三), in front of the phone or at the end of all."""
    is_last = token.end == len(source.text.rstrip())
    if not is_last and not any(0 <= first - token.end <= _NEAR for first, _last in phones):
        return
    for length in range(min(_LONGEST_TAIL, len(token.text) - 2), 1, -1):
        head = token.plain[:-length]
        strong = _STRONG_END.search(head)
        if not strong and not _WEAK_END.search(head):
            continue
        text = token.text[-length:]
        score = judge_name(bare_name(text), bare_name(token.plain[-length:]))
        if score >= SURE and may_follow_address(token.plain[-length:]):
            yield Candidate(bare_name(text), token.end - length, token.end, score if strong else SURE - 10, token)
            return


def _choose(candidates: Sequence[Candidate], phones: Sequence[tuple[int, int]]) -> Candidate | None:
    """Return the only sure candidate, or the only one beside the phone of several."""
    sure = [one for one in candidates if one.score - _nearness(one.start, one.end, phones) >= SURE]
    if len(sure) <= 1:
        return sure[0] if sure else None
    if len({one.text for one in sure}) == 1:
        return sure[0]
    beside = [one for one in sure if _nearness(one.start, one.end, phones)]
    return beside[0] if len(beside) == 1 else None


def _take_out(found: Sorted, chosen: Candidate) -> None:
    if chosen.token in found.unread:
        found.unread.remove(chosen.token)
        return
    place = found.address.index(chosen.token)
    length = chosen.start - chosen.token.start
    found.address[place] = replace(
        chosen.token, end=chosen.start, text=chosen.token.text[:length], plain=chosen.token.plain[:length]
    )


def _read_products(found: Sorted) -> None:
    """Words beside a known name that can only be goods (面霜), without a quantity."""
    for token in [one for one in found.unread if is_product(one.plain) and not any(c.isdigit() for c in one.text)]:
        found.unread.remove(token)
        found.goods.append(Goods(token.text, None, "", token.start, token.end))
