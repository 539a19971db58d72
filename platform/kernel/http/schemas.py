"""Base classes and field types of all schemas: strict input, money as text, quantities, texts, phones, pages."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kernel.china.phones import normalise_phone

ItemT = TypeVar("ItemT")


def refusal(code: str, detail: str | Promise, **context: object) -> PydanticCustomError:
    """Make a validation error; `detail` is marked for translation and translated when the problem is rendered."""
    return PydanticCustomError(code, "{detail}", {"detail": detail, **context})


def _holds_nul(value: object) -> bool:
    """Search iteratively: a body may be nested deeper than the recursion limit."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            if "\x00" in found:
                return True
        elif isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list):
            waiting += found
    return False


class Strict(Schema):
    """Base of all input: unknown fields are refused, texts are stripped and may not contain NUL."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: Any, info: Any) -> Any:
        """Skip Ninja's own validator, which validates twice to accept model instances; input is plain JSON."""
        return handler(values)

    @field_validator("*", mode="after")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        """Refuse NUL; nested schemas check their own fields, whose whole path they know."""
        if _holds_nul(value):
            raise refusal("nul_byte", _("must not contain a NUL character"))
        return value


class Period(Strict):
    """Base of filters of a period, half-open: whoever inherits it names `since` before `until`."""

    includes_until: ClassVar[bool] = False

    @field_validator("until", mode="after", check_fields=False)
    @classmethod
    def _refuse_without_days(cls, until: date | None, info: ValidationInfo) -> date | None:
        """Refuse a period with its ends swapped or without anything between: it would answer as if nothing happened."""
        since = info.data.get("since")
        if since is not None and until is not None and (until < since or (until == since and not cls.includes_until)):
            raise refusal("period_invalid", _("The period's end must come after its beginning."))
        return until


# --- numbers ---------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"-?(\d{1,40})(?:\.(\d{1,40}))?")


def _plain_number(value: Any) -> str:
    """Return the number as plain decimal text. Raises pydantic's errors for anything else."""
    if isinstance(value, float):
        raise refusal("float_amount", _("must be text such as “12.30”, since numbers with a point lose cents"))
    if isinstance(value, Decimal) and value.is_finite():
        value = format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**40 else "9" * 40
    if isinstance(value, str) and value.isascii() and _NUMBER.fullmatch(value.strip()):
        return value.strip()
    raise refusal("not_a_decimal", _("must be a decimal number such as “12.30”"))


def _decimal_reader(*, places: int, digits: int = 12) -> Any:
    """Read plain decimal text or an integer; refuse floats, exponents and NaN."""

    def read(value: Any) -> Decimal:
        text = _plain_number(value)
        whole, _point, fraction = text.lstrip("+-").partition(".")
        if len(fraction) > places:
            raise refusal("too_many_decimals", _("must have at most %(places)s decimal places"), places=places)
        if len(whole.lstrip("0")) > digits:
            raise refusal("too_large", _("must be less than 10 to the power of %(digits)s"), digits=digits)
        number = Decimal(text)
        if number < 0:
            raise refusal("negative", _("must not be negative"))
        return number.quantize(Decimal(1).scaleb(-places)) + 0  # + 0 turns −0.00 into 0.00

    return read


def _schema(*, places: int, example: str, digits: int = 12) -> WithJsonSchema:
    pattern = rf"^\d{{1,{digits}}}(\.\d{{1,{places}}})?$"
    return WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}], "examples": [example]},
        mode="validation",
    )


def _output(*, places: int, example: str) -> tuple[PlainSerializer, WithJsonSchema]:
    form = f".{places}f"
    return (
        PlainSerializer(lambda value: format(value, form), return_type=str, when_used="unless-none"),
        WithJsonSchema({"type": "string", "examples": [example]}),
    )


# Input stays a Decimal, so that `payload.model_dump()` can be handed to a service; output becomes text.

