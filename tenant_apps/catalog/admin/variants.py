"""Variants in the console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.access import may
from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money
from console.exports import ExportsList
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import FieldError
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import BundlePart, Variant
from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
from tenant_apps.catalog.services import variants as services
from tenant_apps.catalog.services.bundles import InvalidParts, NewPart, set_parts
from tenant_apps.catalog.states import ProductKind


class VariantForm(forms.ModelForm[Variant]):
    """Normalise the SKU before the model validates it, and ask whether a price of 0.00 on the shelf is meant."""

    free_is_meant = forms.BooleanField(label=_("free on purpose"), required=False)

    def clean_sku(self) -> str:
        return rules.normalise_sku(self.cleaned_data["sku"])


class PartsForm(DialogForm):
    """Parts of one bundle, one per line."""

    parts = forms.CharField(
        label=_("Parts"), widget=forms.Textarea, help_text=_("A line per part: the SKU, a space, how many pieces.")
    )

    def clean_parts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in self.cleaned_data["parts"].splitlines():
            sku, _space, count = line.strip().rpartition(" ")
            if not line.strip():
                continue
            if not sku or not (count.isascii() and count.isdigit() and len(count) < 5):
                raise forms.ValidationError(_("Not understood: %(line)s"), params={"line": line[:100]})
            found[rules.normalise_sku(sku)] = int(count)
        return found


class PartInline(ReadOnlyInline[BundlePart, Variant]):
    model = BundlePart
    fk_name = "bundle"
    fields = ("part", "quantity")


@admin.register(Variant, site=brand_site)
class VariantAdmin(ExportsList[Variant], BrandModelAdmin[Variant]):
    view_permission = "catalog.view"
    edit_permission = "catalog.edit"
    form = VariantForm
    list_display = ("sku", "product", "name", "barcode", money("retail_price", _("retail price")), "is_active")
    list_filter = ("is_active", "product__state", "product__kind")
    search_fields = ("sku", "barcode", "product__search_text")
    fields = (
        "product",
        "sku",
        "name",
        "barcode",
        "retail_price",
        "cost_price",
        "weight_grams",
        "box_size",
        "is_active",
        "free_is_meant",
    )
    readonly_fields = ("product",)
    actions_detail = ("set_bundle_parts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        return super().get_queryset(request).select_related("product")

    def get_fields(self, request: HttpRequest, obj: Variant | None = None) -> Any:
        needs = {"cost_price": "catalog.cost", "free_is_meant": "catalog.edit"}
        return [name for name in self.fields or () if name not in needs or may(request, needs[name])]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by cost: `?cost_price__gt=` would reveal the cost by bisection."""
        if lookup.startswith("cost_price") and not may(request, "catalog.cost"):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_inlines(self, request: HttpRequest, obj: Variant | None) -> Any:
        return (PartInline,) if obj and obj.product.kind == ProductKind.BUNDLE else ()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []

    def save_by_service(self, request: HttpRequest, form: Any, existing: Variant | None) -> Variant:
        if existing is None:
            raise NotImplementedError("variants are added on their product's page")
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        return services.change_variant(variant_id=existing.pk, **changes)

    @object_action(
        _("Parts of the bundle"),
        permission="catalog.edit",
        icon="category",
        form=PartsForm,
        offered=lambda variant: variant.product.kind == ProductKind.BUNDLE,
    )
    def set_bundle_parts(self, request: HttpRequest, variant: Variant, form: DialogForm) -> None:
        wanted: dict[str, int] = form.cleaned_data["parts"]
        known = get_variants_by_sku(skus=wanted, now=clock.now())
        unknown = [sku for sku in wanted if sku not in known]
        if unknown:
            detail = _("There is no SKU %(sku)s") % {"sku": unknown[0]}
            raise InvalidParts(detail, errors=[FieldError("parts", "unknown_sku", detail)])
        set_parts(variant_id=variant.pk, parts=[NewPart(known[sku].id, pieces) for sku, pieces in wanted.items()])
