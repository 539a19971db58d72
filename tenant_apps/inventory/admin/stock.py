"""Stock in the brand console."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.access import may
from console.actions import DialogForm, list_action, object_action
from console.admin import AnyModel, BrandModelAdmin
from console.boxes import spell_boxes, with_boxes
from console.columns import name_documents
from console.dialogs import DocumentForm
from console.display import money
from console.exports import ExportsList
from console.lists import Shown
from console.panels import Panel, Row, facts, written
from console.shows_panels import ShowsPanels
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.inventory.admin.backorders import SellsBeyondStock
from tenant_apps.inventory.models import Stock, StockMovement, Warehouse
from tenant_apps.inventory.rules.boxes import Packed
from tenant_apps.inventory.selectors import stock as selectors
from tenant_apps.inventory.selectors.batches import get_setting
from tenant_apps.inventory.selectors.boxes import get_pieces
from tenant_apps.inventory.selectors.reservations import list_open_reservations
from tenant_apps.inventory.services import alerts
from tenant_apps.inventory.services import stock as services
from tenant_apps.inventory.services.sku_settings import change_setting

SHOWN = 8
BOXES = forms.IntegerField(label=_("Boxes"), min_value=1, max_value=1_000_000, required=False)
VALUE = money("value", _("Value"))


class CostGuardedAdmin(BrandModelAdmin[AnyModel]):
    """Show the value of goods only to callers with the permission to see costs."""

    def list_columns(self, request: HttpRequest) -> list[Shown]:
        return [one for one in super().list_columns(request) if one != VALUE or may(request, "catalog.cost")]

    def get_fields(self, request: HttpRequest, obj: AnyModel | None = None) -> Any:
        hidden = () if may(request, "catalog.cost") else ("value", "value_after")
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by value: `?value__gt=` would reveal the value by bisection."""
        if lookup.startswith("value") and not may(request, "catalog.cost"):
            return False
        return super().lookup_allowed(lookup, value, request)


class NamesGoods:
    """Columns that name a variant: product and specification, and the SKU."""

    @admin.display(description=_("Goods"), ordering="variant__product__name")
    def goods(self, row: Stock | StockMovement) -> str:
        return f"{row.variant.product.name} {row.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="variant__sku")
    def sku(self, row: Stock | StockMovement) -> str:
        return row.variant.sku


def _row(source: str, names: Mapping[str, tuple[str, str]], side: str, note: str = "") -> Row:
    name, link = names.get(source, (source.partition(":")[2] or source, ""))
    return Row(title=name, note=note, side=side, link=link)


class LowStockFilter(admin.SimpleListFilter):
    title = _("stock alert")
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Under the threshold"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stock]) -> QuerySet[Stock]:
        return queryset.filter(selectors.IS_LOW) if self.value() == "yes" else queryset


class ReceiveForm(DocumentForm):
    """A delivery note with its lines."""

    needs_one_of = ("boxes", "quantity")
    line_fields = {
        "sku": forms.CharField(label=_("SKU"), max_length=64),
        "boxes": BOXES,
        "quantity": forms.IntegerField(label=_("Pieces"), min_value=1, max_value=1_000_000, required=False),
        "unit_cost": forms.DecimalField(label=_("Unit cost"), min_value=0, max_digits=14, decimal_places=4),
        "batch": forms.CharField(label=_("Batch number"), max_length=40, required=False),
        "produced_on": forms.DateField(label=_("Produced on"), required=False, widget=forms.DateInput()),
        "expires_on": forms.DateField(label=_("Expires on"), required=False, widget=forms.DateInput()),
    }
    reference = forms.CharField(label=_("Delivery note"), max_length=60)
    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=Warehouse.objects.order_by("code"), required=False
    )


def _batch_of(line: Mapping[str, object]) -> services.BatchSpec | None:
    """Return the batch that a row names; dates without a number are refused with it."""
    produced_on, expires_on = line["produced_on"], line["expires_on"]
    if not any((line["batch"], produced_on, expires_on)):
        return None
    return services.BatchSpec(
        str(line["batch"] or ""),
        produced_on if isinstance(produced_on, date) else None,
        expires_on if isinstance(expires_on, date) else None,
    )


class SettingForm(DialogForm):
    """Setting of the SKU's stock, as it is now."""

    keeps_batches = forms.BooleanField(
        label=_("Keeps batches"),
        required=False,
        help_text=_("Receipts name the batch; what expires first leaves first, and nothing expired is sold."),
    )
    warn_days = forms.IntegerField(label=_("Days of warning before expiry"), min_value=0, max_value=3_650)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        stock = selectors.get_stock(stock_id=int(self.object_id or 0))
        setting = get_setting(variant_id=stock.variant_id)
        self.fields["keeps_batches"].initial = setting.keeps_batches
        self.fields["warn_days"].initial = setting.warn_days


