"""Dialogs of an after-sale under way: reasons, photos, what an inspection found, what is paid back."""

from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from console.dialogs import SumForm, dress_field
from kernel.core.errors import DomainError, Text
from kernel.core.money import ZERO
from tenant_apps.inventory.selectors import warehouses as inventory
from tenant_apps.orders.admin.after_sale_fields import LinesForm, label_of, photos_field, pieces_field
from tenant_apps.orders.rules.after_sales import (
    MAX_RETURN_DAYS,
    InspectedLine,
)
from tenant_apps.orders.rules.refunds import plan_refund
from tenant_apps.orders.selectors import after_sales, documents
from tenant_apps.orders.services.after_sales.settling import plan_requests
from tenant_apps.orders.services.history import is_history
from tenant_apps.orders.states import RefundMethod


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
            cells: dict[str, forms.Field] = {
                name: pieces_field(one.uninspected) for name in ("good", "damaged", "lost")
            }
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
