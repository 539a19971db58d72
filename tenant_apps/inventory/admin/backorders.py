"""Goods sold beyond stock in the brand console: the terms of a SKU, and what waits for which order."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin
from console.columns import name_documents
from console.exports import ExportsList
from console.sites import brand_site
from kernel.core import clock
from tenant_apps.inventory.models import Backorder, Stock
from tenant_apps.inventory.models.backorder import IS_OPEN
from tenant_apps.inventory.selectors import stock as stock_reads
from tenant_apps.inventory.selectors.backorders import list_backorders
from tenant_apps.inventory.selectors.batches import get_setting
from tenant_apps.inventory.services.backorders import set_oversell
from tenant_apps.inventory.states import OversellPolicy


class OversellForm(DialogForm):
    """Terms of the SKU, as they are now."""

    policy = forms.ChoiceField(label=_("Terms of sale"), choices=OversellPolicy.choices)
    promised_on = forms.DateField(label=_("Promised by"), required=False, widget=forms.DateInput())
    limit = forms.IntegerField(
        label=_("Most pieces that may wait"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: any number."),
    )
    moves_waiting = forms.BooleanField(label=_("New day for those who wait too"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        stock = stock_reads.get_stock(stock_id=int(self.object_id or 0))
        setting = get_setting(variant_id=stock.variant_id)
        for name, value in (
            ("policy", setting.oversell),
            ("promised_on", setting.promised_on),
            ("limit", setting.oversell_limit),
        ):
            self.fields[name].initial = value
        said = _("%(pieces)d pieces wait now.") % {"pieces": setting.waiting}
        self.fields["policy"].help_text = str(said) if setting.waiting else ""


class SellsBeyondStock:
    """The act of a row of stock that changes its SKU's terms."""

    @object_action(
        _("Sell beyond stock"),
        permission="inventory.edit",
        form=OversellForm,
        icon="schedule_send",
        explanation=_(
            "Orders may take pieces that are not here yet, for a promised day. What arrives goes to whoever waits "
            "longest; until then it cannot be shipped."
        ),
    )
    def sell_beyond_stock(self, request: HttpRequest, stock: Stock, form: OversellForm) -> None:
        filled = form.cleaned_data
        set_oversell(
            variant_id=stock.variant_id,
            policy=filled["policy"],
            promised_on=filled["promised_on"],
            limit=filled["limit"],
            moves_waiting=filled["moves_waiting"],
            now=clock.now(),
        )


class WaitingFilter(admin.SimpleListFilter):
    title = _("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", str(_("Goods still to come"))), ("no", str(_("Nothing to come any more")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Backorder]) -> QuerySet[Backorder]:
        if self.value() == "yes":
            return queryset.filter(IS_OPEN)
        return queryset.exclude(IS_OPEN) if self.value() == "no" else queryset


@admin.register(Backorder, site=brand_site)
class BackorderAdmin(ExportsList[Backorder], BrandModelAdmin[Backorder]):
    view_permission = "inventory.view"
    list_display = ("document", "goods", "sku", "kind", "quantity", "filled", "released", "waiting", "promised_on")
    list_filter = (WaitingFilter, "kind", "promised_on")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    fields = ("source", "kind", "quantity", "filled", "released", "promised_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backorder]:
        return list_backorders()

    def prepare_rows(self, request: HttpRequest, rows: list[Backorder]) -> None:
        super().prepare_rows(request, rows)
        names = name_documents(request, [row.source for row in rows])
        for row in rows:
            row.document_named = names.get(row.source)

    @admin.display(description=_("Document"), ordering="source")
    def document(self, backorder: Backorder) -> SafeString | str:
        if backorder.document_named is None:
            return backorder.source.partition(":")[2] or backorder.source
        name, link = backorder.document_named
        return format_html('<a class="bn-link" href="{}">{}</a>', link, name) if link else name

    @admin.display(description=_("Goods"), ordering="variant__product__name")
    def goods(self, backorder: Backorder) -> str:
        return f"{backorder.variant.product.name} {backorder.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="variant__sku")
    def sku(self, backorder: Backorder) -> str:
        return backorder.variant.sku

    @admin.display(description=_("Still to come"))
    def waiting(self, backorder: Backorder) -> int:
        return backorder.open
