"""Results of reading a pasted text.

Every field names the characters it came from, so that a page can mark them and nothing of the text is lost. A field
the reader is not sure of is blank, says why by `doubt`, and offers what it may be as `candidates`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Fields read with less are left blank.
SURE: Final = 80


class Doubt(StrEnum):
    """Reason why a field is blank or an address is refused."""

    NONE = ""
    MISSING = "missing"  # nothing in the text could be it
    AMBIGUOUS = "ambiguous"  # several readings, or one that is too weak
    DIVIDED = "divided"  # an old district that became several
    ZONE = "zone"  # a development zone that is no district
    MASKED = "masked"  # 王**, 131****1907: the carrier refuses it
    OUTSIDE = "outside"  # Hong Kong, Macau, Taiwan or abroad
    SAME = "same"  # 同上, 老地址: the text points to another one
    INVALID = "invalid"  # a number that cannot be dialled


class Role(StrEnum):
    """Part an address plays in the text."""

    RECEIVER = "receiver"
    SENDER = "sender"
    REPLACED = "replaced"  # an address the text says not to use


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the text as it was given."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadField:
    """A field as read; `value` is empty when `confidence` (0–100) is below SURE."""

    value: str = ""
    confidence: int = 0
    spans: tuple[Span, ...] = ()
    doubt: Doubt = Doubt.MISSING
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """Divisions as read. `code` is the district's (6 digits), empty when unsure; `candidates` are codes.

    Names are empty where the state's list has no division that is spoken (市辖区, 省直辖县级行政区划), and as far down
    as the text is sure: province and city may be known while the district is to be asked.
    """

    code: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    confidence: int = 0
    spans: tuple[Span, ...] = ()
    doubt: Doubt = Doubt.MISSING
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadGoods:
    """Goods in the text's own words (面霜 50ml); `quantity` is None where none is said."""

    words: str
    quantity: int | None
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A remark, or characters that could not be read."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReadReceiver:
    """A receiver with the goods and remarks that stand beside the address.

    `phone` is digits as dialled in China (13800000000, 0536-3200118); `extension` follows it on a label (4 digits of
    a virtual number, or an office's). `detail` is what follows the district.
    """

    role: Role = Role.RECEIVER
    name: ReadField = ReadField()
    phone: ReadField = ReadField()
    extension: str = ""
    other_phones: tuple[str, ...] = ()
    place: ReadPlace = ReadPlace()
    detail: ReadField = ReadField()
    zip_code: str = ""
    goods: tuple[ReadGoods, ...] = ()
    remarks: tuple[ReadNote, ...] = ()
    rest: tuple[ReadNote, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether a parcel can be sent without asking."""
        return bool(self.name.value and self.phone.value and self.place.code and self.detail.value)


@dataclass(frozen=True, slots=True)
class ReadText:
    """All that was read. `goods`, `remarks` and `rest` hold what stands apart from every address."""

    receivers: tuple[ReadReceiver, ...] = ()
    goods: tuple[ReadGoods, ...] = ()
    remarks: tuple[ReadNote, ...] = ()
    rest: tuple[ReadNote, ...] = ()

    @property
    def all_goods(self) -> tuple[ReadGoods, ...]:
        return (*self.goods, *(one for receiver in self.receivers for one in receiver.goods))
