"""The corpus of pasted texts with their right answers, and the comparison with what was read."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from kernel.china.divisions import NO_CITIES, load_divisions
from tenant_apps.shipping.rules.reading.reading import read
from tenant_apps.shipping.rules.reading.results import Doubt, ReadReceiver, Role

DATA = Path(__file__).parent / "data"
SEPARATOR = "¦"
FILES = ("texts.txt", "texts_second.txt", "texts_third.txt")


@dataclass(frozen=True)
class Answer:
    """Fields of one receiver; "" where nobody could know. `place` is a code, "" or "-" for refused."""

    name: str
    phone: str
    place: str
    detail: str
    goods: str


@dataclass(frozen=True)
class Case:
    kind: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Outcome:
    """Differences of a reading. `wrong` fields were given surely, and are not right."""

    case: Case
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.missed and not self.wrong


def load_cases(name: str) -> list[Case]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [_case(line) for line in lines if line and not line.startswith("#")]


def _case(line: str) -> Case:
    kind, text, *columns = (part.strip() for part in line.split(SEPARATOR))
    fields = [[value.strip() for value in column.split("||")] for column in columns]
    count = max(map(len, fields))
    rows = [[column[place] if place < len(column) else "" for column in fields] for place in range(count)]
    answers = tuple(
        Answer(name, phone, _code(place), _tidy(detail), goods) for name, phone, place, detail, goods in rows
    )
    return Case(kind, text.replace("\\n", "\n").replace("\\t", "\t"), answers)


def _code(words: str) -> str:
    if words in {"?", "-", ""}:
        return "" if words == "?" else words
    names = words.split()
    found = [
        place.district_code
        for place in load_divisions().districts.values()
        if [place.province, *([] if place.city in NO_CITIES else [place.city]), place.district] == names
    ]
    assert len(found) == 1, words
    return found[0]


def _tidy(text: str) -> str:
    return re.sub(r"[\s,，、]", "", unicodedata.normalize("NFKC", text))


def judge(case: Case) -> Outcome:
    """Read the text and compare field by field."""
    receivers = [one for one in read(case.text).receivers if one.role is Role.RECEIVER]
    missed: list[str] = []
    wrong: list[str] = []
    if len(receivers) != len(case.answers):
        (wrong if receivers else missed).append(f"{len(receivers)} receivers")
    for receiver, answer in zip(receivers, case.answers, strict=False):
        for field, found, right in _compare(receiver, answer):
            if found != right:
                (missed if _is_part(field, found, right) else wrong).append(f"{field}: {found!r} for {right!r}")
    return Outcome(case, tuple(missed), tuple(wrong))


def _is_part(field: str, found: str, right: str) -> bool:
    """Return whether nothing was said that is not right. Goods not read are shown as the rest."""
    return not found or (field == "goods" and set(found.split(";")) <= set(right.split(";")))


def _compare(receiver: ReadReceiver, answer: Answer) -> list[tuple[str, str, str]]:
    place = "-" if receiver.place.doubt is Doubt.OUTSIDE else receiver.place.code
    phone = "-".join(filter(None, (receiver.phone.value, receiver.extension)))
    goods = ";".join(
        one.words.replace(" ", "") + (f"*{one.quantity}" if one.quantity else "") for one in receiver.goods
    )
    found = [("name", receiver.name.value, answer.name), ("phone", phone, answer.phone), ("place", place, answer.place)]
    if answer.place != "-":
        found.append(("detail", _tidy(receiver.detail.value), answer.detail))
    return [*found, ("goods", goods, answer.goods)]
