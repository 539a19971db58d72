"""Find phone numbers with their extensions, tags of virtual numbers, and postcodes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tenant_apps.shipping.rules.reading.results import Doubt

_BEFORE: Final = r"(?<![\d*#])(?:\(?(?:\+|00)?\s?86\)?[\s\-]?)?"
# The likeliest way to group first: 139 0000 1201 after a room 1502 is not 1502 139 0000.
_MOBILES: Final = tuple(
    re.compile(_BEFORE + pattern + r"(?!\d|[\s\-]\d{4}(?!\d)|\*)")
    for pattern in (
        r"(1[3-9]\d{9})",
        r"(1[3-9]\d[\s\-.]{1,3}\d{4}[\s\-.]{1,3}\d{4})",
        r"(1[3-9]\d{2}[\s\-.]\d{3}[\s\-.]\d{4})",
        r"(1[3-9]\d[\s\-.]\d{8})",
        r"(1[3-9]\d{5}[\s\-.]\d{4})",
        r"(1[3-9]\d[\s\-.]\d{3}[\s\-.]\d{5})",
        r"(1[3-9]\d(?:[\s\-.]\d{2}){4})",
    )
)
_MOBILE_LAST: Final = re.compile(_BEFORE + r"(1[3-9]\d{9})(?=\s?[\-\[【(#转分]|[\s\-]\d{4}(?!\d))")
_GLUED: Final = re.compile(r"(?<![\d*])\d{12,16}(?![\d*])")
_LANDLINE: Final = re.compile(
    r"(?<![\d\-])(?:(?:\+|00)86[\s\-]?)?\(?(0(?:10|2\d|[3-9]\d{2}))\)?[\s\-]{0,2}([2-9]\d{6,7})(?!\d)"
)
_HOTLINE: Final = re.compile(r"(?<!\d)([48]00)[\s\-]?(\d{3,4})[\s\-]?(\d{3,4})(?!\d)")
_EXTENSION: Final = re.compile(r"\s?(?:-|转|,?\s?分机号?:?|ext\.?|#|_)\s?(\d{3,6})(?!\d)", re.IGNORECASE)
_TAG: Final = re.compile(r"[\[【]\s?(\d{4})\s?[\]】]")
_MASKED: Final = re.compile(r"(?<!\d)1\d{2}[*xX]{3,8}\d{2,4}(?!\d)")
_ALMOST: Final = re.compile(r"(?<![\d\-.A-Za-z#])1[3-9]\d{6,8}(?![\dA-Za-z])|(?<![\d\-.])1[3-9]\d{10,11}(?!\d)")
_ZIP: Final = re.compile(r"(?<![\w.\-#])(\d{6})(?![\w.\-#])")
_ZIP_LABEL: Final = re.compile(r"(?:邮政编码|邮编|zip(?:\s?code)?)[\s::]*(\d{6})(?!\d)", re.IGNORECASE)
# Taiwan, Hong Kong and Macau dial otherwise.
_ELSEWHERE: Final = re.compile(r"(?<!\d)(?:\+?(?:886|852|853)[\s\-]?\d{6,9}|09\d{2}[\s\-]\d{3}[\s\-]\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number at [start, end). `digits` is empty where it cannot be dialled; `candidates` are alternatives."""

    start: int
    end: int
    digits: str
    extension: str = ""
    doubt: Doubt = Doubt.NONE
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """Four digits in brackets behind a name or an address, as shops repeat a virtual number's extension."""

    start: int
    end: int
    digits: str


def find_tags(text: str) -> list[Tag]:
    return [Tag(found.start(), found.end(), found[1]) for found in _TAG.finditer(text)]


def find_numbers(text: str) -> list[Number]:
    """Return the phone numbers in order of the text."""
    taken: list[Number] = []
    for number in (*_mobiles(text), *_landlines(text), *_doubtful(text)):
        if all(number.end <= other.start or other.end <= number.start for other in taken):
            taken.append(number)
    return sorted((_extend(text, number) for number in taken), key=lambda one: one.start)


