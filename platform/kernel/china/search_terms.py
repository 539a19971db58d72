"""Terms by which an array index finds codes, phone numbers and names, and the words that look for them.

A record keeps terms, each a mark of its field and a text: `p:5678` the end of a phone number, `r:张三` a receiver,
`r:zs` and `r:zhangs` his pinyin. A word of a search becomes the terms it may stand for. Where no kept term is as long
as the word, a shorter one leads to the records and a look at their terms decides.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, Literal

from kernel.china.pinyin import normalise, spellings

TAIL: Final = 4  # digits and letters of a code's end that find it
LONGEST_START: Final = 6  # letters of a spelling's beginning that are kept
MAX_SPELLINGS: Final = 4
MAX_LENGTH: Final = 100
MAX_WORDS: Final = 8

_PLAIN: Final = re.compile(r"[0-9a-z]+")
_NOT_PHONE: Final = re.compile(r"[^0-9*]+")
_WRITTEN_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]){8}(?![0-9])")
_GROUPED_CODE: Final = re.compile(r"[a-z]{0,4}(?:[ -]?[0-9]{2,})+")
_MIN_GROUPED: Final = 8
_MAX_LOCAL: Final = 8
_ABROAD: Final = re.compile(r"(?:00|\+)?(?:86(?=1[3-9][0-9]{9}$))?")


@dataclass(frozen=True, slots=True)
class Near:
    """A look at kept terms: those of the field `mark` that have the text at their end, at their start or inside.

    `key` is the term that leads to the records.
    """

    key: str
    mark: str
    text: str
    where: Literal["end", "start", "inside"]

    @property
    def like(self) -> str:
        """The pattern for LIKE; texts are letters and digits only, so nothing is to be escaped."""
        before = "" if self.where == "start" else "%"
        after = "" if self.where == "end" else "%"
        return f"{self.mark}{before}{self.text}{after}"

    def fits(self, term: str) -> bool:
        if not term.startswith(self.mark):
            return False
        kept = term.removeprefix(self.mark)
        if self.where == "end":
            return kept.endswith(self.text)
        return kept.startswith(self.text) if self.where == "start" else self.text in kept


@dataclass(frozen=True, slots=True)
class Word:
    """All that one word of a search may stand for; any of it is enough."""

    exact: frozenset[str]
    near: tuple[Near, ...] = ()

    @property
    def keys(self) -> list[str]:
        """All terms that lead to records, sorted."""
        return sorted(self.exact | {one.key for one in self.near})

    def find_marks(self, terms: Collection[str]) -> set[str]:
        """Return the marks of the record's fields that the word is found in."""
        found = {term.partition(":")[0] + ":" for term in terms if term in self.exact}
        return found | {one.mark for one in self.near if any(map(one.fits, terms))}

    def joined_with(self, others: Iterable["Word"]) -> "Word":
        words = [self, *others]
        exact = frozenset(term for word in words for term in word.exact)
        return Word(exact, tuple(near for word in words for near in word.near))


NOTHING: Final = Word(frozenset())


def split_words(text: str) -> list[str]:
    """Return the words of a search in small half-width letters, a phone or tracking number in groups as one word."""
    plain = normalise(text)[:MAX_LENGTH]
    if _GROUPED_CODE.fullmatch(plain) and sum(map(str.isdigit, plain)) >= _MIN_GROUPED:
        return [compact(plain)]
    joined = _WRITTEN_MOBILE.sub(lambda found: compact(found.group()), plain)
    return list(dict.fromkeys(filter(compact, joined.split())))[:MAX_WORDS]


def compact(text: str) -> str:
    """Return the letters and digits of the text, small and half-width."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def code_terms(mark: str, text: str) -> set[str]:
    """Return the terms of a number or code: whole, its end, and what stands before the first hyphen."""
    whole = compact(text)
    if not whole:
        return set()
    head = compact(text.partition("-")[0])
    return {mark + whole, mark + whole[-TAIL:], *([mark + head] if head else [])}


def code_word(mark: str, word: str) -> Word:
    """A code, its beginning up to a hyphen, or at least the last four of it."""
    text = compact(word)
    if not text.isascii():
        return NOTHING
    near = (Near(mark + text[-TAIL:], mark, text, "end"),) if len(text) > TAIL else ()
    return Word(frozenset({mark + text}), near)


def phone_terms(mark: str, text: str) -> set[str]:
    """Return the terms of a phone number, which may be masked or have an extension: each part whole, and its end."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    parts = [part for part in _NOT_PHONE.split(plain) if len(part) >= TAIL]
    if len(parts) > 1:
        parts.append("".join(parts))
    return {mark + end for part in parts for end in (part, part[-TAIL:])}


def phone_word(mark: str, word: str) -> Word:
    """A phone number, or at least its last four digits."""
    digits = re.sub(r"[-()]", "", word)
    if len(digits) > _MAX_LOCAL:  # 0001 is the end of a number and no call abroad
        digits = _ABROAD.sub("", digits, count=1)
    if len(digits) < TAIL or not (digits.isascii() and digits.isdigit()):
        return NOTHING
    near = (Near(mark + digits[-TAIL:], mark, digits, "end"),) if len(digits) > TAIL else ()
    return Word(frozenset({mark + digits}), near)


@lru_cache(maxsize=4_096)  # reading a name takes a tenth of a millisecond, and buyers come again
def name_terms(mark: str, name: str) -> frozenset[str]:
    """Return the terms of a person's name: whole, pairs of characters, beginnings of words and of pinyin."""
    plain = normalise(name)[:MAX_LENGTH]
    whole = compact(plain)
    if not whole:
        return frozenset()
    characters = _characters(plain)
    found = {whole, *characters, *(characters[at : at + 2] for at in range(len(characters) - 1))}
    for word in _PLAIN.findall(plain):
        found.update(_starts(word))
    if characters:
        for syllables in filter(None, islice(spellings(characters), MAX_SPELLINGS)):
            found.update(_starts("".join(one[0] for one in syllables)))
            found.update(_starts("".join(syllables)))
            if len(syllables) > 2:
                found.add("".join(syllables[1:]))
    return frozenset(mark + term for term in found)


def name_word(mark: str, word: str) -> Word:
    """A part of a name, the beginning of one of its words, its initials or its pinyin."""
    text = compact(word)
    if len(text) >= TAIL and text.isdigit():
        return NOTHING
    characters = _characters(text)
    if not characters:
        near = (Near(mark + text[:LONGEST_START], mark, text, "start"),) if len(text) > LONGEST_START else ()
        return Word(frozenset({mark + text}), near)
    if len(text) <= 2 and text == characters:
        return Word(frozenset({mark + text}))
    return Word(frozenset({mark + text}), (Near(mark + characters[:2], mark, text, "inside"),))


def id_word(mark: str, ids: Iterable[int]) -> Word:
    """Other records that were found by the word."""
    return Word(frozenset(f"{mark}{one}" for one in ids))


def _characters(plain: str) -> str:
    """Return what is no small Latin letter or digit: in practice the Chinese characters."""
    return "".join(filter(str.isalnum, _PLAIN.sub("", plain)))


def _starts(word: str) -> Iterator[str]:
    yield word
    for length in range(2, min(len(word), LONGEST_START + 1)):
        yield word[:length]
