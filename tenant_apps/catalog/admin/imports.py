"""The list of imports of products; the pages themselves are views."""

from typing import Any, Final, Literal

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.display import state_label
from console.sites import brand_site
from tenant_apps.catalog.models import CatalogImport
from tenant_apps.catalog.states import ImportState

_COLOURS: Final[dict[str, Literal["success", "info", "warning", "danger", "primary", ""]]] = {
    ImportState.COMMITTED: "success",
    ImportState.CHECKED: "info",
    ImportState.FAILED: "danger",
    ImportState.UPLOADED: "warning",
    ImportState.COMMITTING: "warning",
}


@admin.register(CatalogImport, site=brand_site)
class CatalogImportAdmin(BrandModelAdmin[CatalogImport]):
    view_permission = "catalog.edit"
    add_permission = "catalog.edit"
    list_display = (
        "file_name",
        state_label("state", _("state"), _COLOURS),
        "total_rows",
        "valid_rows",
        "created_products",
        "changed_products",
        "created_at",
    )
    list_filter = ("state",)
    search_fields = ("file_name",)
    ordering = ("-id",)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("catalog:import_upload")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("catalog:import_job", job_id=object_id)
