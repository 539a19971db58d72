"""Dialogs that change an order before anything of it has left."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.actions import DialogForm
from console.dialogs import DocumentForm, dress_field
from console.money import format_money
from console.regions import RegionField
from kernel.china import divisions
from kernel.core.errors import Text
from tenant_apps.orders.rules.lines import NewLine, Receiver
from tenant_apps.orders.rules.receivers import spell_region_of
from tenant_apps.orders.selectors import documents, lists
from tenant_apps.orders.services.change_goods import GoodsChange

SPARE_ROWS = 3


def _reason() -> forms.CharField:
    return forms.CharField(label=_("Reason"), max_length=200)


class ReceiverForm(DialogForm):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    region = RegionField(label=_("Region"), needs_district=True, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        receiver = documents.get_order(order_id=int(self.object_id or 0)).receiver
        for name in ("name", "phone", "address"):
            self.fields[name].initial = receiver.get(name, "")
        self.fields["region"].initial = spell_region_of(receiver)

    def receiver(self) -> Receiver:
        filled = self.cleaned_data
        place = divisions.find_district(filled["region"]) if filled["region"] else None
        names = (place.province, place.city, place.district) if place else ("", "", "")
        return Receiver(filled["name"], filled["phone"], *names, filled["address"])


class NoteForm(DialogForm):
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea)
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].initial = documents.get_order(order_id=int(self.object_id or 0)).note


class GoodsForm(DocumentForm):
    """All goods of the order. A row that is emptied goes; an empty price is the rule's."""

    line_fields: ClassVar[Mapping[str, forms.Field]] = {
        "sku": forms.CharField(label=_("SKU"), max_length=64),
        "quantity": forms.IntegerField(label=_("Quantity"), min_value=1),
        "unit_price": forms.DecimalField(
            label=_("Price by hand"), min_value=0, max_digits=14, decimal_places=4, required=False
        ),
    }
    discount = forms.DecimalField(label=_("Discount"), min_value=0, max_digits=14, decimal_places=2)
    freight = forms.DecimalField(label=_("Freight"), min_value=0, max_digits=14, decimal_places=2)
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        order_id = kwargs.get("object_id")
        order = documents.get_order_document(order_id=int(str(order_id or 0)))
        lines = sorted(order.lines.all(), key=lambda line: line.line_no)
        self.first_rows = len(lines) + SPARE_ROWS
        super().__init__(*args, **kwargs)
        for row, line in enumerate(lines):
            self.fields[f"line_{row}_sku"].initial = line.sku
            self.fields[f"line_{row}_quantity"].initial = line.quantity
            self.fields[f"line_{row}_unit_price"].widget.attrs["placeholder"] = f"{line.unit_price.normalize():f}"
        self.fields["discount"].initial = order.discount
        self.fields["freight"].initial = order.freight

    def change(self) -> GoodsChange:
        lines = [NewLine(cells["sku"], cells["quantity"], cells["unit_price"]) for _row, cells in self.lines()]
        return GoodsChange(lines, self.cleaned_data["discount"], self.cleaned_data["freight"])


class SplitForm(DialogForm):
    """Pieces of each line that go into the second order."""

    reason = _reason()

    columns: tuple[Text, ...] = (_("Into the second order"),)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order_document(order_id=int(self.object_id or 0))
        self.labels: dict[int, str] = {}
        for line in sorted(order.lines.all(), key=lambda line: line.line_no):
            self.labels[line.line_no] = f"{line.sku} {line.name} ×{line.quantity}"
            cell = forms.IntegerField(min_value=0, max_value=line.quantity, required=False)
            cell.widget.attrs["aria-label"] = self.labels[line.line_no]
            dress_field(cell)
            self.fields[f"line_{line.line_no}"] = cell

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(label, [self[f"line_{line_no}"]]) for line_no, label in self.labels.items()]

    def pieces(self) -> dict[int, int]:
        return {line_no: self.cleaned_data.get(f"line_{line_no}") or 0 for line_no in self.labels}


class MergeForm(DialogForm):
    """Open unpaid orders of the same buyer, and the freight of all."""

    order_ids = forms.TypedMultipleChoiceField(label=_("Merge with"), coerce=int, widget=forms.CheckboxSelectMultiple)
    freight = forms.DecimalField(label=_("Freight of all"), min_value=0, max_digits=14, decimal_places=2)
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order(order_id=int(self.object_id or 0))
        others = lists.list_mergeable(order=order)
        field = self.fields["order_ids"]
        if isinstance(field, forms.TypedMultipleChoiceField):
            field.choices = [(one.pk, f"{one.number} · {format_money(one.total)}") for one in others]
        self.fields["freight"].initial = max([order.freight, *(one.freight for one in others)], default=Decimal(0))
