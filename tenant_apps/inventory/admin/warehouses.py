"""Warehouses in the brand console."""

import re
from typing import cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin
from console.sites import brand_site
from kernel.china.divisions import find_regions, spell_region
from tenant_apps.inventory.models import Warehouse
from tenant_apps.inventory.services import warehouses as services
from tenant_apps.inventory.states import WarehouseKind

FIELDS = ("code", "name", "kind", "parent", "regions", "priority", "is_open")
_BETWEEN = re.compile(r"[,，、;；\n]+")


class RegionsField(forms.Field):
    """Regions in words, separated by commas; their codes in `cleaned_data`."""

    default_error_messages = {  # Django merges it over the base class
        "unknown": _("No region is called %(name)s. Write it like 广东省, or 广东省深圳市."),
        "ambiguous": _("There are several regions called %(name)s: write the province before it."),
    }

    def prepare_value(self, value: object) -> object:
        return "、".join(spell_region(code).replace(" ", "") for code in value) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:
        codes = []
        for name in (one.strip() for one in _BETWEEN.split(str(value or ""))):
            found = find_regions(name)
            widest = min(found, key=len, default="")
            if name and not all(code.startswith(widest) for code in found):
                raise forms.ValidationError(self.error_messages["ambiguous"], "ambiguous", {"name": name})
            if name and not found:
                raise forms.ValidationError(self.error_messages["unknown"], "unknown", {"name": name})
            codes += [widest] if name else []
        return codes


class WarehouseForm(forms.ModelForm[Warehouse]):
    """A warehouse; what is left empty takes its usual value."""

    kind = forms.ChoiceField(
        label=_("kind"),
        required=False,
        choices=[(kind, kind.label) for kind in WarehouseKind if kind != WarehouseKind.TRANSIT],
        initial=WarehouseKind.BRANCH,
        help_text=_("Orders are served from main warehouses, branches and stores."),
    )
    regions = RegionsField(
        label=_("regions served first"),
        required=False,
        help_text=_("Provinces, cities or districts with commas between them. Empty: everywhere alike."),
    )
    priority = forms.IntegerField(
        label=_("priority"),
        required=False,
        initial=100,
        min_value=0,
        max_value=services.MAX_PRIORITY,
        help_text=_("Of warehouses that could serve an order alike, the lowest number does."),
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or self.instance.kind

    def clean_priority(self) -> int:
        return self.instance.priority if self.cleaned_data["priority"] is None else self.cleaned_data["priority"]


@admin.register(Warehouse, site=brand_site)
class WarehouseAdmin(BrandModelAdmin[Warehouse]):
    view_permission = "inventory.view"
    add_permission = "inventory.edit"
    edit_permission = "inventory.edit"
    form = WarehouseForm
    list_display = ("code", "name", "kind", "parent", "served", "priority", "is_open", "is_default")
    list_select_related = ("parent",)
    list_filter = ("kind", "is_open")
    search_fields = ("code", "name")
    fields = FIELDS
    actions_detail = ("make_default",)

    def has_change_permission(self, request: HttpRequest, obj: Warehouse | None = None) -> bool:
        """The place of goods in transit is kept by the program."""
        return super().has_change_permission(request, obj) and (obj is None or obj.kind != WarehouseKind.TRANSIT)

    def get_fields(self, request: HttpRequest, obj: Warehouse | None = None) -> tuple[str, ...]:
        """A warehouse begins open."""
        return FIELDS if obj is not None else FIELDS[:-1]

    @admin.display(description=_("Regions served first"))
    def served(self, warehouse: Warehouse) -> str:
        names = [spell_region(code).replace(" ", "") for code in warehouse.regions]
        return "、".join(names[:3]) + (" …" if names[3:] else "")

    def save_by_service(
        self, request: HttpRequest, form: forms.ModelForm[Warehouse], existing: Warehouse | None
    ) -> Warehouse:
        filled = form.cleaned_data
        parent_id = filled["parent"].pk if filled["parent"] else None
        if existing is None:
            return services.create_warehouse(
                code=filled["code"],
                name=filled["name"],
                kind=filled["kind"],
                parent_id=parent_id,
                regions=filled["regions"],
                priority=filled["priority"],
            )
        given = {name: filled[name] for name in FIELDS if name != "parent"}
        changes = cast("services.WarehouseChanges", {**given, "parent_id": parent_id})
        return services.change_warehouse(warehouse_id=existing.pk, changes=changes)

    @object_action(
        _("Make it the default"),
        permission="inventory.edit",
        icon="home",
        explanation=_("Receipts and counts that name no warehouse will mean this one."),
        offered=lambda warehouse: warehouse.sells and not warehouse.is_default,
    )
    def make_default(self, request: HttpRequest, warehouse: Warehouse, form: DialogForm) -> None:
        services.make_default(warehouse_id=warehouse.pk)