# Amounts of the brand's currency, ≥ 0, below 10^12, at most two decimals: "12.30" or 12.
MoneyIn = Annotated[
    Decimal,
    BeforeValidator(_decimal_reader(places=2)),
    _schema(places=2, example="12.30"),
]
# What goes out: always two decimals, always text.
MoneyText = Annotated[Decimal, *_output(places=2, example="12.30")]
UnitPriceIn = Annotated[
    Decimal,
    BeforeValidator(_decimal_reader(places=4, digits=10)),
    _schema(places=4, example="12.3000", digits=10),
]
UnitPriceText = Annotated[Decimal, *_output(places=4, example="12.3000")]


def _at_most_one(value: Decimal) -> Decimal:
    if value > 1:
        raise refusal("rate_above_one", _("must be between 0 and 1"))
    return value


_read_rate = _decimal_reader(places=6, digits=3)
# A proportion from 0 to 1 with at most six decimals: "0.13".
RateIn = Annotated[
    Decimal,
    BeforeValidator(lambda value: _at_most_one(_read_rate(value))),
    _schema(places=6, example="0.13", digits=1),
]
RateText = Annotated[Decimal, *_output(places=6, example="0.130000")]

# Whole units of a SKU. Text, fractions and true/false are refused.
Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
# A row's id: what a bigint holds.
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]

# --- times -----------------------------------------------------------------------------------------------------------

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(?P<offset>[Zz]|[+ -]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What lies beyond is a mistake, and near the ends of the calendar another zone's day falls out of it.
FIRST_YEAR = 1900
LAST_YEAR = 2999


def _within_years(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise refusal(
            "year_out_of_range", _("must be between the years %(first)s and %(last)s"), first=FIRST_YEAR, last=LAST_YEAR
        )


def _read_moment(value: Any) -> datetime:
    form = _MOMENT.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    try:
        # A plus that nobody encoded arrives from an address as a space.
        moment = datetime.fromisoformat(f"{value[:11]}{value[11:].replace(' ', '+')}".upper()) if form else None
    except ValueError:
        moment = None
    if form is None or moment is None:
        raise refusal("datetime_parsing", _("must be a time such as 2026-11-21T09:30:00+08:00"))
    if form["offset"] is None:
        raise refusal("timezone_aware", _("must have an offset such as +08:00"))
    _within_years(moment.year)
    return moment


def _read_day(value: Any) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise refusal("date_parsing", _("must be a date such as 2026-11-21"))
    _within_years(day.year)
    return day


# RFC 3339 with an offset: a bare number of seconds, or a time without a place, is refused.
MomentIn = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T09:30:00+08:00"]}),
]
DayIn = Annotated[
    date,
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-21"]}),
]

# --- texts -----------------------------------------------------------------------------------------------------------


def _visible(value: str) -> str:
    """Refuse a name of zero-width characters only."""
    if all(unicodedata.category(letter)[0] in "ZC" for letter in value):
        raise refusal("invisible_text", _("must have a character that can be seen"))
    return value


def _text(longest: int) -> tuple[StringConstraints, AfterValidator]:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest), AfterValidator(_visible)


Text40 = Annotated[str, *_text(40)]
Text60 = Annotated[str, *_text(60)]
Text100 = Annotated[str, *_text(100)]
Text200 = Annotated[str, *_text(200)]
# May be empty.
Note200 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Note1000 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]


def _read_phone(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal("not_a_phone_number", _("must be a phone number such as +8613812345678"))
    try:
        return normalise_phone(value)
    except ValueError:
        raise refusal("not_a_phone_number", _("must be a phone number such as +8613812345678")) from None


# A phone number, Chinese unless it says otherwise; becomes E.164.
PhoneIn = Annotated[
    str, BeforeValidator(_read_phone), WithJsonSchema({"type": "string", "examples": ["+8613812345678"]})
]
# The same, or nothing: what an answer says of somebody without a number can be sent as it is.
OptionalPhoneIn = Annotated[
    str,
    BeforeValidator(lambda value: "" if value == "" else _read_phone(value)),
    WithJsonSchema({"type": "string", "examples": ["+8613812345678", ""]}),
]


QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PageFilters(Strict):
    """Cursor and length of a page."""

    cursor: str | None = None
    limit: int = 50


class Page(Schema, Generic[ItemT]):
    """One page of a list: `Page[OrderOut]`. Repeat with `cursor=next_cursor` until that is null."""

    items: list[ItemT]
    next_cursor: str | None = None
