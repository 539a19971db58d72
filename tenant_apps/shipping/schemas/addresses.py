"""API schemas of pasted addresses."""

from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, StringConstraints

from kernel.http.schemas import Strict
from tenant_apps.shipping.services.reading import MAX_TEXT_LENGTH


class TextIn(Strict):
    """A pasted text, taken as it is: spans in the answer count its characters."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH)]


class SpanOut(Schema):
    """Characters [start, end) of the text."""

    start: int
    end: int


class ReadFieldOut(Schema):
    """A field as read. `value` is empty when it is not sure; `doubt` says why, `candidates` what it may be."""

    value: str
    confidence: int
    spans: list[SpanOut]
    doubt: str
    candidates: list[str]


class ReadPlaceOut(Schema):
    """Divisions as read; `code` is the district's and empty when it is not sure. `candidates` are codes."""

    code: str
    province: str
    city: str
    district: str
    confidence: int
    spans: list[SpanOut]
    doubt: str
    candidates: list[str]


class ReadGoodsOut(Schema):
    """Goods in the text's own words; `quantity` is null where none is said."""

    words: str
    quantity: int | None
    unit: str
    span: SpanOut


class ReadNoteOut(Schema):
    """A remark, or characters that could not be read."""

    text: str
    span: SpanOut


class ReadReceiverOut(Schema):
    """A receiver; `role` is receiver, sender, or replaced for an address the text says not to use."""

    role: str
    name: ReadFieldOut
    phone: ReadFieldOut
    extension: str
    other_phones: list[str]
    place: ReadPlaceOut
    detail: ReadFieldOut
    zip_code: str
    goods: list[ReadGoodsOut]
    remarks: list[ReadNoteOut]
    rest: list[ReadNoteOut]
    is_whole: bool


class ReadTextOut(Schema):
    """All that was read. The lists beside `receivers` hold what stands apart from every address."""

    receivers: list[ReadReceiverOut]
    goods: list[ReadGoodsOut]
    remarks: list[ReadNoteOut]
    rest: list[ReadNoteOut]
