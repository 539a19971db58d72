"""Transfers between warehouses in the brand console."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, GoTo, list_action, object_action
from console.admin import BrandModelAdmin
from console.boxes import with_boxes
from console.dialogs import DocumentForm, dress_field
from console.display import state_label
from console.panels import Panel, Row, facts
from console.shows_panels import ShowsPanels
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.inventory.models import Transfer, TransferLine, Warehouse
from tenant_apps.inventory.rules.boxes import Packed
from tenant_apps.inventory.rules.transfers import Suggestion
from tenant_apps.inventory.selectors import transfers as selectors
from tenant_apps.inventory.selectors.boxes import get_pieces
from tenant_apps.inventory.selectors.stock import get_variant_ids, get_variant_names
from tenant_apps.inventory.selectors.warehouses import list_warehouses
from tenant_apps.inventory.services import transfers as services
from tenant_apps.inventory.services.stock import StockLine
from tenant_apps.inventory.states import TransferState, WarehouseKind


def _places() -> QuerySet[Warehouse]:
    return Warehouse.objects.exclude(kind=WarehouseKind.TRANSIT).order_by("code")


class NewTransferForm(DocumentForm):
    """Goods to bring from one warehouse to another."""

    needs_one_of = ("boxes", "quantity")
    line_fields = {
        "sku": forms.CharField(label=_("SKU"), max_length=64),
        "boxes": forms.IntegerField(label=_("Boxes"), min_value=1, max_value=1_000_000, required=False),
        "quantity": forms.IntegerField(label=_("Pieces"), min_value=1, max_value=1_000_000, required=False),
    }
    origin_id = forms.ModelChoiceField(label=_("From"), queryset=Warehouse.objects.none())
    target_id = forms.ModelChoiceField(label=_("To"), queryset=Warehouse.objects.none())
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("origin_id", "target_id"):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = _places()


class SuggestionsForm(DialogForm):
    """Suggestions to tick; all are ticked at first."""

    chosen = forms.MultipleChoiceField(
        label=_("To be transferred"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick what is to be transferred.")},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.suggested = {_key(one): one for one in selectors.list_suggestions()}
        names = get_variant_names(variant_ids=[one.variant_id for one in self.suggested.values()])
        places = {place.pk: place.name for place in list_warehouses()}
        field = self.fields["chosen"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [
                (
                    key,
                    f"{names[one.variant_id]} × {one.quantity} · {places[one.origin_id]} → {places[one.target_id]}",
                )
                for key, one in self.suggested.items()
            ]
        field.initial = list(self.suggested)
        if not self.suggested:
            field.help_text = str(
                _("Nothing to suggest: no warehouse is below a threshold while another has more than its own.")
            )


def _key(one: Suggestion) -> str:
    return f"{one.variant_id}-{one.origin_id}-{one.target_id}-{one.quantity}"


class ReceiveForm(DialogForm):
    """Pieces that arrived and that are lost, line by line; what is left out of both is still on its way."""

    reason = forms.CharField(label=_("Reason for what is lost"), max_length=200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        transfer_id = int(self.object_id or 0)
        self.lines_open = [line for line in selectors.get_transfer(transfer_id=transfer_id).lines.all() if line.open]
        fields: dict[str, forms.Field] = {}
        for line in self.lines_open:
            named = {"sku": line.variant.sku, "pieces": with_boxes(line.open, line.variant.box_size)}
            fields[f"received_{line.variant_id}"] = forms.IntegerField(
                label=_("%(sku)s: arrived, of %(pieces)s") % named, min_value=0, max_value=line.open, initial=line.open
            )
            fields[f"lost_{line.variant_id}"] = forms.IntegerField(
                label=_("%(sku)s: lost") % named, min_value=0, max_value=line.open, initial=0
            )
        for field in fields.values():
            dress_field(field)
        self.fields = {**fields, **self.fields}

    def received(self) -> list[services.ReceivedLine]:
        """Return what was filled in."""
        filled = self.cleaned_data
        return [
            services.ReceivedLine(
                line.variant_id, filled[f"received_{line.variant_id}"], filled[f"lost_{line.variant_id}"]
            )
            for line in self.lines_open
        ]


def _row(line: TransferLine) -> Row:
    note = line.variant.sku
    if line.received or line.lost:
        note = str(
            _("%(sku)s · %(received)d arrived, %(lost)d lost")
            % {"sku": note, "received": line.received, "lost": line.lost}
        )
    side = f"× {with_boxes(line.quantity, line.variant.box_size)}"
    return Row(title=f"{line.variant.product.name} {line.variant.name}".strip(), note=note, side=side)


@admin.register(Transfer, site=brand_site)
class TransferAdmin(ShowsPanels[Transfer], BrandModelAdmin[Transfer]):
    view_permission = "inventory.view"
    list_display = (
        "number",
        "origin",
        "target",
        "pieces",
        state_label(
            "state",
            _("State"),
            {
                TransferState.DRAFT: "info",
                TransferState.SHIPPED: "warning",
                TransferState.RECEIVED: "success",
                TransferState.CANCELLED: "danger",
            },
        ),
        "created_at",
        "shipped_at",
        "received_at",
    )
    list_filter = ("state", "origin", "target")
    search_fields = ("number", "note")
    fields = ("note",)
    actions_list = ("new", "suggest")
    actions_detail = ("ship", "receive", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        return selectors.list_transfers()

    @admin.display(description=_("Pieces"))
    def pieces(self, transfer: Transfer) -> int:
        return sum(line.quantity for line in transfer.lines.all())

    def list_panels(self, request: HttpRequest, object_id: int) -> list[Panel]:
        """Return the way and the goods."""
        transfer = selectors.get_transfer(transfer_id=object_id)
        return [
            Panel(
                key="way",
                title=_("Transfer"),
                icon="local_shipping",
                facts=facts(
                    [
                        (_("Number"), transfer.number),
                        (_("State"), transfer.get_state_display()),
                        (_("From"), transfer.origin.name),
                        (_("To"), transfer.target.name),
                        (_("Drafted"), transfer.created_at),
                        (_("Shipped"), transfer.shipped_at),
                        (_("Received"), transfer.received_at),
                    ]
                ),
            ),
            Panel(
                key="goods", title=_("Goods"), icon="inventory_2", rows=[_row(line) for line in transfer.lines.all()]
            ),
        ]

    @list_action(_("New transfer"), permission="inventory.transfer", form=NewTransferForm, icon="swap_horiz")
    def new(self, request: HttpRequest, form: NewTransferForm) -> GoTo:
        filled = form.cleaned_data
        lines = [cells for _row_number, cells in form.lines()]
        ids = get_variant_ids(skus=[line["sku"] for line in lines])
        counted = get_pieces(variant_ids=ids, packed=[Packed(line["boxes"], line["quantity"]) for line in lines])
        made = services.create_transfer(
            origin_id=filled["origin_id"].pk,
            target_id=filled["target_id"].pk,
            lines=[StockLine(pk, quantity) for pk, quantity in zip(ids, counted, strict=True)],
            note=filled["note"],
            now=clock.now(),
        )
        return GoTo(reverse("brand:inventory_transfer_change", args=[made.pk]))

    @list_action(
        _("From suggestions"),
        permission="inventory.transfer",
        form=SuggestionsForm,
        icon="auto_awesome",
        explanation=_(
            "Warehouses below their threshold, filled from those above theirs. Drafts are made, one per way."
        ),
    )
    def suggest(self, request: HttpRequest, form: SuggestionsForm) -> Text:
        chosen = [form.suggested[key] for key in form.cleaned_data["chosen"]]
        made = services.create_suggested(suggestions=chosen, now=clock.now())
        return _("Drafted: %(numbers)s") % {"numbers": ", ".join(one.number for one in made)}

    @object_action(
        _("Ship"),
        permission="inventory.transfer",
        icon="local_shipping",
        explanation=_("The goods leave their warehouse and are on their way."),
        offered=lambda transfer: transfer.state == TransferState.DRAFT,
    )
    def ship(self, request: HttpRequest, transfer: Transfer, form: DialogForm) -> None:
        services.ship_transfer(transfer_id=transfer.pk, now=clock.now())

    @object_action(
        _("Receive"),
        permission="inventory.transfer",
        form=ReceiveForm,
        icon="move_to_inbox",
        offered=lambda transfer: transfer.state == TransferState.SHIPPED,
    )
    def receive(self, request: HttpRequest, transfer: Transfer, form: ReceiveForm) -> None:
        services.receive_transfer(
            transfer_id=transfer.pk, lines=form.received(), reason=form.cleaned_data["reason"], now=clock.now()
        )

    @object_action(
        _("Cancel the draft"),
        permission="inventory.transfer",
        icon="cancel",
        offered=lambda transfer: transfer.state == TransferState.DRAFT,
    )
    def cancel(self, request: HttpRequest, transfer: Transfer, form: DialogForm) -> None:
        services.cancel_transfer(transfer_id=transfer.pk)
