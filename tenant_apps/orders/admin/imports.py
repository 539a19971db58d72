"""The list of imports; the pages themselves are views."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.display import money, state_label
from console.sites import brand_site
from tenant_apps.orders.models import ImportJob
from tenant_apps.orders.models.imports import ImportState


@admin.register(ImportJob, site=brand_site)
class ImportJobAdmin(BrandModelAdmin[ImportJob]):
    view_permission = "orders.import"
    add_permission = "orders.import"
    list_display = (
        "file_name",
        "channel",
        "mode",
        state_label(
            "state",
            _("state"),
            {
                ImportState.COMMITTED: "success",
                ImportState.CHECKED: "info",
                ImportState.FAILED: "danger",
                ImportState.CHECKING: "warning",
                ImportState.COMMITTING: "warning",
            },
        ),
        "total_lines",
        "imported_lines",
        "refused_lines",
        money("sales_amount", _("sales")),
        "created_at",
    )
    list_select_related = ("channel",)
    list_filter = ("state", "mode", "channel")
    search_fields = ("file_name",)
    ordering = ("-id",)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A file is uploaded on a page of its own."""
        return redirect("orders:import_upload")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """So is its progress shown."""
        return redirect("orders:import_job", job_id=object_id)
