"""Products in the console; pictures and variants have pages of their own."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console import panels
from console.actions import DialogForm, dress_field, list_link, object_action, object_link
from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action
from console.display import state_label
from console.exports import ExportsList
from console.history import entries_of
from console.money import format_money
from console.object_page import EditedObjectPageAdmin
from console.panels import Panel
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.catalog import rules
from tenant_apps.catalog.admin import product_panels
from tenant_apps.catalog.admin.product_panels import thumbnail
from tenant_apps.catalog.models import Product
from tenant_apps.catalog.selectors.images import get_covers
from tenant_apps.catalog.selectors.products import find_products
from tenant_apps.catalog.services import free_prices, products, shelf, tax_rates
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.catalog.states import ShelfState

RATES = [(str(rate.quantize(Decimal("0.000001"))), f"{rate:.0%}") for rate in rules.TAX_RATES]
_DETAILS = (
    "kind",
    "tax_code",
    "tax_rate",
    "description",
    "brand_name",
    "unit",
    "video_url",
    "shelf_life_days",
)


class ProductForm(forms.ModelForm[Product]):
    """Product form; the VAT rates are few, so the field is a list of choices."""

    tax_rate = forms.TypedChoiceField(label=_("tax rate"), choices=RATES, coerce=Decimal)
    video_url = forms.URLField(label=_("video"), max_length=500, required=False, assume_scheme="https")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"tax_rate", "video_url"} & set(self.fields):  # they are not where the page is read-only
            dress_field(self.fields[name])


class AddVariantForm(DialogForm):
    sku = forms.CharField(label=_("SKU"), max_length=rules.SKU_LENGTH)
    name = forms.CharField(label=_("name"), max_length=100, required=False)
    barcode = forms.CharField(label=_("barcode"), max_length=32, required=False)
    retail_price = forms.DecimalField(label=_("retail price"), min_value=0, max_digits=14, decimal_places=2)


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ShelfForm(DialogForm):
    """Form that asks, only where there is one, whether a SKU without a price is meant to be free."""

    free_is_meant = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = free_prices.list_free(product_id=int(self.object_id or 0))
        if free:
            label = gettext("These are free on purpose: %(skus)s") % {"skus": ", ".join(free)}
            self.fields["free_is_meant"].label = label
        else:
            del self.fields["free_is_meant"]


class ScheduleForm(ShelfForm):
    """Period in which the product is offered, in the brand's time zone. An empty start means now, an empty end
    never.
    """

    on_shelf_at = forms.DateTimeField(label=_("on the shelf from"), required=False, widget=MomentInput)
    off_shelf_at = forms.DateTimeField(label=_("on the shelf until"), required=False, widget=MomentInput)
    early_access_at = forms.DateTimeField(label=_("early access from"), required=False, widget=MomentInput)
    early_access_rank = forms.IntegerField(
        label=_("early access down to rank"),
        required=False,
        min_value=1,
        validators=[MaxValueValidator(shelf.MAX_RANK)],
        help_text=_("1 is the highest level. Only levels with the right of early access count."),
    )


class TaxRateForm(DialogForm):
    valid_from = forms.DateField(label=_("from"), widget=forms.DateInput)
    rate = forms.TypedChoiceField(label=_("rate"), choices=RATES, coerce=Decimal)


@admin.register(Product, site=brand_site)
class ProductAdmin(ExportsList[Product], EditedObjectPageAdmin[Product], BrandModelAdmin[Product]):
    view_permission = "catalog.view"
    edit_permission = "catalog.edit"
    add_permission = "catalog.edit"
    form = ProductForm
    list_page = "catalog.product"
    page = "catalog.product"
    page_template = "catalog/console/product.html"
    list_display = (
        "cover",
        "name",
        "skus",
        "prices",
        state_label("state", _("shelf"), {ShelfState.ON: "success"}),
        "category",
        "kind",
    )
    list_display_links = ("name",)
    list_select_related = ("category",)
    list_filter = ("state", "kind", "category")
    search_fields = ("name", "variants__sku", "variants__barcode")  # shows the box; get_search_results searches
    search_help_text = _("Product name, SKU, barcode")
    hit_icon = "inventory_2"
    autocomplete_fields = ("category",)
    fields = (
        "name",
        "brand_name",
        "category",
        "kind",
        "unit",
        "tax_code",
        "tax_rate",
        "shelf_life_days",
        "freight_template",
        "video_url",
        "description",
    )
    page_acts = (
        "put_on_shelf",
        "take_off_shelf",
        "schedule",
        "set_tax_rate",
        "add_variant",
        "show_variants",
        "show_pictures",
    )
    head_acts = ("take_off_shelf", "schedule", "show_variants", "show_pictures")
    next_acts = ("put_on_shelf",)
    actions_list = ("import_products", "export_products", "export_pictures")
    actions = ("put_selected_on_shelf", "take_selected_off_shelf")

    def prepare_rows(self, request: HttpRequest, rows: list[Product]) -> None:
        """With pictures and variants, in a statement each."""
        super().prepare_rows(request, rows)
        prefetch_related_objects(rows, "variants")
        covers = get_covers(product_ids=[row.pk for row in rows])
        for row in rows:
            row.cover_id = covers.get(row.pk)

    @admin.display(description=_("Picture"))
    def cover(self, product: Product) -> SafeString:
        return thumbnail(product.cover_id)

    @admin.display(description=_("SKU"))
    def skus(self, product: Product) -> str:
        """The first one, and how many there are."""
        variants = list(product.variants.all())
        if len(variants) < 2:
            return variants[0].sku if variants else "–"
        return gettext("%(first)s, %(count)d in all") % {"first": variants[0].sku, "count": len(variants)}

    @admin.display(description=_("retail price"))
    def prices(self, product: Product) -> str:
        """The range of the variants for sale."""
        prices = [one.retail_price for one in product.variants.all() if one.is_active]
        if not prices:
            return "–"
        lowest = min(prices)
        return (
            format_money(lowest) if lowest == max(prices) else f"{format_money(lowest)} – {format_money(max(prices))}"
        )

    def list_panels(self, request: HttpRequest, subject: Product) -> list[Panel]:
        return [
            product_panels.pictures_of(subject),
            product_panels.details_of(subject),
            *panels.collect(self.page, request, subject.pk),
            product_panels.tax_rates_of(subject),
        ]

    def describe(self, request: HttpRequest, subject: Product) -> dict[str, object]:
        category = subject.category.name if subject.category else ""
        return {
            **super().describe(request, subject),
            "subtitle": " · ".join(filter(None, [category, subject.brand_name, subject.unit])),
            "labels": product_panels.labels_of(subject, clock.now()),
            "variants": product_panels.variants_of(request, subject),
            "variant_acts": self._buttons(request, subject, ["add_variant"]),
            "entries": entries_of(product_panels.records_of(subject), zone=clock.brand_zone()),
        }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        return find_products(queryset, search_term), False

    def describe_hit(self, product: Product) -> tuple[Text, Text]:
        return product.name, f"{gettext('Product')} · {product.get_state_display()}"

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []

    def save_by_service(self, request: HttpRequest, form: Any, existing: Product | None) -> Product:
        filled = form.cleaned_data
        template = filled["freight_template"]
        details: rules.ProductDetails = {
            "category_id": filled["category"].pk if filled["category"] else None,
            "freight_template_id": template.pk if template else None,
        }
        for name in _DETAILS:
            if name in form.data or name in form.changed_data:
                value = filled[name]
                details[name] = "" if value is None and name != "shelf_life_days" else value  # type: ignore[literal-required]
        if existing is None:
            return products.create_product(name=filled["name"], **details)
        return products.change_product(product_id=existing.pk, name=filled["name"], **details)

    @object_link(_("Pictures"), permission="catalog.view", icon="image")
    def show_pictures(self, request: HttpRequest, product: Product) -> str:
        return reverse("catalog:pictures", args=[product.pk])

    @object_link(_("Options and variants"), permission="catalog.view", icon="grid_on")
    def show_variants(self, request: HttpRequest, product: Product) -> str:
        return reverse("catalog:variants", args=[product.pk])

    @object_action(
        _("Put on shelf"),
        permission="catalog.edit",
        icon="visibility",
        form=ShelfForm,
        offered=lambda product: not product.is_offered(clock.now()),
    )
    def put_on_shelf(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        shelf.put_on_shelf(product_id=product.pk, now=clock.now(), **form.cleaned_data)

    @object_action(
        _("Take off shelf"),
        permission="catalog.edit",
        icon="visibility_off",
        offered=lambda product: product.state == ShelfState.ON,
    )
    def take_off_shelf(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        shelf.take_off_shelf(product_id=product.pk)

    @object_action(
        _("Schedule"),
        permission="catalog.edit",
        icon="schedule",
        form=ScheduleForm,
        explanation=_("Replaces the schedule that the product has. Nothing has to run at these times."),
    )
    def schedule(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        filled = dict(form.cleaned_data)
        is_meant = filled.pop("free_is_meant", False)
        shelf.schedule_shelf(
            product_id=product.pk, schedule=shelf.Schedule(**filled), now=clock.now(), free_is_meant=is_meant
        )

    @object_action(_("VAT rate by date"), permission="catalog.edit", icon="percent", form=TaxRateForm)
    def set_tax_rate(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        day: date = form.cleaned_data["valid_from"]
        tax_rates.set_tax_rate(product_id=product.pk, valid_from=day, rate=form.cleaned_data["rate"])

    @object_action(_("Add variant"), permission="catalog.edit", icon="add", form=AddVariantForm)
    def add_variant(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        add_variant(product_id=product.pk, **form.cleaned_data)

    @list_link(_("Import"), permission="catalog.edit", icon="upload_file")
    def import_products(self, request: HttpRequest) -> str:
        return reverse("catalog:import_upload")

    @list_link(_("Export"), permission="catalog.view", icon="download")
    def export_products(self, request: HttpRequest) -> str:
        return reverse("catalog:export_products")

    @list_link(_("Export pictures"), permission="catalog.view", icon="photo_library")
    def export_pictures(self, request: HttpRequest) -> str:
        return reverse("catalog:export_pictures")

    @bulk_action(_("Put on shelf"), permission="catalog.edit", is_reversible=True)
    def put_selected_on_shelf(self, request: HttpRequest, product: Product) -> None:
        shelf.put_on_shelf(product_id=product.pk, now=clock.now())

    @bulk_action(_("Take off shelf"), permission="catalog.edit", is_reversible=True)
    def take_selected_off_shelf(self, request: HttpRequest, product: Product) -> None:
        shelf.take_off_shelf(product_id=product.pk)
