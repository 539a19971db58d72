"""Read a pasted text into receivers, goods and remarks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tenant_apps.shipping.rules.reading import naming
from tenant_apps.shipping.rules.reading.chains import Chain, find_chains
from tenant_apps.shipping.rules.reading.gazetteer import Gazetteer, Kind, belongs_to, load_gazetteer
from tenant_apps.shipping.rules.reading.numbers import Number, find_numbers, find_tags, find_zip
from tenant_apps.shipping.rules.reading.pieces import cut_pieces, hide, skip_numbering
from tenant_apps.shipping.rules.reading.places import Finding, locate, names_of
from tenant_apps.shipping.rules.reading.results import (
    Doubt,
    ReadField,
    ReadGoods,
    ReadNote,
    ReadPlace,
    ReadReceiver,
    ReadText,
)
from tenant_apps.shipping.rules.reading.sorting import Sorted, Sorter
from tenant_apps.shipping.rules.reading.sources import Source, prepare
from tenant_apps.shipping.rules.reading.tokens import Token, find_labels, split_tokens

_OUTSIDE: Final = re.compile(
    r"(?:^|(?<=[\s,:;|\0/]))(?:中国)?(?:台湾|香港|澳门|台北|新北市|台中市|台南|高雄|基隆|桃园市|新竹|嘉义|九龙|新界|港岛|氹仔|美国|加拿大|日本|韩国|英国|法国|德国|"
    r"澳大利亚|澳洲|新加坡|马来西亚|泰国|越南|hong\s?kong|taiwan|macau|macao)"
    r"(?![东西南北中]{0,2}[一二三]?(?:路|街|大道|城|广场|花园|村|苑|园|风情|菜|餐|小吃|烤肉))",
    re.IGNORECASE,
)
_SAME: Final = re.compile(
    r"同上|老地址|地址不变|(?:上次|以前|之前|原来)的?(?:那个)?地址|还是(?:那个|上次的?)地址|地址(?:同|跟|和)上"
)
# A company that bears its city's name: 惠州市美颜贸易有限公司.
_COMPANY: Final = re.compile(r"[一-鿿]{2,16}公司(?=$|[\s,:;|\0/])")
# Divisions nobody knows stay in front of the street: the clerk parts them.
_DIVISIONS: Final = re.compile(r"[一-鿿]{2,7}(?:省|市|区|县|州|盟|旗)")


@dataclass(frozen=True, slots=True)
class _Places:
    """The place of a piece, and where its divisions stand."""

    finding: Finding
    spans: tuple[tuple[int, int], ...]
    start: int
    end: int


def read(text: str) -> ReadText:
    """Read a text of at most MAX_LENGTH characters; what is longer is not looked at."""
    source = prepare(text)
    gazetteer = load_gazetteer()
    receivers: list[ReadReceiver] = []
    loose: list[ReadReceiver] = []
    for piece in cut_pieces(source, gazetteer):
        part = Source(
            source.text[piece.start : piece.end],
            source.plain[piece.start : piece.end],
            source.origins[piece.start : piece.end],
        )
        read_part = replace(_read_piece(part, gazetteer), role=piece.role)
        (receivers if _names_somebody(read_part) else loose).append(read_part)
    if not receivers or len(receivers) > 1:
        return ReadText(
            receivers=tuple(receivers),
            goods=tuple(one for part in loose for one in part.goods),
            remarks=tuple(one for part in loose for one in part.remarks),
            rest=tuple(one for part in loose for one in part.rest),
        )
    only = receivers[0]
    return ReadText(
        receivers=(
            replace(
                only,
                goods=(*only.goods, *(one for part in loose for one in part.goods)),
                remarks=(*only.remarks, *(one for part in loose for one in part.remarks)),
                rest=(*only.rest, *(one for part in loose for one in part.rest)),
            ),
        )
    )


def _names_somebody(part: ReadReceiver) -> bool:
    phone_is_named = part.phone.value or part.phone.doubt is not Doubt.MISSING
    place_is_named = part.place.province or part.place.doubt is not Doubt.MISSING
    return bool(phone_is_named or place_is_named or part.detail.value)


def _read_piece(source: Source, gazetteer: Gazetteer) -> ReadReceiver:
    numbers = find_numbers(source.text)
    tags = find_tags(source.text)
    labels = find_labels(source.plain)
    blocked = [(one.start, one.end) for one in numbers] + [(one.start, one.end) for one in tags]
    numbering = skip_numbering(source.plain)
    shown = hide(hide(source.plain, [(one.start, one.end) for one in labels], " "), blocked, "\0")
    places = _find_place(shown, gazetteer)
    code = places.finding.code
    zip_found = find_zip(source.text, code[:2], blocked)
    taken = [*blocked, *places.spans, *([(0, numbering)] if numbering else [])]
    if zip_found:
        taken.append(zip_found[:2])
    tokens = split_tokens(source, taken, [label for label in labels if not zip_found or label.end != zip_found[0]])
    stops = [number.start for number in numbers]
    found = Sorter(tokens, (places.start, places.end), stops).sort()
    phones = [(number.start, number.end) for number in numbers]
    name = naming.find_name(found, source, phones)
    receiver = ReadReceiver(
        name=name.field,
        place=_place(places, source),
        detail=_detail(found.address, _doubtful_words(found, stops, source), source, is_placed=len(code) >= 4),
        zip_code=zip_found[2] if zip_found else "",
        goods=tuple(_goods(found, source)),
        remarks=tuple(ReadNote(one.text, source.span(one.start, one.end)) for one in found.remarks),
        rest=tuple(ReadNote(one.text, source.span(one.start, one.end)) for one in found.unread),
    )
    return _with_phone(receiver, numbers, [tag.digits for tag in tags], source)


def _find_place(shown: str, gazetteer: Gazetteer) -> _Places:
    chains = find_chains(shown, gazetteer)
    best = max(chains, key=lambda one: (one.is_strong, one.score, -one.start), default=None)
    outside = _OUTSIDE.search(shown)
    if outside and (best is None or not best.is_strong):
        return _Places(Finding("", 0, Doubt.OUTSIDE), (outside.span(),), *outside.span())
    if best is None:
        doubt = Doubt.SAME if _SAME.search(shown) else Doubt.MISSING
        return _Places(Finding("", 0, doubt), (), -1, -1)
    finding = locate(best, shown, gazetteer)
    spans = [(best.start, best.end)]
    end = best.end
    for other in (one for one in chains if one is not best and not _begins_company(one, shown)):
        merged = _merge(finding, other, shown, gazetteer)
        if merged is None:
            continue
        finding, belongs = merged
        if belongs:
            spans.append((other.start, other.end))
            end = max(end, other.end) if other.start - end < 8 or other.start > best.end else end
    return _Places(finding, tuple(spans), min(spans)[0], end)


def _begins_company(chain: Chain, shown: str) -> bool:
    """Return whether a run of divisions beside the address is the beginning of a company's name."""
    return chain.is_at_boundary and _COMPANY.match(shown, chain.end) is not None


