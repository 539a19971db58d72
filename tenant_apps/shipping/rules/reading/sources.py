"""The text as given, the form in which it is compared, and the way back from one to the other."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tenant_apps.shipping.rules.reading.results import Span

DATA: Final = Path(__file__).parent / "data"
MAX_LENGTH: Final = 4_000
# Numbering like ① begins a new entry; NFKC would make a digit of it, which joins the room before.
_CIRCLED: Final = frozenset("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳❶❷❸❹❺❻❼❽❾❿")
# WeChat wraps copied numbers in invisible marks of direction; emoji carry selectors.
_DROPPED: Final = frozenset({"Cf", "Mn", "Me", "Cc"})
_PICTURES: Final = frozenset({"So", "Sk", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Source:
    """`text` is half width (NFKC), `plain` also simplified, of the same length; `origins` maps to the original."""

    text: str
    plain: str
    origins: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Return the characters [start, end) in the original."""
        return Span(self.origins[start], self.origins[end - 1] + 1)


def read_words(name: str) -> list[str]:
    """Return the words of a data file; some are regular expressions."""
    return (DATA / f"{name}.txt").read_text(encoding="utf-8").split()


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    pairs = (DATA / "simplified.txt").read_text(encoding="utf-8").split()
    return {ord(pair[0]): pair[1] for pair in pairs}


def prepare(original: str) -> Source:
    """Normalise a text character by character, so that every place is known in the original."""
    letters: list[str] = []
    origins: list[int] = []
    for place, letter in enumerate(original[:MAX_LENGTH]):
        for one in _normal(letter):
            letters.append(one)
            origins.append(place)
    text = "".join(letters)
    return Source(text=text, plain=text.translate(_simplified()), origins=tuple(origins))


def _normal(letter: str) -> str:
    if letter in "\n\r\u2028\u2029" or letter in _CIRCLED:
        return "\n"
    if letter == "\t" or letter.isspace():
        return " "
    if ord(letter) in _simplified():
        return letter  # radicals that look like characters count as pictures
    if letter in "✖✕╳":
        return "×"
    category = unicodedata.category(letter)
    if category in _DROPPED:
        return ""
    if category in _PICTURES:
        return " "
    # Dashes of all kinds part a number from its extension.
    return "-" if category == "Pd" else unicodedata.normalize("NFKC", letter)
