"""Discounts, agreements, lots and suggested retail prices in the brand's console."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.actions import dress_field
from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action
from console.choices import OneOrAllField
from console.display import discount, money
from console.exports import ExportsList
from console.rates import DiscountField
from console.sites import brand_site
from kernel.core import clock
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors import categories
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, MinimumLot, SuggestedRetailRange
from tenant_apps.pricing.services import agreements, discounts, lots, ranges

RATE: Final = pgettext_lazy("price", "discount")


EVERY_LEVEL: Final = _("Every level without one of its own")


class DiscountForm(forms.ModelForm[CategoryDiscount]):
    category = OneOrAllField(categories.list_categories(), label=_("category"), all_label=_("All products"))
    rate = DiscountField(
        label=RATE, help_text=_("The share of the retail price that the level pays, such as 4 折 or 40 %.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rate" in self.fields:  # it is not where the page is read-only
            dress_field(self.fields["rate"])


class LotForm(forms.ModelForm[MinimumLot]):
    level = OneOrAllField(agents.list_levels(), label=_("level"), all_label=EVERY_LEVEL)


class RangeForm(forms.ModelForm[SuggestedRetailRange]):
    level = OneOrAllField(agents.list_levels(), label=_("level"), all_label=EVERY_LEVEL)


@admin.register(CategoryDiscount, site=brand_site)
class CategoryDiscountAdmin(BrandModelAdmin[CategoryDiscount]):
    view_permission = "pricing.view"
    edit_permission = "pricing.edit"
    add_permission = "pricing.edit"
    list_display = ("level", "category", discount("rate", RATE), "valid_from", "valid_until")
    form = DiscountForm
    list_select_related = ("level", "category")
    list_filter = ("level",)
    search_fields = ("category__name", "level__name")
    fields = ("level", "category", "rate")
    actions = ("end_selected",)

    def get_readonly_fields(self, request: HttpRequest, obj: CategoryDiscount | None = None) -> tuple[str, ...]:
        return ("level", "category") if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: CategoryDiscount | None) -> CategoryDiscount:
        filled = form.cleaned_data
        category = existing.category if existing else filled["category"]
        return discounts.set_discount(
            level_id=existing.level_id if existing else filled["level"].pk,
            category_id=category.pk if category else None,
            rate=filled["rate"],
            now=clock.now(),
        )

    @bulk_action(_("End now"), permission="pricing.edit")
    def end_selected(self, request: HttpRequest, row: CategoryDiscount) -> None:
        discounts.end_discount(discount_id=row.pk, now=clock.now())


@admin.register(AgentPrice, site=brand_site)
class AgentPriceAdmin(ExportsList[AgentPrice], BrandModelAdmin[AgentPrice]):
    view_permission = "pricing.view"
    edit_permission = "pricing.edit"
    add_permission = "pricing.edit"
    list_display = ("agent", "variant", "min_quantity", money("price", _("Price")), "valid_from", "valid_until")
    list_select_related = ("agent", "variant")
    search_fields = ("agent__code", "agent__name", "variant__sku")
    autocomplete_fields = ("agent", "variant")
    fields = ("agent", "variant", "min_quantity", "price", "note")
    actions = ("end_selected",)

    def get_readonly_fields(self, request: HttpRequest, obj: AgentPrice | None = None) -> tuple[str, ...]:
        return ("agent", "variant", "min_quantity") if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: AgentPrice | None) -> AgentPrice:
        filled = form.cleaned_data
        new = agreements.NewAgreement(
            agent_id=existing.agent_id if existing else filled["agent"].pk,
            variant_id=existing.variant_id if existing else filled["variant"].pk,
            min_quantity=existing.min_quantity if existing else filled["min_quantity"],
            price=filled["price"],
            note=filled["note"],
        )
        return agreements.set_agreement(agreement=new, now=clock.now())

    @bulk_action(_("End now"), permission="pricing.edit")
    def end_selected(self, request: HttpRequest, row: AgentPrice) -> None:
        agreements.end_agreement(agreement_id=row.pk, now=clock.now())


@admin.register(MinimumLot, site=brand_site)
class MinimumLotAdmin(BrandModelAdmin[MinimumLot]):
    view_permission = "pricing.view"
    edit_permission = "pricing.edit"
    add_permission = "pricing.edit"
    list_display = ("variant", "level", "minimum", "step")
    list_select_related = ("variant", "level")
    list_filter = ("level",)
    search_fields = ("variant__sku", "variant__product__name")
    autocomplete_fields = ("variant",)
    form = LotForm
    fields = ("level", "variant", "minimum", "step")
    actions = ("remove_selected",)

    def get_readonly_fields(self, request: HttpRequest, obj: MinimumLot | None = None) -> tuple[str, ...]:
        return ("level", "variant") if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: MinimumLot | None) -> MinimumLot:
        filled = form.cleaned_data
        level = existing.level if existing else filled["level"]
        return lots.set_lot(
            level_id=level.pk if level else None,
            variant_id=existing.variant_id if existing else filled["variant"].pk,
            minimum=filled["minimum"],
            step=filled["step"],
        )

    @bulk_action(_("Remove"), permission="pricing.edit")
    def remove_selected(self, request: HttpRequest, row: MinimumLot) -> None:
        lots.remove_lot(lot_id=row.pk)


@admin.register(SuggestedRetailRange, site=brand_site)
class SuggestedRetailRangeAdmin(BrandModelAdmin[SuggestedRetailRange]):
    view_permission = "pricing.view"
    edit_permission = "pricing.edit"
    add_permission = "pricing.edit"
    list_display = (
        "variant",
        "level",
        money("lowest", pgettext_lazy("range", "From")),
        money("highest", pgettext_lazy("range", "To")),
        "valid_from",
    )
    list_select_related = ("variant", "level")
    list_filter = ("level",)
    search_fields = ("variant__sku", "variant__product__name")
    autocomplete_fields = ("variant",)
    form = RangeForm
    fieldsets = (
        (
            None,
            {
                "fields": ("level", "variant", "lowest", "highest"),
                "description": _(
                    "A suggestion: agents set their own prices, and nothing is refused or held back because of it "
                    "(Anti-Monopoly Law, article 18)."
                ),
            },
        ),
    )
    actions = ("remove_selected",)

    def get_readonly_fields(self, request: HttpRequest, obj: SuggestedRetailRange | None = None) -> tuple[str, ...]:
        return ("level", "variant") if obj else ()

    def save_by_service(
        self, request: HttpRequest, form: Any, existing: SuggestedRetailRange | None
    ) -> SuggestedRetailRange:
        filled = form.cleaned_data
        level = existing.level if existing else filled["level"]
        return ranges.set_range(
            level_id=level.pk if level else None,
            variant_id=existing.variant_id if existing else filled["variant"].pk,
            lowest=filled["lowest"],
            highest=filled["highest"],
            now=clock.now(),
        )

    @bulk_action(_("Remove"), permission="pricing.edit")
    def remove_selected(self, request: HttpRequest, row: SuggestedRetailRange) -> None:
        ranges.remove_range(range_id=row.pk)
