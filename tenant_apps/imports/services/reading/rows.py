"""One data row of a file: its cells by field, read as values; faults are noted by column."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.china.pinyin import normalise
from kernel.core.errors import Text
from tenant_apps.imports.services.reading import cells
from tenant_apps.imports.services.reading.cells import NOTHING, CellRefused

ValueT = TypeVar("ValueT")

MISSING: Final = _("This field cannot be empty.")
OUT_OF_RANGE: Final = _("The number must be between %(least)s and %(most)s.")
TOO_MANY_PLACES: Final = _("The number has more than %(places)d decimals.")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a row: field (or ""), stable code, sentence."""

    column: str
    code: str
    detail: Text


@dataclass
class SourceRow:
    """The row `number`, as the user's program counts. Readers return None or "" where the cell is empty or refused.

    Nothing raises: a refused cell becomes a fault, and a row with faults is not imported. `values` collects what was
    understood, for the preview.
    """

    number: int
    texts: Mapping[str, str]
    zone: ZoneInfo
    now: datetime
    faults: list[Fault] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def refuse(self, column: str, code: str, detail: Text) -> None:
        """Note a fault."""
        self.faults.append(Fault(column, code, detail))

    def has(self, name: str) -> bool:
        """The file has the column, and the cell is not empty."""
        return self.raw(name) != ""

    def raw(self, name: str) -> str:
        """The cleaned text; the empty words of exports (`-`, `无`, `null`) are ""."""
        text = cells.clean_text(self.texts.get(name, ""))
        return "" if text.casefold() in NOTHING else text

    def text(self, name: str, *, required: bool = False, max_length: int = 200) -> str:
        """Free text."""
        return self._read(name, lambda text: cells.read_text(text, max_length=max_length), required) or ""

    def identifier(self, name: str, *, required: bool = False, max_length: int = 64) -> str:
        """A number or code that is text: what a spreadsheet program damaged is refused."""
        return self._read(name, lambda text: cells.read_identifier(text, max_length=max_length), required) or ""

    def decimal(
        self,
        name: str,
        *,
        required: bool = False,
        places: int = 2,
        least: Decimal = Decimal(0),
        most: Decimal = Decimal("99999999.99"),
    ) -> Decimal | None:
        """A number with at most `places` decimals between the bounds."""
        value = self._read(name, cells.read_decimal, required)
        if value is None:
            return None
        if value != round(value, places):
            self.refuse(name, "too_many_places", TOO_MANY_PLACES % {"places": places})
            return None
        return self._within(name, round(value, places), least, most)

    def whole(self, name: str, *, required: bool = False, least: int = 0, most: int = 1_000_000) -> int | None:
        """A whole number between the bounds."""
        value = self._read(name, cells.read_whole, required)
        return None if value is None else self._within(name, value, least, most)

    def rate(self, name: str, *, required: bool = False) -> Decimal | None:
        """A share: `13%` and `0.13` are both 0.13."""
        return self._read(name, cells.read_rate, required)

    def moment(self, name: str, *, required: bool = False, years: int | None = cells.MAX_YEARS_OFF) -> datetime | None:
        """A moment in UTC, read in the brand's zone. A year more than `years` off is refused; None: any year."""
        value = self._read(name, lambda text: cells.read_moment(text, zone=self.zone), required)
        return value if value is None or self._is_near(name, value.year, years) else None

    def date(self, name: str, *, required: bool = False, years: int | None = cells.MAX_YEARS_OFF) -> date | None:
        """A day; a year more than `years` off is refused, None: any year from 1990 to 2100."""
        value = self._read(name, lambda text: cells.read_date(text, zone=self.zone), required)
        return value if value is None or self._is_near(name, value.year, years) else None

    def phone(self, name: str, *, required: bool = False) -> str:
        """A phone number as E.164. Refused: `bad_phone`. For optional phones of buyers see `find_phone`."""
        found = self._read(name, _phone, required)
        return found or ""

    def choice(self, name: str, words: Mapping[str, ValueT], *, required: bool = False) -> ValueT | None:
        """One of the words; capitals and width do not count."""
        folded = {normalise(word): value for word, value in words.items()}

        def read(text: str) -> ValueT:
            word = normalise(cells.clean_identifier(text))
            if word not in folded:
                raise CellRefused("bad_word", _("This is none of: %(words)s") % {"words": ", ".join(words)})
            return folded[word]

        return self._read(name, read, required)

    def read(self, name: str, reader: Callable[[str], ValueT], *, required: bool = False) -> ValueT | None:
        """The cleaned cell by a reader of the importer's own, which raises CellRefused."""
        return self._read(name, reader, required)

    def _read(self, name: str, reader: Callable[[str], ValueT], required: bool) -> ValueT | None:
        if not self.has(name):
            if required:
                self.refuse(name, "missing", MISSING)
            return None
        try:
            # The raw cell: a reader of identifiers takes guards off that `clean_text` leaves.
            value = reader(self.texts[name])
        except CellRefused as refusal:
            self.refuse(name, refusal.code, refusal.detail)
            return None
        if required and value == "":
            self.refuse(name, "missing", MISSING)
        self.values[name] = show_value(value, self.zone)
        return value

    def _within(self, name: str, value: ValueT, least: Any, most: Any) -> ValueT | None:
        if least <= value <= most:
            return value
        self.refuse(name, "out_of_range", OUT_OF_RANGE % {"least": least, "most": most})
        return None

    def _is_near(self, name: str, year: int, years: int | None) -> bool:
        if years is None and 1990 <= year <= 2100:
            return True
        try:
            cells.ensure_year_near(year, now=self.now, years=years if years is not None else 0)
        except CellRefused as refusal:
            self.refuse(name, refusal.code, refusal.detail)
            return False
        return True


def find_phone(text: str) -> str:
    """The phone number as E.164, or "" where it is masked, extended or none: an optional fact refuses nothing."""
    try:
        return _phone(text) if text and "*" not in text else ""
    except CellRefused:
        return ""


def show_value(value: object, zone: ZoneInfo) -> str:
    """A value as the preview shows it."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)


@lru_cache(maxsize=20_000)
def _phone(text: str) -> str:
    try:
        return normalise_phone(cells.clean_identifier(text)[:40])
    except ValueError as error:
        raise CellRefused("bad_phone", _("This is not a phone number.")) from error
