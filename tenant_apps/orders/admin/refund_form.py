"""The dialog of a refund: pieces by line, freight, and an amount that can be changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.dialogs import SumForm, dress_field
from console.money import format_money
from kernel.core.errors import DomainError, Text
from kernel.core.money import ZERO
from tenant_apps.orders.admin.after_sale_forms import method_field
from tenant_apps.orders.rules.refunds import (
    FREIGHT_LINE,
    Refundable,
    RefundRequest,
    plan_refund,
    request_everything,
    spread_amount,
)
from tenant_apps.orders.selectors import documents
from tenant_apps.orders.states import FulfilmentState


class RefundForm(SumForm):
    """Form of a refund. Nothing chosen is nothing refunded; everything has a box of its own."""

    everything = forms.BooleanField(required=False)
    freight = forms.BooleanField(required=False)
    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=0,
        decimal_places=2,
        max_digits=14,
        required=False,
        help_text=_("Empty: the price of the pieces and the freight chosen. Alone it is spread over all lines."),
    )
    restock = forms.BooleanField(label=_("Restock the goods"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    columns: tuple[Text, ...] = (_("Quantity"),)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order_document(order_id=int(self.object_id or 0))
        lines = sorted(order.lines.all(), key=lambda line: line.line_no)
        self.held = documents.refundable_parts(order, lines)
        self.labels: dict[int, str] = {}
        for line, part in zip(lines, self.held, strict=False):
            if not part.pieces_left and not part.money_left:
                continue
            name = f"{line.sku} {line.name}".strip()
            left = {"left": part.pieces_left, "money": format_money(part.money_left)}
            self.labels[line.line_no] = f"{name} · {_('%(left)d left, %(money)s') % left}"
            cell = forms.IntegerField(min_value=0, max_value=part.pieces_left, required=False)
            cell.widget.attrs["aria-label"] = self.labels[line.line_no]
            dress_field(cell)
            self.fields[f"line_{line.line_no}"] = cell
        self.needs_method = documents.needs_refund_method(order=order)
        self._show_left(self.held[-1], is_shipped=order.fulfilment_state != FulfilmentState.UNFULFILLED)

    def _show_left(self, freight: Refundable, *, is_shipped: bool) -> None:
        whole = sum((part.money_left for part in self.held), ZERO)
        self.fields["everything"].label = _("Everything that is left: %(money)s") % {"money": format_money(whole)}
        self.fields["freight"].label = _("The freight: %(money)s") % {"money": format_money(freight.money_left)}
        if not freight.money_left:
            del self.fields["freight"]
        if self.needs_method:
            self.fields["method"] = method_field()
        if is_shipped and not self.needs_method:
            self.fields["restock"].initial = True
        else:  # goods that never left are released by themselves, those of imported orders come by an after-sale
            del self.fields["restock"]

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The lines that something is left of, each with the field of its pieces."""
        return [(label, [self[f"line_{line_no}"]]) for line_no, label in self.labels.items()]

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or self.cleaned_data
        if self.errors:
            return filled
        try:
            self.sum = sum((one.amount for one in plan_refund(self.held, self.requests())), ZERO)
        except DomainError as refusal:
            details = [error.detail for error in refusal.errors] or [refusal.detail]
            raise forms.ValidationError([str(detail) for detail in details]) from refusal
        self.ensure_sum_was_seen()
        return filled

    def requests(self) -> list[RefundRequest]:
        """Return the requested refunds. Raises InvalidRefund; ValidationError where everything and a part are named."""
        filled = self.cleaned_data
        pieces = {line_no: filled.get(f"line_{line_no}") or 0 for line_no in self.labels}
        requests = [RefundRequest(line_no, quantity) for line_no, quantity in pieces.items() if quantity]
        if filled.get("freight"):
            requests.append(RefundRequest(FREIGHT_LINE))
        amount = filled.get("amount")
        if filled["everything"]:
            if requests or amount is not None:
                raise forms.ValidationError(_("Choose either everything or its parts."), code="everything_and_parts")
            return request_everything(self.held)
        return requests if amount is None else spread_amount(self.held, requests, amount)
