"""Stocktakes in the brand console."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may
from console.actions import DialogForm, GoTo, list_action, object_action, object_link
from console.admin import BrandModelAdmin
from console.boxes import spell_boxes
from console.display import state_label
from console.money import format_money
from console.panels import Panel, Row, facts
from console.shows_panels import ShowsPanels
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.catalog.selectors.categories import list_category_tree
from tenant_apps.inventory.models import Stocktake, Warehouse
from tenant_apps.inventory.selectors import differences
from tenant_apps.inventory.selectors import stocktakes as selectors
from tenant_apps.inventory.services import stocktakes as services
from tenant_apps.inventory.states import StocktakeState, WarehouseKind

SHOWN = 20
OPEN_STATES = (StocktakeState.OPEN, StocktakeState.COUNTED)


class NewStocktakeForm(DialogForm):
    """Goods to be counted: one warehouse, all of it or one category."""

    warehouse_id = forms.ModelChoiceField(label=_("Warehouse"), queryset=Warehouse.objects.none())
    category_id = forms.TypedChoiceField(label=_("Category"), required=False, coerce=int, empty_value=None)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        place, category = self.fields["warehouse_id"], self.fields["category_id"]
        if isinstance(place, forms.ModelChoiceField):
            place.queryset = Warehouse.objects.exclude(kind=WarehouseKind.TRANSIT).order_by("code")
        if isinstance(category, forms.ChoiceField):
            branches = [(one.id, " › ".join(one.path)) for one in list_category_tree()]
            category.choices = [("", _("All goods")), *branches]


@admin.register(Stocktake, site=brand_site)
class StocktakeAdmin(ShowsPanels[Stocktake], BrandModelAdmin[Stocktake]):
    view_permission = "inventory.view"
    list_display = (
        "number",
        "warehouse",
        "category_name",
        state_label(
            "state",
            _("State"),
            {
                StocktakeState.OPEN: "info",
                StocktakeState.COUNTED: "warning",
                StocktakeState.APPROVED: "success",
                StocktakeState.CANCELLED: "danger",
            },
        ),
        "created_at",
        "counted_at",
        "closed_at",
    )
    list_filter = ("state", "warehouse")
    search_fields = ("number", "note", "category_name")
    fields = ("note",)
    actions_list = ("new",)
    actions_detail = ("count", "finish", "review", "reopen", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stocktake]:
        return selectors.list_stocktakes()

    def list_panels(self, request: HttpRequest, object_id: int) -> list[Panel]:
        """Return how far it got and, to who may approve, what differs."""
        stocktake = selectors.get_stocktake(stocktake_id=object_id)
        progress = selectors.count_progress(stocktake_ids=[object_id])[object_id]
        told = [
            (_("Number"), stocktake.number),
            (_("State"), stocktake.get_state_display()),
            (_("Warehouse"), stocktake.warehouse.name),
            (_("Category"), stocktake.category_name or str(_("All goods"))),
            (_("Counted"), f"{progress.counted} / {progress.lines}"),
            (_("Opened"), stocktake.created_at),
            (_("Counting ended"), stocktake.counted_at),
            (_("Closed"), stocktake.closed_at),
        ]
        panels = [Panel(key="stocktake", title=_("Stocktake"), icon="fact_check", facts=facts(told))]
        if may(request, "inventory.approve") and stocktake.state != StocktakeState.CANCELLED:
            panels.append(_differences(request, object_id))
        return panels

    @list_action(
        _("New stocktake"),
        permission="inventory.count",
        form=NewStocktakeForm,
        icon="add",
        explanation=_("What is booked now is noted. Goods may come and go while they are counted."),
    )
    def new(self, request: HttpRequest, form: NewStocktakeForm) -> GoTo:
        filled = form.cleaned_data
        made = services.open_stocktake(
            warehouse_id=filled["warehouse_id"].pk,
            category_id=filled["category_id"],
            note=filled["note"],
            now=clock.now(),
        )
        return GoTo(reverse("inventory:count", args=[made.pk]))

    @object_link(
        _("Count"),
        permission="inventory.count",
        icon="barcode_scanner",
        offered=lambda stocktake: stocktake.state == StocktakeState.OPEN,
    )
    def count(self, request: HttpRequest, stocktake: Stocktake) -> str:
        return reverse("inventory:count", args=[stocktake.pk])

    @object_action(
        _("End counting"),
        permission="inventory.count",
        icon="done_all",
        explanation=_("Nobody counts any more, and the differences wait for approval."),
        offered=lambda stocktake: stocktake.state == StocktakeState.OPEN,
    )
    def finish(self, request: HttpRequest, stocktake: Stocktake, form: DialogForm) -> None:
        services.finish_counting(stocktake_id=stocktake.pk, now=clock.now())

    @object_link(
        _("Look at the differences"),
        permission="inventory.approve",
        icon="rule",
        offered=lambda stocktake: stocktake.state != StocktakeState.CANCELLED,
    )
    def review(self, request: HttpRequest, stocktake: Stocktake) -> str:
        return reverse("inventory:review", args=[stocktake.pk])

    @object_action(
        _("Count on"),
        permission="inventory.count",
        icon="undo",
        offered=lambda stocktake: stocktake.state == StocktakeState.COUNTED,
    )
    def reopen(self, request: HttpRequest, stocktake: Stocktake, form: DialogForm) -> None:
        services.reopen_counting(stocktake_id=stocktake.pk)

    @object_action(
        _("Cancel the stocktake"),
        permission="inventory.approve",
        icon="cancel",
        explanation=_("Stock stays as it is booked. What was counted is kept, and nothing comes of it."),
        offered=lambda stocktake: stocktake.state in OPEN_STATES,
    )
    def cancel(self, request: HttpRequest, stocktake: Stocktake, form: DialogForm) -> None:
        services.cancel_stocktake(stocktake_id=stocktake.pk, now=clock.now())


def _differences(request: HttpRequest, stocktake_id: int) -> Panel:
    found = differences.list_differences(stocktake_id=stocktake_id)
    sees_cost = may(request, "catalog.cost")

    def row(one: differences.Difference) -> Row:
        line = one.line
        worth = f" · {format_money(one.value)}" if sees_cost else ""
        spelled = spell_boxes(one.pieces, line.variant.box_size)
        boxed = f" ({spelled})" if spelled else ""
        note = " · ".join(part for part in (line.variant.sku, line.reason) if part)
        named = f"{line.variant.product.name} {line.variant.name}".strip()
        return Row(title=named, note=note, side=f"{one.pieces:+d}{boxed}{worth}")

    title: Text = _("Differences")
    return Panel(
        key="differences",
        title=title,
        icon="rule",
        rows=[row(one) for one in found[:SHOWN]],
        empty=_("Everything that was counted is as booked."),
        more=reverse("inventory:review", args=[stocktake_id]) if len(found) > SHOWN else "",
    )
