"""Console page of a product's options and its matrix of variants."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.services.options import MAX_OPTIONS, Option, generate_variants, set_options
from tenant_apps.catalog.services.variants import change_variant

MAX_SHOWN = 200


class OptionsForm(forms.Form):
    """Up to three options, values separated by commas."""

    def __init__(self, product: Product, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(MAX_OPTIONS):
            option = product.options[number] if number < len(product.options) else {"name": "", "values": []}
            label = gettext("Option %(number)d") % {"number": number + 1}
            values = gettext("Values, with commas between")
            self.fields[f"name{number}"] = forms.CharField(
                label=label, required=False, initial=option["name"], max_length=60
            )
            self.fields[f"values{number}"] = forms.CharField(
                label=values, required=False, initial=", ".join(option["values"]), max_length=5_000
            )
        for field in self.fields.values():
            dress_field(field)

    def options(self) -> list[Option]:
        filled = self.cleaned_data
        return [
            Option(filled[f"name{number}"], _words(filled[f"values{number}"]))
            for number in range(MAX_OPTIONS)
            if filled[f"name{number}"] or filled[f"values{number}"]
        ]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("，", ",").replace("、", ",").split(",") if word.strip())


class GenerateForm(forms.Form):
    sku_prefix = forms.CharField(label=_("SKU begins with"), max_length=40)
    retail_price = forms.DecimalField(label=_("retail price"), min_value=0, max_digits=12, decimal_places=2)
    free_is_meant = forms.BooleanField(label=_("free on purpose"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class VariantRowForm(forms.Form):
    sku = forms.CharField(label=_("SKU"), max_length=64)
    retail_price = forms.DecimalField(label=_("retail price"), min_value=0, max_digits=12, decimal_places=2)
    barcode = forms.CharField(label=_("barcode"), required=False, max_length=32)
    weight_grams = forms.IntegerField(label=_("weight (g)"), required=False, min_value=0)
    cost_price = forms.DecimalField(label=_("cost"), required=False, min_value=0, max_digits=14, decimal_places=4)
    is_active = forms.BooleanField(label=_("for sale"), required=False)
    free_is_meant = forms.BooleanField(label=_("free on purpose"), required=False)

    def __init__(self, variant: Variant, data: QueryDict | None = None, *, with_cost: bool) -> None:
        names = ("sku", "retail_price", "barcode", "weight_grams", "cost_price", "is_active")
        initial = {name: getattr(variant, name) for name in names}
        super().__init__(data, prefix=f"v{variant.pk}", initial=initial)
        self.variant = variant
        if not with_cost:
            del self.fields["cost_price"]
        for field in self.fields.values():
            dress_field(field)


class ProductVariants(ConsolePageMixin, TemplateView):
    site = brand_site
    permission = "catalog.view"
    title = _("Variants")
    template_name = "catalog/variants.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        product = kwargs.pop("product", None) or get_product(product_id=self.kwargs["product_id"])
        rows = kwargs.pop("rows", None) or self._rows(product)
        context = {
            "product": product,
            "rows": rows,
            "with_cost": may(self.request, "catalog.cost"),
            "may_edit": may(self.request, "catalog.edit"),
            "options_form": OptionsForm(product),
            "generate_form": GenerateForm(),
        }
        return super().get_context_data(**{**context, **kwargs})

    def _rows(self, product: Product, data: QueryDict | None = None) -> list[VariantRowForm]:
        with_cost = may(self.request, "catalog.cost")
        return [VariantRowForm(one, data, with_cost=with_cost) for one in product.variants.all()[:MAX_SHOWN]]

    def post(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """`action` is options, generate or save."""
        ensure_may(request, "catalog.edit")
        product = get_product(product_id=product_id)
        acts = {"options": self._set_options, "generate": self._generate}
        shown = acts.get(request.POST.get("action", ""), self._save)(request, product)
        if shown:
            return self.render_to_response(self.get_context_data(product=product, **shown))
        return redirect("catalog:variants", product_id=product_id)

    def _set_options(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        form = OptionsForm(product, request.POST)
        if form.is_valid():
            try:
                set_options(product_id=product.pk, options=form.options())
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Done."))
                return {}
        return {"options_form": form}

    def _generate(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        form = GenerateForm(request.POST)
        if form.is_valid():
            try:
                made = generate_variants(product_id=product.pk, **form.cleaned_data)
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                count = len(made.created)
                sentence = ngettext("%(count)d variant was made.", "%(count)d variants were made.", count)
                messages.success(request, sentence % {"count": count})
                return {}
        return {"generate_form": form}

    def _save(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        rows = self._rows(product, request.POST)
        if not all([row.is_valid() for row in rows]):
            return {"rows": rows}
        row = None
        try:
            with transaction.atomic():
                for row in rows:
                    changes = {name: row.cleaned_data[name] for name in row.changed_data if name != "free_is_meant"}
                    if changes:
                        change_variant(
                            variant_id=row.variant.pk, free_is_meant=row.cleaned_data["free_is_meant"], **changes
                        )
        except DomainError as refusal:
            if row is not None:
                show_refusal(row, refusal)
            return {"rows": rows}
        messages.success(request, gettext("Done."))
        return {}
