"""Dialogs of after-sales: what is asked for line by line, what an inspection found, what is paid back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from console.dialogs import SumForm, dress_field
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from kernel.core.money import ZERO
from tenant_apps.inventory.selectors import warehouses as inventory
from tenant_apps.orders.models import OrderLine
from tenant_apps.orders.rules.after_sales import (
    MAX_RETURN_DAYS,
    InspectedLine,
    NewAfterSale,
    NewAfterSaleLine,
    Replacement,
    ReturnableLine,
)
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, plan_refund
from tenant_apps.orders.selectors import after_sales, documents
from tenant_apps.orders.services.after_sales.photos import MAX_PHOTOS, Upload
from tenant_apps.orders.services.after_sales.settling import plan_requests
from tenant_apps.orders.services.history import is_history
from tenant_apps.orders.states import AfterSaleKind, AfterSaleReason, RefundMethod

_IMAGES: Final = "image/jpeg,image/png,image/webp"


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


def _pieces(most: int) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=most, required=False)


def _money() -> forms.DecimalField:
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


class AskForm(LinesForm):
    """Base of the dialogs that ask for something; `everything` is a choice of its own and goes with no filled cell."""

    kind: ClassVar[AfterSaleKind]
    everything_label: ClassVar[Text]

    everything = forms.BooleanField(required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=AfterSaleReason.choices)
    note = forms.CharField(label=_("Explanation"), max_length=500, required=False, widget=forms.Textarea)
    late_reason = forms.CharField(label=_("Accepted late because"), max_length=200)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.order = documents.get_order_document(order_id=int(self.object_id or 0))
        lines = sorted(self.order.lines.all(), key=lambda line: line.line_no)
        self.held = after_sales.list_returnable_lines(self.order, lines)
        self.freight_left = self.held.pop(FREIGHT_LINE).money.money_left
        self.skus = {line.line_no: line.sku for line in lines}
        for line in lines:
            cells = self.cells_of(self.held[line.line_no])
            if cells:
                self.add_line(line.line_no, self.describe(line), cells)
        self.fields["everything"].label = str(self.everything_label)
        self.fields["photos"] = photos_field()
        dress_field(self.fields["photos"])
        last_day = after_sales.get_last_return_day(order=self.order)
        if last_day is None or clock.business_date(clock.now()) <= last_day:
            del self.fields["late_reason"]
        else:
            self.fields["late_reason"].help_text = _("The right of return ended on %(day)s.") % {"day": last_day}

    def cells_of(self, held: ReturnableLine) -> dict[str, forms.Field]:
        """Return the cells of a line; none where nothing can be asked for."""
        raise NotImplementedError

    def describe(self, line: OrderLine) -> str:
        held = self.held[line.line_no]
        left = {"out": held.pieces_out, "left": held.money.pieces_left, "money": format_money(held.money.money_left)}
        said = _("%(out)d with the buyer, %(left)d to refund, %(money)s") % left
        return f"{label_of(line)} · {said}"

    def clean(self) -> dict[str, object]:
        filled = super().clean() or self.cleaned_data
        if filled.get("everything") and (self.filled_lines() or filled.get("freight") is not None):
            raise forms.ValidationError(_("Choose either everything or its parts."), code="everything_and_parts")
        return filled

    def wanted_lines(self) -> list[NewAfterSaleLine]:
        if self.cleaned_data["everything"]:
            return self.all_lines()
        return [self.read_line(line_no, cells) for line_no, cells in self.filled_lines().items()]

    def all_lines(self) -> list[NewAfterSaleLine]:
        raise NotImplementedError

    def read_line(self, line_no: int, cells: Mapping[str, object]) -> NewAfterSaleLine:
        quantity = cells.get("quantity")
        pieces = cells.get("refund_quantity")
        amount = cells.get("amount")
        return NewAfterSaleLine(
            line_no,
            quantity if isinstance(quantity, int) else 0,
            pieces if isinstance(pieces, int) else None,
            amount if isinstance(amount, Decimal) else None,
        )

    def request_of(self) -> NewAfterSale:
        filled = self.cleaned_data
        freight = filled.get("freight") or ZERO
        if filled["everything"] and "freight" in self.fields and self.kind == AfterSaleKind.REFUND_ONLY:
            freight = self.freight_left
        return NewAfterSale(
            kind=self.kind,
            reason=filled["reason"],
            lines=self.wanted_lines(),
            note=filled["note"],
            late_reason=filled.get("late_reason", ""),
            freight=freight,
            replacements=self.replacements(),
            difference=(filled.get("to_pay") or ZERO) - (filled.get("to_refund") or ZERO),
        )

    def replacements(self) -> Sequence[Replacement]:
        return ()


class _MoneyForm(AskForm):
    """Dialogs that ask for money; the freight is asked for by an amount."""

    freight = forms.DecimalField(
        label=_("Freight to refund"), min_value=0, decimal_places=2, max_digits=14, required=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        left = self.freight_left
        if left:
            self.fields["freight"].help_text = _("At most %(money)s.") % {"money": format_money(left)}
        else:
            del self.fields["freight"]


class AskRefundForm(_MoneyForm):
    """Money back without goods."""

    kind = AfterSaleKind.REFUND_ONLY
    everything_label = _("Everything that is left to refund, with the freight")
    cells = {"refund_quantity": _("Pieces to refund"), "amount": _("Or amount")}

    def cells_of(self, held: ReturnableLine) -> dict[str, forms.Field]:
        if not held.money.pieces_left and not held.money.money_left:
            return {}
        return {"refund_quantity": _pieces(held.money.pieces_left), "amount": _money()}

    def all_lines(self) -> list[NewAfterSaleLine]:
        return [
            NewAfterSaleLine(
                line_no,
                refund_quantity=one.money.pieces_left,
                amount=None if one.money.pieces_left else one.money.money_left,
            )
            for line_no, one in self.held.items()
            if one.money.pieces_left or one.money.money_left
        ]


class AskReturnForm(_MoneyForm):
    """Goods back, and their money."""

    kind = AfterSaleKind.RETURN
    everything_label = _("Everything that is with the buyer")
    cells = {
        "quantity": _("Pieces back"),
        "refund_quantity": _("Pieces to refund, if not the same"),
        "amount": _("Amount, if agreed"),
    }

    def cells_of(self, held: ReturnableLine) -> dict[str, forms.Field]:
        if not held.pieces_out:
            return {}
        return {
            "quantity": _pieces(held.pieces_out),
            "refund_quantity": _pieces(held.money.pieces_left),
            "amount": _money(),
        }

    def all_lines(self) -> list[NewAfterSaleLine]:
        return [
            NewAfterSaleLine(line_no, one.pieces_out, min(one.pieces_out, one.money.pieces_left))
            for line_no, one in self.held.items()
            if one.pieces_out and one.is_stocked
        ]


class AskExchangeForm(AskForm):
    """Goods back, and others for them."""

    kind = AfterSaleKind.EXCHANGE
    everything_label = _("Everything that is with the buyer, for the same goods")
    cells = {"quantity": _("Pieces back"), "sku": _("For SKU, if another")}

    to_pay = forms.DecimalField(
        label=_("The buyer pays on top"), min_value=0, decimal_places=2, max_digits=14, required=False
    )
    to_refund = forms.DecimalField(
        label=_("The buyer gets back"), min_value=0, decimal_places=2, max_digits=14, required=False
    )

    def cells_of(self, held: ReturnableLine) -> dict[str, forms.Field]:
        if not held.pieces_out or not held.is_stocked:
            return {}
        return {"quantity": _pieces(held.pieces_out), "sku": forms.CharField(max_length=64, required=False)}

    def clean(self) -> dict[str, object]:
        filled = super().clean()
        for line_no, cells in self.filled_lines().items():
            if "sku" in cells and not cells.get("quantity"):
                self.add_error(f"line_{line_no}_quantity", _("Enter how many pieces come back."))
        if filled.get("to_pay") and filled.get("to_refund"):
            self.add_error("to_refund", _("The buyer pays or gets back, not both"))
        return filled

    def all_lines(self) -> list[NewAfterSaleLine]:
        return [
            NewAfterSaleLine(line_no, one.pieces_out)
            for line_no, one in self.held.items()
            if one.pieces_out and one.is_stocked
        ]

    def replacements(self) -> Sequence[Replacement]:
        """Return the goods in exchange: by default the same ones, those of one SKU together."""
        typed = {line_no: str(cells.get("sku", "")) for line_no, cells in self.filled_lines().items()}
        wanted: dict[str, int] = {}
        for one in self.wanted_lines():
            sku = (typed.get(one.line_no) or self.skus[one.line_no]).strip().upper()
            wanted[sku] = wanted.get(sku, 0) + one.quantity
        return [Replacement(sku, quantity) for sku, quantity in wanted.items()]


class ReasonForm(DialogForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class SentForm(DialogForm):
    carrier = forms.CharField(label=_("Carrier"), max_length=40, required=False)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=64)


class PhotosForm(DialogForm):
    photos = photos_field(required=True)


class ReturnDaysForm(DialogForm):
    return_days = forms.IntegerField(
        label=_("Days of the right of return"),
        min_value=7,
        max_value=MAX_RETURN_DAYS,
        help_text=_("Counted from the day after signing. The law grants seven; more may be granted."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["return_days"].initial = after_sales.get_return_days()


class InspectForm(LinesForm):
    """Pieces as they were found. Part of them may be inspected now and the rest later."""

    cells = {"good": _("Good"), "damaged": _("Damaged"), "lost": _("Lost"), "unit_cost": _("Cost of a piece")}

    everything = forms.BooleanField(label=_("All pieces are good"), required=False)
    warehouse = forms.TypedChoiceField(label=_("Warehouse"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        after_sale = after_sales.get_after_sale(after_sale_id=int(self.object_id or 0))
        self.takes_cost = is_history(after_sale.order)
        self.left = {one.line.line_no: one.uninspected for one in after_sale.lines.all() if one.uninspected}
        for one in sorted(after_sale.lines.all(), key=lambda row: row.line.line_no):
            if not one.uninspected:
                continue
            cells: dict[str, forms.Field] = {name: _pieces(one.uninspected) for name in ("good", "damaged", "lost")}
            if self.takes_cost:
                cells["unit_cost"] = forms.DecimalField(min_value=0, decimal_places=4, max_digits=14, required=False)
            label = _("%(goods)s · %(left)d to inspect") % {"goods": label_of(one.line), "left": one.uninspected}
            self.add_line(one.line.line_no, str(label), cells)
        self._offer_warehouses()

    @property
    def columns(self) -> list[Text]:
        return [title for name, title in self.cells.items() if name != "unit_cost" or self.takes_cost]

    def _offer_warehouses(self) -> None:
        places = [one for one in inventory.list_warehouses() if one.sells]
        field = self.fields["warehouse"]
        if len(places) < 2 or not isinstance(field, forms.TypedChoiceField):
            del self.fields["warehouse"]
            return
        field.choices = [("", _("Default warehouse")), *((one.pk, one.name) for one in places)]

    def clean(self) -> dict[str, object]:
        filled = super().clean() or self.cleaned_data
        if filled.get("everything") and any(set(cells) - {"unit_cost"} for cells in self.filled_lines().values()):
            raise forms.ValidationError(_("Choose either everything or its parts."), code="everything_and_parts")
        return filled

    def found(self) -> list[InspectedLine]:
        filled = self.filled_lines()
        if self.cleaned_data["everything"]:
            filled = {line_no: {**filled.get(line_no, {}), "good": left} for line_no, left in self.left.items()}
        return [self._read(line_no, cells) for line_no, cells in filled.items()]

    def _read(self, line_no: int, cells: Mapping[str, object]) -> InspectedLine:
        pieces = {name: cells.get(name) for name in ("good", "damaged", "lost")}
        counted = {name: value if isinstance(value, int) else 0 for name, value in pieces.items()}
        cost = cells.get("unit_cost")
        return InspectedLine(line_no, **counted, unit_cost=cost if isinstance(cost, Decimal) else None)


def method_field() -> forms.ChoiceField:
    """Field of the way in which the money of an order without a payment goes back."""
    field = forms.ChoiceField(
        label=_("Refunded by"),
        choices=[("", "–"), *RefundMethod.choices],
        help_text=_("This order came by a file: no payment of it is on the books."),
    )
    dress_field(field)
    return field


class SettleForm(SumForm):
    """The refund of an after-sale; the button names its sum."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=0,
        decimal_places=2,
        max_digits=14,
        required=False,
        help_text=_("Empty: what was asked for. A lower amount is spread over its lines."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.after_sale = after_sales.get_after_sale(after_sale_id=int(self.object_id or 0))
        if documents.needs_refund_method(order=self.after_sale.order):
            self.fields["method"] = method_field()

    def clean(self) -> dict[str, object]:
        filled = super().clean() or self.cleaned_data
        if self.errors:
            return filled
        order = self.after_sale.order
        held = documents.refundable_parts(order, order.lines.order_by("line_no"))
        try:
            requests = plan_requests(order, self.after_sale, filled.get("amount"))
            self.sum = sum((one.amount for one in plan_refund(held, requests)), ZERO)
        except DomainError as refusal:
            details = [error.detail for error in refusal.errors] or [refusal.detail]
            raise forms.ValidationError([str(detail) for detail in details]) from refusal
        self.ensure_sum_was_seen()
        return filled
