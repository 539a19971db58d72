"""Taking everything along: archives are asked for, watched and downloaded. It works whatever is paid."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.display import Tone
from kernel.core import clock
from kernel.core.errors import DomainError, NotFound
from kernel.tenancy.context import current_brand
from shared_apps.billing.views import facts
from shared_apps.billing.views.pages import BillingMixin, words_of
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import exports
from shared_apps.tenants.states import ExportState

_TONES: Final[dict[str, Tone]] = {
    ExportState.READY: "success",
    ExportState.REQUESTED: "info",
    ExportState.RUNNING: "info",
    ExportState.FAILED: "danger",
}


@dataclass(frozen=True)
class ExportRow:
    """One archive in the list."""

    id: int
    requested_at: str
    note: str
    state_label: str
    tone: Tone
    is_running: bool
    is_ready: bool
    size: int
    sha256: str


def _row(export: Any) -> ExportRow:
    note = gettext("asked for by %(name)s") % {"name": export.requested_by}
    if export.state == ExportState.READY and export.expires_at is not None:
        note = f"{note} · " + gettext("kept until %(day)s") % {"day": facts.day(export.expires_at)}
    return ExportRow(
        id=export.pk,
        requested_at=facts.hour(export.requested_at),
        note=note,
        state_label=str(ExportState(export.state).label),
        tone=_TONES.get(export.state, ""),
        is_running=export.state in {ExportState.REQUESTED, ExportState.RUNNING},
        is_ready=export.state == ExportState.READY,
        size=export.size_bytes,
        sha256=export.sha256,
    )


class ExportsPage(BillingMixin, TemplateView):
    permission = "billing.manage"
    title = _("Take everything along")
    template_name = "billing/exports.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The latest archives; while one is made the page asks again by itself."""
        rows = [_row(export) for export in tenants.list_exports(self.brand_id)]
        return super().get_context_data(**{**kwargs, "exports": rows, "running": any(row.is_running for row in rows)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have an archive made."""
        try:
            exports.request_export(brand_id=self.brand_id, requested_by=str(request.user), now=clock.now())
        except DomainError as refusal:
            messages.error(request, words_of(refusal))
        else:
            messages.success(request, gettext("Your archive is being made."))
        return redirect("billing:exports")


class DownloadExport(BillingMixin, View):
    permission = "billing.manage"
    title = ""

    def get(self, request: HttpRequest, export_id: int) -> HttpResponse | FileResponse:
        """404 for an archive that this brand does not have; why one cannot be had (any more) is said in the list."""
        try:
            opened = exports.open_export(export_id=export_id, brand_id=self.brand_id)
        except NotFound:
            raise
        except DomainError as refusal:
            messages.error(request, words_of(refusal))
            return redirect("billing:exports")
        brand = current_brand()
        name = f"{brand.slug}-{clock.business_date(clock.now()):%Y%m%d}-{export_id}.zip"
        return FileResponse(opened, as_attachment=True, filename=name, content_type="application/zip")
