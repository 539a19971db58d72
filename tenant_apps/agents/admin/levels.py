"""Levels: their rank, what they may, and what they ask."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.display import money
from console.sites import brand_site
from kernel.core.codes import normalise_code
from tenant_apps.agents.models import Level
from tenant_apps.agents.services import levels

_RIGHTS = (
    "may_recruit",
    "has_early_access",
    "sees_team",
    "is_exclusive_in_region",
    "contract_months",
    "deposit",
    "first_order_minimum",
)


class LevelForm(forms.ModelForm[Level]):
    """Reads the code as the service does; amounts may be left empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("deposit", "first_order_minimum"):
            if name in self.fields:  # read-only pages have none
                self.fields[name].required = False

    def clean_code(self) -> str:
        return normalise_code(self.cleaned_data["code"])

    def clean_deposit(self) -> Any:
        return self.cleaned_data["deposit"] or 0

    def clean_first_order_minimum(self) -> Any:
        return self.cleaned_data["first_order_minimum"] or 0


@admin.register(Level, site=brand_site)
class LevelAdmin(BrandModelAdmin[Level]):
    view_permission = "agents.view"
    edit_permission = "agents.edit"
    add_permission = "agents.edit"
    form = LevelForm
    list_display = (
        "name",
        "code",
        "rank",
        "may_recruit",
        "has_early_access",
        "contract_months",
        money("deposit", _("deposit")),
        money("first_order_minimum", _("minimum of the first order")),
    )
    search_fields = ("name", "code")
    fieldsets = (
        (None, {"fields": ("name", "code", "rank")}),
        (_("What the level may"), {"fields": ("may_recruit", "sees_team", "has_early_access")}),
        (
            _("What the level asks"),
            {"fields": ("contract_months", "deposit", "first_order_minimum", "is_exclusive_in_region")},
        ),
    )
    ordering = ("rank", "id")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Level | None) -> Level:
        filled = form.cleaned_data
        fields: Any = {name: filled[name] for name in ("code", "name", "rank", *_RIGHTS)}
        if existing is None:
            return levels.create_level(**fields)
        return levels.change_level(level_id=existing.pk, **fields)
