"""Dialogs that begin an after-sale: refund, return, exchange."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from console.dialogs import dress_field
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from kernel.core.money import ZERO
from tenant_apps.orders.admin.after_sale_fields import LinesForm, label_of, money_field, photos_field, pieces_field
from tenant_apps.orders.models import OrderLine
from tenant_apps.orders.rules.after_sales import (
    NewAfterSale,
    NewAfterSaleLine,
    Replacement,
    ReturnableLine,
)
from tenant_apps.orders.rules.refunds import FREIGHT_LINE
from tenant_apps.orders.selectors import after_sales, documents
from tenant_apps.orders.states import AfterSaleKind, AfterSaleReason


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
        return {"refund_quantity": pieces_field(held.money.pieces_left), "amount": money_field()}

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
            "quantity": pieces_field(held.pieces_out),
            "refund_quantity": pieces_field(held.money.pieces_left),
            "amount": money_field(),
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
        return {"quantity": pieces_field(held.pieces_out), "sku": forms.CharField(max_length=64, required=False)}

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
