"""Imports over the wire."""

from datetime import datetime
from typing import Any

from ninja import Schema

from kernel.http.schemas import MoneyText


class NewImportIn(Schema):
    """The form fields beside the file. `mapping` is a JSON object field → heading, `left_out` a JSON list of headings
    that are not to be used, `options` a JSON object with the rules of kind and channel; all three are remembered.
    """

    kind: str = "orders"
    channel: str = ""
    mode: str = ""
    mapping: str = "{}"
    left_out: str = "[]"
    options: str = ""


class ColumnOut(Schema):
    """A column that a kind of import reads."""

    name: str
    label: str
    required: bool


class KindOut(Schema):
    """A kind of file that can be imported."""

    kind: str
    label: str
    modes: list[str]
    has_channel: bool
    has_attachment: bool
    is_whole: bool
    can_undo: bool
    columns: list[ColumnOut]


class PreviewRowOut(Schema):
    """One of the first rows as it is understood: field → value."""

    line: int
    values: dict[str, str]


class ImportOut(Schema):
    """An import. `processed_lines` moves while a worker is at it; counts and figures stand from the dry run on.

    `figures` belong to the kind. `order_count` and the amounts are those of orders, 0 for other kinds.
    """

    id: int
    kind: str
    channel: str
    mode: str
    state: str
    file_name: str
    mapping: dict[str, str]
    left_out: list[str]
    options: dict[str, Any]
    processed_lines: int
    total_lines: int
    skipped_lines: int
    imported_lines: int
    refused_lines: int
    order_count: int
    sales_amount: MoneyText
    returns_amount: MoneyText
    exact_amount: str
    reasons: dict[str, int]
    figures: dict[str, int | str]
    preview: list[PreviewRowOut]
    message: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class IssueOut(Schema):
    """A fault of a row that was not imported; the first of a row carries its cells."""

    line: int
    column: str
    reason: str
    detail: str
    cells: list[str]