class CountForm(DocumentForm):
    """A count with the differences it found."""

    needs_one_of = ("boxes", "change")
    line_fields = {
        "sku": forms.CharField(label=_("SKU"), max_length=64),
        "boxes": forms.IntegerField(
            label=_("Difference in boxes"), min_value=-1_000_000, max_value=1_000_000, required=False
        ),
        "change": forms.IntegerField(
            label=_("Difference in pieces"), min_value=-1_000_000, max_value=1_000_000, required=False
        ),
        "unit_cost": forms.DecimalField(
            label=_("Unit cost, where never booked"), required=False, min_value=0, max_digits=14, decimal_places=4
        ),
    }
    reference = forms.CharField(
        label=_("Count's number"), max_length=60, help_text=_("A difference below zero: fewer than booked.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=Warehouse.objects.order_by("code"), required=False
    )


class AdjustForm(DialogForm):
    change = forms.IntegerField(
        label=_("Difference"), min_value=-1_000_000, max_value=1_000_000, help_text=_("Negative: fewer than booked.")
    )
    unit_cost = forms.DecimalField(
        label=_("Unit cost, where never booked"), required=False, min_value=0, max_digits=14, decimal_places=4
    )
    reference = forms.CharField(label=_("Count's number"), max_length=60)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class ThresholdForm(DialogForm):
    low_stock_threshold = forms.IntegerField(label=_("Low-stock threshold"), min_value=0, max_value=1_000_000)


@admin.register(Stock, site=brand_site)
class StockAdmin(SellsBeyondStock, NamesGoods, ShowsPanels[Stock], ExportsList[Stock], CostGuardedAdmin[Stock]):
    view_permission = "inventory.view"
    list_totals = ("value",)
    list_display = (
        "goods",
        "sku",
        "warehouse",
        "on_hand",
        "in_boxes",
        "held",
        "free",
        "coming",
        "projected",
        VALUE,
        "low_stock_threshold",
    )
    list_filter = (LowStockFilter, "warehouse")
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    actions_list = ("receive", "count")
    actions_detail = ("adjust", "set_threshold", "change_setting", "sell_beyond_stock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stock]:
        return selectors.count_quantities(super().get_queryset(request), now=clock.now())

    @admin.display(description=_("reserved"))
    def held(self, stock: Stock) -> int:
        return stock.held

    @admin.display(description=_("In boxes"))
    def in_boxes(self, stock: Stock) -> str:
        """Pieces on hand in full boxes and single pieces."""
        return spell_boxes(stock.on_hand, stock.variant.box_size) or "–"

    @admin.display(description=_("Available"))
    def free(self, stock: Stock) -> int:
        return stock.available

    @admin.display(description=_("On the way"))
    def coming(self, stock: Stock) -> int:
        return stock.in_transit

    @admin.display(description=_("Projected"))
    def projected(self, stock: Stock) -> int:
        return stock.projected

    def list_panels(self, request: HttpRequest, object_id: int) -> list[Panel]:
        """Return the latest movements, and the orders that pieces are held for."""
        stock = selectors.get_stock(stock_id=object_id)
        place = {"variant_id": stock.variant_id, "warehouse_id": stock.warehouse_id}
        moved = list(selectors.list_movements().filter(**place)[:SHOWN])
        held = list(list_open_reservations(**place, now=clock.now())[:SHOWN])
        names = name_documents(request, [*(one.source for one in moved), *(one.source for one in held)])
        product = stock.variant.product
        named = f"{product.name} {stock.variant.name}".strip()
        return [
            Panel(
                key="goods",
                title=_("Goods"),
                icon="inventory_2",
                facts=facts(
                    [
                        (_("Goods"), named),
                        (_("SKU"), stock.variant.sku),
                        (_("Warehouse"), stock.warehouse.name),
                        (_("Pieces per box"), stock.variant.box_size),
                        (_("On hand"), with_boxes(stock.on_hand, stock.variant.box_size)),
                        (_("Available"), with_boxes(stock.available, stock.variant.box_size)),
                        (_("On the way"), str(stock.in_transit)),
                        (_("Sold beyond stock, still to come"), stock.awaited or None),
                        (_("Projected"), str(stock.projected)),
                        (_("Low since"), stock.low_since),
                    ]
                ),
            ),
            Panel(
                key="reservations",
                title=_("Reserved for"),
                icon="bookmark",
                rows=[_row(one.source, names, f"{one.open}") for one in held],
                empty=_("Nothing is reserved."),
            ),
            Panel(
                key="movements",
                title=_("Latest movements"),
                icon="swap_vert",
                rows=[
                    _row(
                        one.source,
                        names,
                        f"{one.quantity:+d}",
                        f"{one.get_kind_display()} · {written(one.occurred_at)}",
                    )
                    for one in moved
                ],
                empty=_("Nothing moved yet."),
                more=f"{reverse('brand:inventory_stockmovement_changelist')}?q={stock.variant.sku}",
            ),
        ]

    @list_action(_("Receive goods"), permission="inventory.receive", form=ReceiveForm, icon="add_box")
    def receive(self, request: HttpRequest, form: ReceiveForm) -> Text:
        filled = form.cleaned_data
        lines = [cells for _row, cells in form.lines()]
        ids = selectors.get_variant_ids(skus=[line["sku"] for line in lines])
        counted = get_pieces(variant_ids=ids, packed=[Packed(line["boxes"], line["quantity"]) for line in lines])
        services.receive(
            lines=[
                services.ReceiptLine(variant_id, quantity, line["unit_cost"], _batch_of(line))
                for variant_id, quantity, line in zip(ids, counted, lines, strict=True)
            ],
            reference=filled["reference"],
            warehouse_id=filled["warehouse"].pk if filled["warehouse"] else None,
            now=clock.now(),
        )
        told = {"reference": filled["reference"], "pieces": sum(counted)}
        return _("%(reference)s: %(pieces)d pieces received.") % told

    @list_action(_("Enter a count"), permission="inventory.adjust", form=CountForm, icon="rule")
    def count(self, request: HttpRequest, form: CountForm) -> Text:
        filled = form.cleaned_data
        lines = [cells for _row, cells in form.lines()]
        ids = selectors.get_variant_ids(skus=[line["sku"] for line in lines])
        packed = [Packed(line["boxes"], line["change"]) for line in lines]
        counted = get_pieces(variant_ids=ids, packed=packed, name="change")
        services.adjust(
            lines=[
                services.AdjustmentLine(variant_id, change, line["unit_cost"])
                for variant_id, change, line in zip(ids, counted, lines, strict=True)
            ],
            reference=filled["reference"],
            reason=filled["reason"],
            warehouse_id=filled["warehouse"].pk if filled["warehouse"] else None,
            now=clock.now(),
        )
        return _("%(reference)s: %(lines)d lines corrected.") % {"reference": filled["reference"], "lines": len(lines)}

    @object_action(_("Correct"), permission="inventory.adjust", form=AdjustForm, icon="rule")
    def adjust(self, request: HttpRequest, stock: Stock, form: AdjustForm) -> None:
        filled = form.cleaned_data
        services.adjust(
            lines=[services.AdjustmentLine(stock.variant_id, filled["change"], filled["unit_cost"])],
            reference=filled["reference"],
            reason=filled["reason"],
            warehouse_id=stock.warehouse_id,
            now=clock.now(),
        )

    @object_action(_("Batches and expiry"), permission="inventory.edit", form=SettingForm, icon="event_upcoming")
    def change_setting(self, request: HttpRequest, stock: Stock, form: SettingForm) -> None:
        filled = form.cleaned_data
        change_setting(
            variant_id=stock.variant_id,
            changes={"keeps_batches": filled["keeps_batches"], "warn_days": filled["warn_days"]},
            now=clock.now(),
        )

    @object_action(_("Set threshold"), permission="inventory.edit", form=ThresholdForm, icon="notifications")
    def set_threshold(self, request: HttpRequest, stock: Stock, form: ThresholdForm) -> None:
        alerts.set_low_stock_threshold(stock_id=stock.pk, threshold=form.cleaned_data["low_stock_threshold"])


@admin.register(StockMovement, site=brand_site)
class StockMovementAdmin(NamesGoods, ExportsList[StockMovement], CostGuardedAdmin[StockMovement]):
    view_permission = "inventory.view"
    list_display = (
        "occurred_at",
        "kind",
        "goods",
        "sku",
        "warehouse",
        "quantity",
        "balance_after",
        VALUE,
        "document_name",
    )
    list_filter = ("kind", "warehouse", "occurred_at")
    list_select_related = ("variant__product", "warehouse")
    search_fields = ("variant__sku__istartswith", "source")

    def prepare_rows(self, request: HttpRequest, rows: list[StockMovement]) -> None:
        super().prepare_rows(request, rows)
        names = name_documents(request, [row.source for row in rows])
        for row in rows:
            row.document_named = names.get(row.source)

    @admin.display(description=_("Document"), ordering="source")
    def document_name(self, movement: StockMovement) -> SafeString | str:
        """The order, or the number of the delivery note or count."""
        if movement.document_named is None:
            return movement.source.partition(":")[2] or movement.source
        name, link = movement.document_named
        return format_html('<a class="bn-link" href="{}">{}</a>', link, name) if link else name
