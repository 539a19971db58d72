"""The list of imports; the pages themselves are views."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.access import may, may_read
from console.admin import BrandModelAdmin
from console.display import state_label
from console.sites import brand_site
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services.importer import get_importer, list_importers
from tenant_apps.imports.states import ImportState


@admin.register(ImportJob, site=brand_site)
class ImportJobAdmin(BrandModelAdmin[ImportJob]):
    # The permissions of other kinds are asked below.
    view_permission = "orders.import"
    add_permission = "orders.import"
    list_display = (
        "file_name",
        "kind_label",
        "channel",
        state_label(
            "state",
            _("state"),
            {
                ImportState.COMMITTED: "success",
                ImportState.CHECKED: "info",
                ImportState.FAILED: "danger",
                ImportState.CHECKING: "warning",
                ImportState.COMMITTING: "warning",
                ImportState.UNDOING: "warning",
            },
        ),
        "total_rows",
        "imported_rows",
        "refused_rows",
        "created_at",
    )
    list_filter = ("state", "kind", "channel")
    search_fields = ("file_name",)
    ordering = ("-id",)

    @property
    def view_permissions(self) -> set[str]:
        """Any of these opens the list; it then holds the kinds that the person may import."""
        return {importer.permission for importer in list_importers()}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportJob]:
        """Jobs of the kinds that the person may import."""
        kinds = [importer.kind for importer in list_importers() if may_read(request, importer.permission)]
        return super().get_queryset(request).filter(kind__in=kinds)

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, job: ImportJob) -> str:
        return str(get_importer(job.kind).label)

    def has_view_permission(self, request: HttpRequest, obj: ImportJob | None = None) -> bool:
        others = any(may_read(request, permission) for permission in self.view_permissions)
        return others or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return any(may(request, importer.permission) for importer in list_importers())

    def add_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """A file is uploaded on a page of its own."""
        return redirect("imports:kinds")

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        """So is its progress shown."""
        return redirect("imports:job", job_id=object_id)
