"""The dialogs of a parcel: what goes into it and how it travels, and the correction of a number."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from console.dialogs import dress_field
from console.suggestions import SuggestionInput
from kernel.core.errors import Text
from tenant_apps.orders.selectors import documents
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.ship_order import ShipmentLine
from tenant_apps.shipping.services.parcels import MAX_WEIGHT


class CarrierForm(DialogForm):
    """Carrier, proposed as it was last time, and tracking number; the service says which of them it needs."""

    carrier = forms.CharField(label=_("Carrier"), max_length=40, required=False)
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        carriers = order_parcels.list_carriers()
        carrier = self.fields["carrier"]
        carrier.widget = SuggestionInput({"maxlength": 40}, suggestions=carriers)
        carrier.initial = carriers[0]
        dress_field(carrier)


class ShipForm(CarrierForm):
    """A parcel. Everything that is left is filled in; a line without pieces stays for another parcel."""

    weight_grams = forms.IntegerField(label=_("Weight (g)"), min_value=0, max_value=MAX_WEIGHT, required=False)

    columns: tuple[Text, ...] = (_("Quantity"),)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order_document(order_id=int(self.object_id or 0))
        self.choice = choose_carriers([order]).get(order.pk)
        if self.choice is not None:
            self.fields["carrier"].initial = self.choice.carrier
            self.fields["carrier"].help_text = self.choice.reason
        prepared = order_parcels.find_prepared_parcel(order_id=order.pk)
        if prepared is not None:
            self.fields["carrier"].initial = prepared.carrier
            self.fields["tracking_number"].initial = prepared.tracking_number
        self.labels: dict[int, str] = {}
        for line in sorted(order.lines.all(), key=lambda one: one.line_no):
            if not line.open_quantity:
                continue
            self.labels[line.line_no] = f"{line.sku} {line.name}".strip()
            cell = forms.IntegerField(
                min_value=0, max_value=line.open_quantity, required=False, initial=line.open_quantity
            )
            cell.widget.attrs["aria-label"] = self.labels[line.line_no]
            dress_field(cell)
            self.fields[f"line_{line.line_no}"] = cell

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The lines that are not shipped wholly, each with the field of its pieces."""
        return [(label, [self[f"line_{line_no}"]]) for line_no, label in self.labels.items()]

    def reason(self) -> str:
        """Return why the carrier was chosen; nothing where a person chose another."""
        chosen = self.choice is not None and self.choice.carrier == self.cleaned_data["carrier"]
        return self.choice.reason if self.choice is not None and chosen else ""

    def lines(self) -> list[ShipmentLine] | None:
        """Return the pieces of each line that go into the parcel; None for all, where no field of a line was sent."""
        if not any(f"line_{line_no}" in self.data for line_no in self.labels):
            return None
        pieces = {line_no: self.cleaned_data.get(f"line_{line_no}") or 0 for line_no in self.labels}
        return [ShipmentLine(line_no, quantity) for line_no, quantity in pieces.items() if quantity]


class WaybillForm(DialogForm):
    """The carrier of a waybill, proposed by the brand's rules."""

    carrier = forms.CharField(label=_("Carrier"), max_length=40)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order_document(order_id=int(self.object_id or 0))
        carriers = order_parcels.list_carriers()
        choice = choose_carriers([order]).get(order.pk)
        carrier = self.fields["carrier"]
        carrier.widget = SuggestionInput({"maxlength": 40}, suggestions=carriers)
        carrier.initial = choice.carrier if choice else carriers[0]
        carrier.help_text = choice.reason if choice else ""
        dress_field(carrier)


class CorrectForm(CarrierForm):
    """The right carrier and number of a parcel, and why; the latest parcel is proposed."""

    parcel_id = forms.TypedChoiceField(label=_("Parcel"), coerce=int, empty_value=None, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        order = documents.get_order(order_id=int(self.object_id or 0))
        parcels = order_parcels.list_parcels(order_id=order.pk)
        self.fields["carrier"].initial = order.carrier
        self.fields["tracking_number"].initial = order.tracking_number
        if len(parcels) < 2:
            del self.fields["parcel_id"]
            return
        field = forms.TypedChoiceField(
            label=_("Parcel"),
            coerce=int,
            choices=[(one.pk, f"{one.seq} · {one.carrier} {one.tracking_number}") for one in reversed(parcels)],
        )
        dress_field(field)
        self.fields = {"parcel_id": field, **{name: one for name, one in self.fields.items() if name != "parcel_id"}}
