"""Values of cells: text, identifiers, numbers, dates. Whatever is not clearly one of them is refused.

Readers take a cell as text, return the value and raise CellRefused; an empty cell is the caller's to judge.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from kernel.china.pinyin import normalise
from kernel.core.errors import Text
from kernel.files.spreadsheets import FORMULA_STARTS

MAX_IDENTIFIER_LENGTH: Final = 64
MAX_YEARS_OFF: Final = 2

# Empty words of the shops' exports; a cell with one of them says nothing.
NOTHING: Final = frozenset({"", "-", "--", "—", "——", "/", "无", "null", "none", "n/a", "#n/a"})

_FORMULA_TEXT: Final = re.compile(r'="((?:[^"]|"")*)"')
_LEADING_MARK: Final = re.compile(r"['`’‘]+(?=\S)")
_BLANKS: Final = re.compile(r"\s+")
# Fillers that no font shows and Unicode does not count among the blanks.
_FILLERS: Final = str.maketrans(dict.fromkeys("\u115f\u1160\u3164\uffa0\u2800\u180e", " "))
_VARIATION_SELECTORS: Final = re.compile("[\ufe00-\ufe0f]")
_EXPONENT: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?e[+-][0-9]+|[0-9]+\.[0-9]+e[0-9]+)", re.IGNORECASE)
# A float cell of 10^15 or more as `cell_text` writes it: its last digits are no longer those that were typed.
_LARGE_FLOAT: Final = re.compile(r"[+-]?[0-9]{16,}\.0+")
_NUMBER: Final = re.compile(
    r"([+-]?)(?:¥ ?)?([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,12})?)(?: ?元)?"
)
_SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]{1,15})?")
_SERIAL_ORIGIN: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial has no zone; the reader adds it
_DAY: Final = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2})"
    r"|年([0-9]{1,2})月([0-9]{1,2})[日号]|([0-9]{2})([0-9]{2}))"
)
_CLOCK: Final = re.compile(
    r"([0-9]{1,2})(?:[:时点]([0-9]{1,2})分?)(?:[:]?([0-9]{1,2})秒?(?:\.[0-9]{1,9})?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.I,
)
_TRUE: Final = frozenset({"yes", "y", "true", "1", "是", "对", "有", "上架", "在售"})
_FALSE: Final = frozenset({"no", "n", "false", "0", "否", "不", "无", "下架", "停售"})


class CellRefused(ValueError):
    """A cell that cannot be read: a stable code, and a sentence for the person at the file."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def clean_text(text: str) -> str:
    """The text without what nobody sees: control and zero-width characters out, runs of blanks as one, ends bare.

    Line breaks become blanks. The mark against formulas that exports put in front is taken off.
    """
    if text.isascii() and text.isprintable():
        if "  " in text:
            text = _BLANKS.sub(" ", text)
        return _without_formula_mark(text.strip())
    kept = [
        " " if letter.isspace() else letter
        for letter in text.translate(_FILLERS)
        if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
    ]
    return _without_formula_mark(_BLANKS.sub(" ", "".join(kept)).strip())


def clean_identifier(text: str) -> str:
    """The text as identifiers are compared: NFKC, nothing invisible, guards of spreadsheet programs off.

    Guards are `="123"`, `'123`, `` `123 `` and a leading tab, in any combination.
    """
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", _VARIATION_SELECTORS.sub("", clean_text(text)))
    text = text.strip()
    while True:
        bare = text
        if match := _FORMULA_TEXT.fullmatch(bare):
            bare = match[1].replace('""', '"').strip()
        bare = _LEADING_MARK.sub("", bare, count=1) if bare[:1] in {"'", "`", "’", "‘"} else bare
        if bare == text:
            return clean_text(text)
        text = bare


def read_identifier(text: str, *, max_length: int = MAX_IDENTIFIER_LENGTH) -> str:
    """An order number, SKU, barcode or tracking number as text, unchanged but for `clean_identifier`.

    Refused: `damaged_identifier` for what a spreadsheet program made a number of and rounded, `too_long`.
    """
    identifier = clean_identifier(text)
    if _EXPONENT.fullmatch(identifier) or _LARGE_FLOAT.fullmatch(identifier):
        raise CellRefused(
            "damaged_identifier",
            _("A spreadsheet program rounded this number. Format the column as text and export it again."),
        )
    # A program that read an id as a number left `17850.0` behind.
    if identifier.endswith(".0") and identifier[:-2].isascii() and identifier[:-2].isdigit():
        identifier = identifier[:-2]
    if len(identifier) > max_length:
        raise CellRefused("too_long", _("The text has more than %(count)d characters.") % {"count": max_length})
    return identifier


