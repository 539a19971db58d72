"""Fields of after-sale dialogs: pieces, money and photos, and a table of an order's lines."""

from collections.abc import Mapping
from typing import ClassVar, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from console.dialogs import dress_field
from kernel.core.errors import Text
from tenant_apps.orders.models import OrderLine
from tenant_apps.orders.services.after_sales.photos import MAX_PHOTOS, Upload

_IMAGES: Final = "image/jpeg,image/png,image/webp"


def pieces_field(most: int) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=most, required=False)


def money_field() -> forms.DecimalField:
    return forms.DecimalField(min_value=0, decimal_places=2, max_digits=14, required=False)


class LinesForm(DialogForm):
    """A dialog with a table of an order's lines: `cells` are its columns, by the name they have in a request."""

    cells: ClassVar[Mapping[str, Text]] = {}

    def add_line(self, line_no: int, label: str, cells: Mapping[str, forms.Field]) -> None:
        self.labels[line_no] = label
        for name, cell in cells.items():
            cell.widget.attrs["aria-label"] = f"{label} · {self.cells[name]}"
            dress_field(cell)
            self.fields[f"line_{line_no}_{name}"] = cell

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.labels: dict[int, str] = {}

    @property
    def columns(self) -> list[Text]:
        return list(self.cells.values())

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (label, [self[f"line_{line_no}_{name}"] for name in self.cells if f"line_{line_no}_{name}" in self.fields])
            for line_no, label in self.labels.items()
        ]

    def filled_lines(self) -> dict[int, dict[str, object]]:
        """Map the lines of which something is filled in to their filled cells."""
        found: dict[int, dict[str, object]] = {}
        for line_no in self.labels:
            values = {name: self.cleaned_data.get(f"line_{line_no}_{name}") for name in self.cells}
            given = {name: value for name, value in values.items() if value is not None and value != ""}
            if given:
                found[line_no] = given
        return found

    def field_of(self, field: str) -> str | None:
        """Return the cell for a refusal's `lines.N.name`, N counting the filled lines."""
        parts = field.split(".")
        numbers = list(self.filled_lines()) or list(self.labels)
        if len(parts) < 3 or not parts[1].isdecimal() or int(parts[1]) >= len(numbers):
            return None
        name = f"line_{numbers[int(parts[1])]}_{parts[2]}"
        return name if name in self.fields else None


def label_of(line: OrderLine) -> str:
    return f"{line.sku} {line.name}".strip()


class ManyFilesInput(forms.ClearableFileInput):
    """Several files at once, as phones offer them."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class PhotosField(forms.FileField):
    """A list of uploads; decoding judges what is in them."""

    widget = ManyFilesInput(attrs={"accept": _IMAGES})

    def clean(self, data: object, initial: object = None) -> list[Upload]:
        given = data if isinstance(data, list | tuple) else [data]
        checked = [super(PhotosField, self).clean(one, initial) for one in given if one]
        if self.required and not checked:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [Upload(one.name or "", one) for one in checked if isinstance(one, UploadedFile)]


def photos_field(*, required: bool = False) -> PhotosField:
    help_text = _("Up to %(count)d pictures: JPEG, PNG or WebP.") % {"count": MAX_PHOTOS}
    return PhotosField(label=_("Photos"), required=required, help_text=help_text)