def _mobiles(text: str) -> Iterator[Number]:
    for pattern in (_MOBILES[0], _MOBILE_LAST, *_MOBILES[1:]):
        for found in pattern.finditer(text):
            yield Number(found.start(), found.end(), re.sub(r"\D", "", found[1]))
    for found in _GLUED.finditer(text):
        yield from _unglue(found)


def _unglue(found: re.Match[str]) -> Iterator[Number]:
    """A room number in front of the phone (50213800000000): sure where only one place in the digits can begin it."""
    digits = found[0]
    starts = [place for place in range(len(digits) - 10) if re.match(r"1[3-9]", digits[place:])]
    if starts == [len(digits) - 11]:
        yield Number(found.end() - 11, found.end(), digits[-11:])
    elif starts and starts != [0]:
        candidates = tuple(digits[place : place + 11] for place in reversed(starts))
        yield Number(found.start(), found.end(), "", doubt=Doubt.AMBIGUOUS, candidates=candidates)


def _landlines(text: str) -> Iterator[Number]:
    for found in _ELSEWHERE.finditer(text):
        yield Number(found.start(), found.end(), "", doubt=Doubt.OUTSIDE)
    for found in _LANDLINE.finditer(text):
        yield Number(found.start(), found.end(), f"{found[1]}-{found[2]}")
    for found in _HOTLINE.finditer(text):
        if sum(map(len, found.groups())) == 10:
            yield Number(found.start(), found.end(), "-".join(found.groups()))


def _doubtful(text: str) -> Iterator[Number]:
    for found in _MASKED.finditer(text):
        yield Number(found.start(), found.end(), "", doubt=Doubt.MASKED)
    for found in _ALMOST.finditer(text):
        yield Number(found.start(), found.end(), "", doubt=Doubt.INVALID, candidates=(found[0],))


def _extend(text: str, number: Number) -> Number:
    found = _EXTENSION.match(text, number.end)
    if found and number.digits:
        return replace(number, end=found.end(), extension=found[1])
    tag = _TAG.match(text, number.end) or _TAG.match(text, number.end + 1)
    if tag and number.digits:
        return replace(number, end=tag.end(), extension=tag[1])
    return number


def find_zip(text: str, province_code: str, taken: Iterable[tuple[int, int]]) -> tuple[int, int, str] | None:
    """Return (start, end, code) of a postcode: a labelled one, or six digits alone that lie in the province."""
    if found := _ZIP_LABEL.search(text):
        return found.start(), found.end(), found[1]
    spans = list(taken)
    for found in _ZIP.finditer(text):
        is_free = all(found.end() <= start or end <= found.start() for start, end in spans)
        if is_free and found[1][:2] in _ZIPS.get(province_code, ()):
            return found.start(), found.end(), found[1]
    return None


# First two digits of postcodes by province (GB/T 2260 code).
_ZIPS: Final = {
    "11": ("10",),
    "12": ("30",),
    "13": ("05", "06", "07"),
    "14": ("03", "04"),
    "15": ("01", "02"),
    "21": ("11", "12"),
    "22": ("13",),
    "23": ("15", "16"),
    "31": ("20",),
    "32": ("21", "22"),
    "33": ("31", "32"),
    "34": ("23", "24"),
    "35": ("35", "36"),
    "36": ("33", "34"),
    "37": ("25", "26", "27"),
    "41": ("45", "46", "47"),
    "42": ("43", "44"),
    "43": ("41", "42"),
    "44": ("51", "52"),
    "45": ("53", "54"),
    "46": ("57",),
    "50": ("40",),
    "51": ("61", "62", "63", "64"),
    "52": ("55", "56"),
    "53": ("65", "66", "67"),
    "54": ("85", "86"),
    "61": ("71", "72"),
    "62": ("73", "74"),
    "63": ("81",),
    "64": ("75",),
    "65": ("83", "84"),
}
