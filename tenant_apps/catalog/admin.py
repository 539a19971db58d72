"""The catalogue in the brand's console."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, bulk_action, dress_field, object_action
from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money, state_label
from console.sites import brand_site
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.services.categories import change_category, create_category
from tenant_apps.catalog.services.products import change_product, create_product
from tenant_apps.catalog.services.shelf import put_on_shelf, take_off_shelf
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tenant_apps.catalog.states import ShelfState

_RATES = [(str(rate.quantize(Decimal("0.000001"))), f"{rate:.0%}") for rate in rules.TAX_RATES]


class ProductForm(forms.ModelForm[Product]):
    """The rates are few: a list, not a number field."""

    tax_rate = forms.TypedChoiceField(label=_("tax rate"), choices=_RATES, coerce=Decimal)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tax_rate" in self.fields:  # it is not where the page is read-only
            dress_field(self.fields["tax_rate"])


class VariantForm(forms.ModelForm[Variant]):
    """Reads the SKU as the service does, before the model's own checks see it."""

    def clean_sku(self) -> str:
        return rules.normalise_sku(self.cleaned_data["sku"])


class AddVariantForm(DialogForm):
    """A new SKU of the product."""

    sku = forms.CharField(label=_("SKU"), max_length=rules.SKU_LENGTH)
    name = forms.CharField(label=_("name"), max_length=100, required=False)
    barcode = forms.CharField(label=_("barcode"), max_length=32, required=False)
    retail_price = forms.DecimalField(label=_("retail price"), min_value=0, max_digits=14, decimal_places=2)


class VariantInline(ReadOnlyInline[Variant, Product]):
    model = Variant
    fields = ("sku", "name", "barcode", "retail_price", "is_active")


@admin.register(Category, site=brand_site)
class CategoryAdmin(BrandModelAdmin[Category]):
    view_permission, edit_permission, add_permission = "catalog.view", "catalog.edit", "catalog.edit"
    list_display = ("name", "parent", "position")
    list_select_related = ("parent",)
    search_fields = ("name",)
    fields = ("name", "parent", "position")
    ordering = ("position", "id")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Category | None) -> Category:
        """Create or change the category."""
        filled = form.cleaned_data
        parent_id = filled["parent"].pk if filled["parent"] else None
        if existing is None:
            return create_category(name=filled["name"], parent_id=parent_id, position=filled["position"])
        return change_category(
            category_id=existing.pk, name=filled["name"], parent_id=parent_id, position=filled["position"]
        )


@admin.register(Product, site=brand_site)
class ProductAdmin(BrandModelAdmin[Product]):
    view_permission, edit_permission, add_permission = "catalog.view", "catalog.edit", "catalog.edit"
    form = ProductForm
    list_display = (
        "name",
        "category",
        "kind",
        state_label("state", _("shelf"), {ShelfState.ON: "success"}),
        "created_at",
    )
    list_select_related = ("category",)
    list_filter = ("state", "kind", "category")
    search_fields = ("name", "variants__sku", "variants__barcode")
    autocomplete_fields = ("category",)
    fields = ("name", "category", "kind", "state", "tax_code", "tax_rate", "description")
    readonly_fields = ("state",)
    inlines = (VariantInline,)
    actions_detail = ("put_on_shelf", "take_off_shelf", "add_variant")
    actions = ("put_selected_on_shelf", "take_selected_off_shelf")

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> Any:
        """A product that does not exist yet has no variants to show."""
        return self.inlines if obj else ()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """The audit log says what changed; inlines are read-only, so their formsets were never saved."""
        return []

    def save_by_service(self, request: HttpRequest, form: Any, existing: Product | None) -> Product:
        """Create or change the product; its shelf state is a matter of the buttons."""
        filled = form.cleaned_data
        details: rules.ProductDetails = {
            "category_id": filled["category"].pk if filled["category"] else None,
            "kind": filled["kind"],
            "tax_code": filled["tax_code"],
            "tax_rate": filled["tax_rate"],
            "description": filled["description"],
        }
        if existing is None:
            return create_product(name=filled["name"], **details)
        return change_product(product_id=existing.pk, name=filled["name"], **details)

    @object_action(
        _("Put on shelf"),
        permission="catalog.edit",
        icon="visibility",
        offered=lambda product: product.state == ShelfState.OFF,
    )
    def put_on_shelf(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        put_on_shelf(product_id=product.pk)

    @object_action(
        _("Take off shelf"),
        permission="catalog.edit",
        icon="visibility_off",
        offered=lambda product: product.state == ShelfState.ON,
    )
    def take_off_shelf(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        take_off_shelf(product_id=product.pk)

    @object_action(_("Add variant"), permission="catalog.edit", icon="add", form=AddVariantForm)
    def add_variant(self, request: HttpRequest, product: Product, form: DialogForm) -> None:
        add_variant(product_id=product.pk, **form.cleaned_data)

    @bulk_action(_("Put on shelf"), permission="catalog.edit")
    def put_selected_on_shelf(self, request: HttpRequest, product: Product) -> None:
        put_on_shelf(product_id=product.pk)

    @bulk_action(_("Take off shelf"), permission="catalog.edit")
    def take_selected_off_shelf(self, request: HttpRequest, product: Product) -> None:
        take_off_shelf(product_id=product.pk)


@admin.register(Variant, site=brand_site)
class VariantAdmin(BrandModelAdmin[Variant]):
    view_permission, edit_permission = "catalog.view", "catalog.edit"
    form = VariantForm
    list_display = ("sku", "product", "name", "barcode", money("retail_price", _("retail price")), "is_active")
    list_filter = ("is_active", "product__state", "product__kind")
    search_fields = ("sku", "barcode", "product__name")
    fields = ("product", "sku", "name", "barcode", "retail_price", "is_active")
    readonly_fields = ("product",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """With the products, whose names the list shows."""
        return super().get_queryset(request).select_related("product")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Variant | None) -> Variant:
        """Change the variant; new ones are added on the product's page."""
        if existing is None:
            raise NotImplementedError("variants are added on their product's page")
        filled = form.cleaned_data
        return change_variant(
            variant_id=existing.pk,
            sku=filled["sku"],
            name=filled["name"],
            barcode=filled["barcode"],
            retail_price=filled["retail_price"],
            is_active=filled["is_active"],
        )
