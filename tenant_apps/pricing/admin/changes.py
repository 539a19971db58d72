"""The list of price changes; each has a page of its own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.access import ensure_may
from console.admin import BrandModelAdmin
from console.display import state_label
from console.sites import brand_site
from tenant_apps.pricing.models import PriceChange
from tenant_apps.pricing.states import ChangeState

_TONES: Any = {ChangeState.DRAFT: "", ChangeState.SCHEDULED: "info", ChangeState.CANCELLED: "warning"}


@admin.register(PriceChange, site=brand_site)
class PriceChangeAdmin(BrandModelAdmin[PriceChange]):
    view_permission = "pricing.view"
    add_permission = "pricing.edit"
    list_display = ("name", state_label("state", _("State"), _TONES), "effective_at", "created_by", "created_at")
    list_filter = ("state",)
    search_fields = ("name",)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        ensure_may(request, self.add_permission)
        return redirect("pricing:change_new")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        change = self.get_object(request, object_id)
        if change is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("pricing:change", change_id=change.pk)
