"""Search Chinese names by pinyin: 口红 is found by kouhong and by kh.

A character with several readings (多音字) is found by each of them, as far as the search text has room; the likeliest
readings in context come first.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import product

MAX_READINGS = 16
_READINGS_OF_ONE = 3


def normalise(text: str) -> str:
    """Return lower case, half-width, single spaces: the form for comparisons."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def spell(text: str) -> str:
    """Return the text in small ASCII letters and digits without spaces, Chinese by its likeliest pinyin: qimu."""
    from pypinyin import lazy_pinyin

    plain = normalise(text)
    spelt = [plain] if plain.isascii() else lazy_pinyin(plain, errors="default", v_to_u=False)
    return "".join(filter(_is_letter_or_digit, "".join(spelt).casefold()))


def search_text(*texts: str, longest: int) -> str:
    """Return the text that a search by `contains` looks through: the texts, their pinyin's initials, the pinyin.

    At most `longest` characters; whole words that do not fit are left out, the rarest readings first.
    """
    plain = normalise(" ".join(texts))
    words: list[str] = [plain[:longest]]
    left = longest - len(words[0])
    readings = _readings(plain)
    for word in (*_spellings([_initials(one) for one in readings]), *_spellings(readings)):
        if word not in words and len(word) < left:
            words.append(word)
            left -= len(word) + 1
    return " ".join(words)


def spellings(characters: str) -> Iterator[Sequence[str]]:
    """Yield the ways to read Chinese characters as pinyin, a syllable each, the likeliest first."""
    return _combine(_readings(normalise(characters)))


def _readings(plain: str) -> list[Sequence[str]]:
    """Return the readings of each character, the likeliest first; a run of letters and digits is one. ASCII only."""
    from pypinyin import Style, pinyin  # half a second of dictionaries, which most processes never need

    if plain.isascii():
        return []
    found: list[Sequence[str]] = []
    for options in pinyin(plain, style=Style.NORMAL, heteronym=True, v_to_u=False):
        spelt = ["".join(filter(_is_letter_or_digit, option.casefold())) for option in options[:_READINGS_OF_ONE]]
        known = [option for option in dict.fromkeys(spelt) if option]
        if known:
            found.append(known)
    return found


def _is_letter_or_digit(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _initials(options: Sequence[str]) -> Sequence[str]:
    return list(dict.fromkeys(option[0] for option in options))


def _spellings(readings: Sequence[Sequence[str]]) -> Iterator[str]:
    return filter(None, map("".join, _combine(readings)))


def _combine(readings: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Yield all combinations if they are few; else the likeliest, and it with one character read differently."""
    combinations = 1
    for options in readings:
        combinations *= len(options)
    if combinations <= MAX_READINGS:
        yield from product(*readings)
        return
    likeliest = [options[0] for options in readings]
    yield likeliest
    for place, options in enumerate(readings):
        for option in options[1:]:
            yield [*likeliest[:place], option, *likeliest[place + 1 :]]