def read_text(text: str, *, max_length: int) -> str:
    """Free text, cleaned. Refused: `too_long`."""
    cleaned = clean_text(text)
    if len(cleaned) > max_length:
        raise CellRefused("too_long", _("The text has more than %(count)d characters.") % {"count": max_length})
    return cleaned


def read_decimal(text: str) -> Decimal:
    """A number: digits with a point, commas only between groups of three; `¥`, `￥` and `元` may stand around it.

    Full-width forms are read. Refused: `bad_number` for anything else, among it `12,50`, `1.234,50` and `1e3`.
    """
    plain = clean_identifier(text).replace("−", "-")
    match = _NUMBER.fullmatch(plain)
    if match is None or (match[1] and match[2]):
        raise CellRefused("bad_number", _("This is not a number such as 1234.50 or 1,234.50."))
    return Decimal(f"{match[1] or match[2]}{match[3].replace(',', '')}")


def read_whole(text: str) -> int:
    """A whole number; `3.0` is 3. Refused: `bad_number`."""
    value = read_decimal(text)
    if value != value.to_integral_value():
        raise CellRefused("bad_number", _("This is not a whole number."))
    return int(value)


def read_rate(text: str) -> Decimal:
    """A share: `13%`, `13` and `0.13` are all 0.13. Refused: `bad_number`."""
    plain = clean_identifier(text)
    if plain.endswith("%"):
        return read_decimal(plain[:-1]) / 100
    value = read_decimal(plain)
    return value / 100 if abs(value) >= 1 else value


def read_yes_no(text: str) -> bool:
    """Refused: `bad_word`."""
    word = normalise(clean_identifier(text))
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise CellRefused("bad_word", _("This is yes or no."))


def read_moment(text: str, *, zone: ZoneInfo) -> datetime:
    """A moment in UTC; without an offset it is a time of `zone`, without a time the beginning of that day.

    Reads `2026-1-5 9:05`, `2026/1/5`, `2026.01.05`, `2026年1月5日`, `20260105`, ISO 8601 and Excel's serial numbers.
    Refused: `bad_date`.
    """
    plain = clean_identifier(text)
    if _SERIAL.fullmatch(plain):
        days = Decimal(plain)
        moment = _SERIAL_ORIGIN + timedelta(seconds=round(days * 86_400))
        return moment.replace(tzinfo=zone).astimezone(UTC)
    day = _DAY.match(plain)
    if day is None:
        raise CellRefused("bad_date", _BAD_DATE)
    rest = plain[day.end() :].lstrip(" Tt,")
    hours = _CLOCK.fullmatch(rest) if rest else None
    if (rest and hours is None) or (rest and day[0][-1].isdigit() and plain[day.end()].isdigit()):
        raise CellRefused("bad_date", _BAD_DATE)
    year, month, date_of_month = (int(part) for part in day.groups() if part is not None)
    try:
        moment = datetime.combine(date(year, month, date_of_month), _time(hours))
        return moment.replace(tzinfo=_offset(hours, zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CellRefused("bad_date", _BAD_DATE) from error


def read_date(text: str, *, zone: ZoneInfo) -> date:
    """The day of `read_moment` in the zone. Refused: `bad_date`."""
    return read_moment(text, zone=zone).astimezone(zone).date()


def ensure_year_near(year: int, *, now: datetime, years: int = MAX_YEARS_OFF) -> None:
    """Refuse, as `year_out_of_range`, a year that is more than `years` off: somebody mistyped it."""
    if abs(year - now.year) > years:
        raise CellRefused("year_out_of_range", _("The year %(year)d is far from this one.") % {"year": year})


def _without_formula_mark(text: str) -> str:
    return text[1:].lstrip() if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _time(match: re.Match[str] | None) -> time:
    if match is None:
        return time()
    return time(int(match[1]), int(match[2]), int(match[3] or 0))


def _offset(match: re.Match[str] | None, zone: ZoneInfo) -> ZoneInfo:
    if match is None or not match[4]:
        return zone
    written = match[4].upper().replace(":", "")
    # `fromisoformat` knows every form of an offset that is left.
    known = datetime.fromisoformat(f"2026-01-01T00:00:00{'+0000' if written == 'Z' else written}")
    return known.tzinfo  # type: ignore[return-value]


_BAD_DATE: Final = _("This is not a date such as 2026-01-05 or 2026-01-05 09:05.")