def _merge(finding: Finding, other: Chain, shown: str, gazetteer: Gazetteer) -> tuple[Finding, bool] | None:
    """Return the finding with another run of divisions, and whether that run belongs to it; None if it says nothing."""
    if not other.is_at_boundary and len(other.steps) == 1:
        return None
    code = finding.code
    deeper = {one for one in other.last.codes if code and belongs_to(one, code)}
    agreeing = {one for one in other.last.codes if code and (one == code or belongs_to(code, one))}
    if agreeing and other.last.kind is not Kind.SHORT:
        return finding, True
    if len(deeper) == 1 and other.last.kind is not Kind.SHORT and len(code) < 6:
        only = deeper.pop()
        if len(only) == 6:
            return Finding(only, 90), True
        return Finding(only, 0, finding.doubt), True
    if other.is_strong and other.last.kind is not Kind.SHORT and not agreeing and not deeper:
        second = locate(other, shown, gazetteer)
        candidates = tuple(one for one in (finding.code, second.code) if len(one) == 6)
        return Finding("", 0, Doubt.AMBIGUOUS, candidates or finding.candidates), True
    return None


def _place(places: _Places, source: Source) -> ReadPlace:
    finding = places.finding
    province, city, district = names_of(finding.code) if finding.code else ("", "", "")
    return ReadPlace(
        code=finding.code if len(finding.code) == 6 else "",
        province=province,
        city=city,
        district=district,
        confidence=finding.confidence,
        spans=tuple(source.span(start, end) for start, end in sorted(places.spans)),
        doubt=finding.doubt,
        candidates=finding.candidates,
    )


def _doubtful_words(found: Sorted, stops: Sequence[int], source: Source) -> list[Token]:
    """Return words behind the address that are neither name nor goods, and may be a part of it."""
    others = [one.start for one in found.goods] + [one.start for one in found.remarks]
    return [
        token
        for token in found.unread
        if any(
            part.end <= token.start
            and "\n" not in source.text[part.end : token.start]
            and not any(part.end <= start < token.start for start in others)
            and not any(part.end <= stop <= token.start for stop in stops)
            for part in found.address
        )
    ]


def _detail(address: Sequence[Token], doubtful: Sequence[Token], source: Source, *, is_placed: bool) -> ReadField:
    if not address:
        return ReadField()
    spans = tuple(source.span(token.start, token.end) for token in address)
    text = _join(address)
    if not is_placed and _DIVISIONS.match(text):
        return ReadField("", 50, spans, Doubt.AMBIGUOUS, (text,))
    if doubtful:
        longer = _join(sorted([*address, *doubtful], key=lambda one: one.start))
        return ReadField("", 60, spans, Doubt.AMBIGUOUS, (longer, text))
    return ReadField(text, 90, spans, Doubt.NONE)


def _join(address: Sequence[Token]) -> str:
    text = ""
    for token in address:
        # A blank between 88 and 302 keeps them apart.
        parts = (
            text and text[-1:].isascii() and text[-1:].isalnum() and token.text[0].isascii() and token.text[0].isalnum()
        )
        text += f" {token.text}" if parts else token.text
    return text


def _goods(found: Sorted, source: Source) -> Iterable[ReadGoods]:
    for one in sorted(found.goods, key=lambda goods: goods.start):
        yield ReadGoods(one.words, one.quantity, one.unit, source.span(one.start, one.end))


def _with_phone(receiver: ReadReceiver, numbers: Sequence[Number], tags: Sequence[str], source: Source) -> ReadReceiver:
    good = [number for number in numbers if number.digits]
    mobile = [number for number in good if "-" not in number.digits]
    if not good:
        doubtful = numbers[0] if numbers else None
        if doubtful is None:
            return receiver
        span = (source.span(doubtful.start, doubtful.end),)
        return replace(receiver, phone=ReadField("", 0, span, doubtful.doubt, doubtful.candidates))
    chosen = (mobile or good)[0]
    repeated = set(tags)
    extension = chosen.extension or (repeated.pop() if len(repeated) == 1 else "")
    others = dict.fromkeys(number.digits for number in good if number.digits != chosen.digits)
    return replace(
        receiver,
        phone=ReadField(chosen.digits, 98, (source.span(chosen.start, chosen.end),), Doubt.NONE),
        extension=extension,
        other_phones=tuple(others),
    )
