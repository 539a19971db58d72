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
from operator import attrgetter
from typing import Any, Final, Literal

from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from console.rates import discount_text, percent_text
from kernel.core.audit_words import name_of_fact
from kernel.core.errors import Text

Tone = Literal["success", "info", "warning", "danger", "primary", ""]
Column = Callable[[Any], Any]
NOTHING: Final = mark_safe("–")


def money(field: str, description: Text) -> Column:
    """An amount with thousands separators and two places, aligned by its digits."""

    def column(row: Any) -> SafeString | None:
        value: Decimal | None = getattr(row, field)
        if value is None:
            return None
        text = number_format(value, decimal_pos=2, use_l10n=True, force_grouping=True)
        tone = " bn-negative" if value < 0 else ""
        return format_html('<span class="bn-amount{}">{}</span>', tone, text)

    return _describe(column, field=field, description=description, plain=attrgetter(field))  # a file keeps the number


def clamped(text: str) -> SafeString:
    """A text of which a list shows two lines, and all of it when pointed at."""
    return format_html('<span class="bn-clamp" title="{}">{}</span>', text, text)


def percent(field: str, description: Text) -> Column:
    """A fraction such as 0.1 as "10 %"."""

    def column(row: Any) -> str | None:
        value: Decimal | None = getattr(row, field)
        return None if value is None else percent_text(value)

    return _describe(column, field=field, description=description)


def discount(field: str, description: Text) -> Column:
    """The share of a price that is paid: "4 折", or "40 %"."""

    def column(row: Any) -> str | None:
        value: Decimal | None = getattr(row, field)
        return None if value is None else discount_text(value)

    return _describe(column, field=field, description=description)


def state_label(field: str, description: Text, tones: Mapping[str, Tone]) -> Column:
    """A choice field as a coloured label; the words come from the field's choices, the tone from the value."""

    def column(row: Any) -> tuple[str, Any]:
        return getattr(row, field), getattr(row, f"get_{field}_display")()

    return _describe(column, field=field, description=description, label=_Tones(tones))  # unfold's own attribute


def facts(field: str, description: Text) -> Column:
    """A JSON field for reading: names and values, no braces. Pages do this to their JSON fields by themselves."""

    def column(row: Any) -> SafeString:
        return facts_html(getattr(row, field))

    return _describe(column, field=field, description=description)


def facts_html(value: object) -> SafeString:
    """JSON as nested lists of names and values, each name in the user's language where the catalogue has the word."""
    if isinstance(value, dict):
        rows = ((name_of_fact(str(name)), facts_html(inner)) for name, inner in value.items())
        inside = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
        return format_html('<dl class="bn-facts">{}</dl>', inside) if value else NOTHING
    if isinstance(value, list):
        rows_of_list = ((facts_html(inner),) for inner in value)
        inside = format_html_join("", "<li>{}</li>", rows_of_list)
        return format_html('<ol class="bn-facts-list">{}</ol>', inside) if value else NOTHING
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return format_html("{}", gettext("Yes") if value else gettext("No"))
    return format_html("{}", str(value))


class _Tones(dict[str, Tone]):
    """A state without a tone is grey; unfold would print its raw value."""

    def __missing__(self, value: str) -> Tone:
        return ""


def _describe(column: Column, *, field: str, description: Text, **more: object) -> Column:
    """Attach what Django and unfold read from a column."""
    column.__name__ = field
    for name, value in {"admin_order_field": field, "short_description": description, **more}.items():
        setattr(column, name, value)
    return column
