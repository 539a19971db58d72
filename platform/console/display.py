"""Columns and read-only fields that look the same everywhere.

    list_display = (
        "number",
        state_label("state", _("State"), {OrderState.PAID: "success", …}),
        money("total", _("Total")),
    )

Each function returns a callable for `list_display` / `readonly_fields`; sorting by the column keeps working.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel.errors import Text

Tone = Literal["success", "info", "warning", "danger", "primary", ""]
Column = Callable[[Any], Any]


def money(field: str, description: Text) -> Column:
    """An amount with thousands separators and two places, aligned by its digits."""

    def column(row: Any) -> SafeString | None:
        value: Decimal | None = getattr(row, field)
        if value is None:
            return None
        text = number_format(value, decimal_pos=2, use_l10n=True, force_grouping=True)
        tone = " bn-negative" if value < 0 else ""
        return format_html('<span class="bn-amount{}">{}</span>', tone, text)

    return _describe(column, field=field, description=description)


def state_label(field: str, description: Text, tones: Mapping[str, Tone]) -> Column:
    """A choice field as a coloured label; the words come from the field's choices, the tone from the value."""

    def column(row: Any) -> tuple[str, Any]:
        return getattr(row, field), getattr(row, f"get_{field}_display")()

    column.label = _Tones(tones)  # type: ignore[attr-defined]  # unfold's @display(label={value: tone})
    return _describe(column, field=field, description=description)


class _Tones(dict[str, Tone]):
    """A state without a tone is grey; unfold would print its raw value."""

    def __missing__(self, value: str) -> Tone:
        return ""


def _describe(column: Column, *, field: str, description: Text) -> Column:
    column.admin_order_field = field  # type: ignore[attr-defined]
    column.short_description = description  # type: ignore[attr-defined]
    column.__name__ = field
    return column
