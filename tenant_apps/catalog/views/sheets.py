"""Import and export of products in the console."""

import csv
import io
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from console.access import may
from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError
from kernel.files.spreadsheets import escape_cell
from tenant_apps.catalog.models import CatalogImport
from tenant_apps.catalog.selectors.imports import get_import
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.sheets import exporting, jobs
from tenant_apps.catalog.services.sheets.columns import COLUMNS, heading_of
from tenant_apps.catalog.states import IMPORT_RUNNING, ImportState

_SHOWN = 200
_STATES = {
    ImportState.UPLOADED: "running",
    ImportState.CHECKED: "checked",
    ImportState.COMMITTING: "running",
    ImportState.COMMITTED: "done",
    ImportState.FAILED: "failed",
    ImportState.CANCELLED: "failed",
}


class UploadForm(forms.Form):
    """A workbook, and a ZIP of the pictures that it names."""

    file = forms.FileField(label=_("Workbook (XLSX)"))
    pictures = forms.FileField(label=_("Pictures (ZIP)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class ImportUploadPage(ConsolePageMixin, FormView[UploadForm]):
    """Choose the files; the dry run begins at once."""

    site = brand_site
    permission = "catalog.edit"
    title = _("Import products")
    template_name = "catalog/import_upload.html"
    form_class = UploadForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = [heading_of(one) for one in COLUMNS if not one.needs or may(self.request, one.needs)]
        return super().get_context_data(**{"headings": known, **kwargs})

    def form_valid(self, form: UploadForm) -> HttpResponse:
        filled = form.cleaned_data
        try:
            job = jobs.create_import(workbook=filled["file"], pictures=filled["pictures"])
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("catalog:import_job", job_id=job.pk)


class ImportJobPage(ConsolePageMixin, TemplateView):
    """What the dry run found, row by row, and the button that writes it."""

    site = brand_site
    permission = "catalog.edit"
    title = _("Import products")
    template_name = "catalog/import_job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = get_import(job_id=self.kwargs["job_id"])
        headings = {column.name: heading_of(column) for column in COLUMNS}
        errors = [{**error, "column": headings.get(error["column"], error["column"])} for error in job.errors[:_SHOWN]]
        context = {
            **_status(job),
            "job": job,
            "errors": errors,
            "hidden_errors": max(len(job.errors) - _SHOWN, 0),
            "is_running": job.state in IMPORT_RUNNING,
            "can_commit": job.state == ImportState.CHECKED and not job.errors,
            "can_cancel": job.state == ImportState.CHECKED,
            "status_url": reverse("catalog:import_status", args=[job.pk]),
            "errors_url": reverse("catalog:import_errors", args=[job.pk]),
            "reload": True,
        }
        return super().get_context_data(**{**kwargs, **context})

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """`action` is commit or cancel."""
        try:
            if request.POST.get("action") == "commit":
                jobs.start_commit(job_id=job_id)
            else:
                jobs.cancel_import(job_id=job_id)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("catalog:import_job", job_id=job_id)


class ImportStatus(ConsolePageMixin, View):
    """What the progress bar asks for each second."""

    site = brand_site
    permission = "catalog.edit"
    title = ""

    def get(self, request: HttpRequest, job_id: int) -> JsonResponse:
        return JsonResponse(_status(get_import(job_id=job_id)))


class ImportErrors(ConsolePageMixin, View):
    """What is wrong, cell by cell, as CSV."""

    site = brand_site
    permission = "catalog.edit"
    title = ""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = get_import(job_id=job_id)
        out = io.StringIO()
        out.write("\ufeff")  # without it Excel takes UTF-8 for the machine's own encoding
        lines = csv.writer(out)
        lines.writerow([gettext("Row"), gettext("Column"), gettext("Code"), gettext("What is wrong")])
        headings = {column.name: heading_of(column) for column in COLUMNS}
        for error in job.errors:
            column = headings.get(error["column"], error["column"])
            lines.writerow([error["row"], column, error["code"], escape_cell(error["detail"])])
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-errors.csv"'
        return response


class ExportProducts(ConsolePageMixin, View):
    """All products as a workbook."""

    site = brand_site
    permission = "catalog.view"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return exporting.export_products(products=list_products(), with_cost=may(request, "catalog.cost"))


class ExportPictures(ConsolePageMixin, View):
    """All pictures as a ZIP."""

    site = brand_site
    permission = "catalog.view"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return exporting.export_pictures(products=list_products())


def _status(job: CatalogImport) -> dict[str, Any]:
    """The figures of the progress page; what is at work is one transaction that nobody sees into."""
    running = job.state in IMPORT_RUNNING
    return {
        "state": _STATES[ImportState(job.state)],
        "percent": 10 if running else 100,
        "processed": job.total_rows,
        "total": job.total_rows or None,
        "imported": job.valid_rows,
        "rejected": job.total_rows - job.valid_rows,
        "message": job.message or str(ImportState(job.state).label),
    }
