"""Forms of the consoles' dialogs: plain ones, those that move money, and documents with lines."""

import copy
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.money import format_money
from kernel.core.errors import Text

if TYPE_CHECKING:
    from django.forms import Form as BaseDialogForm
else:
    from unfold.forms import BaseDialogForm

SHOWN_SUM: Final = "_sum"  # the sum that the pressed button named
DRAFT: Final = "_draft"  # asks for the form anew, and for nothing to be done
ROWS: Final = "_rows"
MORE_ROWS: Final = "_more"


class DialogForm(BaseDialogForm):
    """Base of the forms in action dialogs. `self.request` and `self.object_id` are set."""

    _form_submitted = None  # unfold's marker of a sent form; here the method says it

    if TYPE_CHECKING:
        request: HttpRequest
        object_id: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)

    def field_of(self, field: str) -> str | None:
        """Return the form's field for a refusal's path such as `lines.N.name`; None where it has none of its own."""
        return None


class SumForm(DialogForm):
    """A form whose button names the money it moves.

    `clean` sets `sum` and then calls `ensure_sum_was_seen`. The dialog is asked for the sum anew as its fields change.
    """

    is_live = True
    sum: Decimal | None = None

    @property
    def names_sum(self) -> bool:
        return self.sum is not None

    def ensure_sum_was_seen(self) -> None:
        """Raise ValidationError (`sum_not_seen`) unless the button that was pressed named this sum."""
        if self.data.get(SHOWN_SUM) != str(self.sum):
            raise forms.ValidationError(
                _("This moves %(sum)s. Press the button again to confirm."),
                code="sum_not_seen",
                params={"sum": format_money(self.sum or 0)},
            )


class DocumentForm(DialogForm):
    """A document with lines, entered in a table: `line_fields` are its columns, blank rows are left out.

    `lines()` returns the filled rows, each with the number of its row. "More lines" draws further blank rows.
    """

    line_fields: ClassVar[Mapping[str, forms.Field]] = {}
    needs_one_of: ClassVar[Sequence[str]] = ()
    """Columns of which a filled row has one at least; the last is marked where none is given."""
    first_rows = 8
    max_rows = 200
    filled_rows: Sequence[int] = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        wanted = self.data.get(ROWS, "")
        count = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else self.first_rows
        self.row_count = min(count + (self.first_rows if MORE_ROWS in self.data else 0), self.max_rows)
        for row in range(self.row_count):
            for name, field in self.line_fields.items():
                cell = copy.deepcopy(field)
                cell.required = False
                cell.widget.attrs["aria-label"] = str(field.label)
                dress_field(cell)
                self.fields[f"line_{row}_{name}"] = cell

    @property
    def columns(self) -> list[Text]:
        return [field.label or "" for field in self.line_fields.values()]

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The table: the row's label and its cells."""
        return [
            (str(row + 1), [self[f"line_{row}_{name}"] for name in self.line_fields]) for row in range(self.row_count)
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a row that is filled in part, and a document without any row."""
        filled = super().clean() or self.cleaned_data
        found = False
        rows: list[int] = []
        for row in range(self.row_count):
            cells = {name: filled.get(f"line_{row}_{name}") for name in self.line_fields}
            given = {name for name, value in cells.items() if value not in {None, ""}}
            found = found or bool(given)
            if given:
                rows.append(row)
            self._ensure_whole(row, given)
        self.filled_rows = rows
        if not found and not self.errors:
            raise forms.ValidationError(_("Enter at least one line."), code="no_lines")
        return filled

    def _ensure_whole(self, row: int, given: Collection[str]) -> None:
        """Mark what a row that is filled in part lacks."""
        missing = [name for name, field in self.line_fields.items() if field.required and name not in given]
        if self.needs_one_of and not set(self.needs_one_of) & set(given):
            missing.append(self.needs_one_of[-1])
        for name in missing if given else []:
            cell = f"line_{row}_{name}"
            if cell not in self.errors:
                self.add_error(cell, self.line_fields[name].error_messages["required"])

    def lines(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the filled rows with their numbers (from 0)."""
        rows = (
            (row, {name: self.cleaned_data.get(f"line_{row}_{name}") for name in self.line_fields})
            for row in range(self.row_count)
        )
        return [(row, cells) for row, cells in rows if any(value not in {None, ""} for value in cells.values())]

    def field_of(self, field: str) -> str | None:
        """Return the form's field for a refusal's `lines.N.name`, N counting the filled rows."""
        parts = field.split(".")
        if len(parts) < 2 or parts[0] != "lines" or not parts[1].isdecimal():
            return None
        filled = self.filled_rows  # as sent: a cell that was refused is no longer among the cleaned ones
        names = list(self.line_fields)
        name = parts[2] if len(parts) > 2 and parts[2] in names else names[0]
        return f"line_{filled[int(parts[1])]}_{name}" if int(parts[1]) < len(filled) else None


def dress_field(field: forms.Field) -> None:
    """Give a plain Django form field the consoles' look."""
    from unfold import widgets

    classes = {
        forms.Select: widgets.SELECT_CLASSES,
        forms.CheckboxInput: widgets.CHECKBOX_CLASSES,
        forms.Textarea: widgets.TEXTAREA_CLASSES,
        forms.FileInput: ["bn-file"],
        forms.widgets.Input: widgets.INPUT_CLASSES,
    }
    widget = field.widget
    kind = next((kind for kind in classes if isinstance(widget, kind)), None)
    if kind is None or isinstance(widget, forms.HiddenInput):
        return
    widget.attrs.setdefault("class", " ".join(classes[kind]))
    if kind is forms.Textarea:
        widget.attrs["rows"] = 4
    elif kind is forms.Select:
        widget.template_name = "unfold/widgets/select.html"
    elif isinstance(widget, forms.DateInput):
        # the browser's own calendar
        widget.input_type = "date"
        widget.format = "%Y-%m-%d"
