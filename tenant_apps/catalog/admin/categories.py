"""Categories in the console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin
from console.sites import brand_site
from tenant_apps.catalog.models import Category
from tenant_apps.catalog.selectors.categories import list_categories
from tenant_apps.catalog.services import categories as services


@admin.register(Category, site=brand_site)
class CategoryAdmin(BrandModelAdmin[Category]):
    view_permission = "catalog.view"
    edit_permission = "catalog.edit"
    add_permission = "catalog.edit"
    list_display = ("name", "parent", "position")
    list_select_related = ("parent",)
    list_filter = ("parent",)
    search_fields = ("name",)
    fields = ("name", "parent", "position")
    ordering = ("position", "id")
    actions_detail = ("move_earlier", "move_later")
    actions_row = ("move_earlier", "move_later")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Category | None) -> Category:
        filled = form.cleaned_data
        parent_id = filled["parent"].pk if filled["parent"] else None
        if existing is None:
            return services.create_category(name=filled["name"], parent_id=parent_id, position=filled["position"])
        return services.change_category(
            category_id=existing.pk, name=filled["name"], parent_id=parent_id, position=filled["position"]
        )

    @object_action(_("Move up"), permission="catalog.edit", icon="arrow_upward")
    def move_earlier(self, request: HttpRequest, category: Category, form: DialogForm) -> None:
        self._move(category, -1)

    @object_action(_("Move down"), permission="catalog.edit", icon="arrow_downward")
    def move_later(self, request: HttpRequest, category: Category, form: DialogForm) -> None:
        self._move(category, 1)

    def _move(self, category: Category, step: int) -> None:
        siblings = list(list_categories().filter(parent_id=category.parent_id).values_list("id", flat=True))
        place = siblings.index(category.pk) + step
        if 0 <= place < len(siblings):
            beside = {"before_id" if step < 0 else "after_id": siblings[place]}
            services.move_category(category_id=category.pk, parent_id=category.parent_id, **beside)
