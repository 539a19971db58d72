"""Read goods with their quantities, and tell remarks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tenant_apps.shipping.rules.reading.sources import read_words

_UNITS: Final = "|".join(read_words("units"))
_CHINESE: Final = {
    "一": 1,
    "二": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "半": 0,
}
_COUNT: Final = r"(?:\d{1,4}|[一二两俩三四五六七八九十]{1,3})"
_SPEC: Final = (
    r"(?:\d+(?:\.\d+)?(?:ml|l|g|kg|克|毫升|升|码|寸|cm|mm|号色|号|色|岁|片装|粒装|支装|包装|°|度|%|w|s|m|段)(?![a-z]))"
)
_WORD: Final = rf"(?:{_SPEC}|\([^()]{{1,12}}\)|[^\d\s])"
_ASKED: Final = re.compile(
    r"^(?:我?想?要买?|我?想买|再来|给我来?|帮我(?:拿|下单|下|发|拍)|购买|需要|下单|订购|(?:拍|买|订|拿|补)(?:了|下)|再加|再要|另外|还要|发我|补发|补货"
    r"|(?:拍|买|订|拿|补|来|发|加|送|共|货)(?=[\d一二两三四五六七八九十]))[:: ]?"
)
_TIMES: Final = r"\s?(?:[xX×*]|数量[:: ]?)\s?"
# 面霜*2瓶, 面霜2, 面霜两瓶, 2盒蓝莓; the number alone counts only where it is no size.
_BEHIND: Final = re.compile(
    rf"(?P<words>{_WORD}+?(?:\s{_WORD}+?)*?)\s?(?:(?:{_TIMES})(?P<times>{_COUNT})(?P<u1>{_UNITS})?|(?P<many>{_COUNT})\s?(?P<u2>{_UNITS})(?!装)|(?<!-)(?P<bare>\d{{1,3}}))"
    rf"(?=$|[^\da-zA-Z.%°码寸色号克岁度段升片粒支毫公])",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    rf"(?P<many>{_COUNT})\s?(?P<u2>{_UNITS})(?:装)?的?\s?(?P<words>[^\d\s一二两俩三四五六七八九十]{_WORD}*?)(?=$|{_COUNT}\s?(?:{_UNITS}))",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(rf"(?:[xX×*]\s?)?(?P<many>{_COUNT})(?P<u2>{_UNITS})?", re.IGNORECASE)
# No whole number of pieces: the clerk decides.
_HALF: Final = re.compile(
    rf"[一-鿿]{{1,10}}(?:半\s?(?:{_UNITS})|若干|少许|(?:[一二两三四五六七八九十\d]+)(?:{_UNITS})半)"
)
_EACH: Final = re.compile(rf"(?P<words>.*?)各(?:要|来)?\s?(?P<many>{_COUNT})(?P<u2>{_UNITS})?$")
_ADDRESS: Final = re.compile(
    r"[路街巷弄](?!由)|大道|号楼|号院|\d号(?![色前后到之左上下晚]|$)|栋|幢|单元|小区|[^市]镇|乡|村|大厦|广场|公寓|花园|\d层|\d楼|\d室|\d座|门牌|楼|驿站|学校|医院|\d-\d|组$|社区|街道|园区|厂区|校区|宿舍|苑|期\d"
)
_REMARK: Final = re.compile("|".join(read_words("remarks")))


@dataclass(frozen=True, slots=True)
class Goods:
    """Words and quantity at [start, end) of a token."""

    words: str
    quantity: int | None
    unit: str
    start: int
    end: int


def is_remark(plain: str) -> bool:
    return _REMARK.search(plain) is not None


def looks_like_address(plain: str) -> bool:
    return _ADDRESS.search(plain) is not None


def read_goods(token: str, *, is_labelled: bool = False) -> list[Goods]:
    """Return the goods if the whole token is goods; nothing else. Places are those of the token."""
    start = 0
    while found := _ASKED.match(token, start) if start == 0 else None:
        start = found.end()
    if _ADDRESS.search(token[start:]) and not is_labelled:
        return []
    for pattern in (_BEFORE, _BEHIND):
        if goods := list(_cover(token, start, pattern)):
            return goods
    if _HALF.fullmatch(token[start:]):
        return [Goods(token[start:], None, "", start, len(token))]
    if is_labelled and token[start:].strip():
        return [Goods(token[start:].strip(), None, "", start, len(token))]
    return []


def _cover(token: str, start: int, pattern: re.Pattern[str]) -> Iterator[Goods]:
    """Yield the matches if they cover the token, but for signs between them."""
    place = start
    found: list[Goods] = []
    while place < len(token):
        match = pattern.match(token, place)
        if match is None or not (words := _tidy(match["words"])) or not _is_word(words):
            return
        found.append(Goods(words, *_amount(match), match.start(), match.end()))
        place = match.end()
        while place < len(token) and token[place] in " +,、和&加":
            place += 1
    yield from found


def _tidy(words: str) -> str:
    return words.strip(" 的:：-+,，、*×和要")


def _is_word(words: str) -> bool:
    return any(letter.isalpha() for letter in words) and len(words) > 1


def _amount(match: re.Match[str]) -> tuple[int, str]:
    groups = match.groupdict()
    number = groups.get("times") or groups.get("many") or groups.get("bare") or ""
    return count_of(number), groups.get("u1") or groups.get("u2") or ""


def count_of(number: str) -> int:
    """Return 12 for 12 and 十二."""
    if number.isdecimal():
        return int(number)
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return _CHINESE.get(number[-1:], 0)
    return (_CHINESE.get(tens, 1) if tens else 1) * 10 + _CHINESE.get(ones, 0)


def read_amount(token: str) -> tuple[int, str] | None:
    """Return quantity and unit of a token that is an amount only (x2, 两瓶)."""
    found = _ALONE.fullmatch(token.strip())
    return (count_of(found["many"]), found["u2"] or "") if found and count_of(found["many"]) else None


def read_each(token: str) -> tuple[str, int, str] | None:
    """Return the words before, quantity and unit of 各2瓶."""
    found = _EACH.fullmatch(token.strip())
    return (found["words"].strip(), count_of(found["many"]), found["u2"] or "") if found else None
