"""Level prices in the brand's console, with what held before and what is to come."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action
from console.display import money
from console.exports import ExportsList
from console.sites import brand_site
from kernel.core import clock
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.services import level_prices as services


@admin.register(LevelPrice, site=brand_site)
class LevelPriceAdmin(ExportsList[LevelPrice], BrandModelAdmin[LevelPrice]):
    view_permission = "pricing.view"
    edit_permission = "pricing.edit"
    add_permission = "pricing.edit"
    list_display = ("variant", "level", money("price", _("price")), "updated_at")
    list_select_related = ("variant", "level")
    list_filter = ("level",)
    search_fields = ("variant__sku", "variant__product__name")
    autocomplete_fields = ("variant",)
    fields = ("level", "variant", "min_quantity", "counts_product", "price")
    actions = ("remove_selected",)

    def get_readonly_fields(self, request: HttpRequest, obj: LevelPrice | None = None) -> tuple[str, ...]:
        return ("level", "variant", "min_quantity") if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: LevelPrice | None) -> LevelPrice:
        filled = form.cleaned_data
        return services.set_level_price(
            level_id=existing.level_id if existing else filled["level"].pk,
            variant_id=existing.variant_id if existing else filled["variant"].pk,
            min_quantity=existing.min_quantity if existing else filled["min_quantity"],
            counts_product=filled["counts_product"],
            price=filled["price"],
            now=clock.now(),
        )

    @bulk_action(_("End now"), permission="pricing.edit")
    def remove_selected(self, request: HttpRequest, price: LevelPrice) -> None:
        services.delete_level_price(level_price_id=price.pk, now=clock.now())
