"""An existing team from a workbook, in the console: uploaded and checked, written, undone."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from console.actions import dress_field, show_refusal
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, NotFound
from tenant_apps.recruiting.models import TeamImport
from tenant_apps.recruiting.selectors import team_imports as reads
from tenant_apps.recruiting.services.team_import import jobs
from tenant_apps.recruiting.services.team_import.reading import COLUMNS
from tenant_apps.recruiting.states import TeamImportState

A_PAGE = 20
ERRORS_A_PAGE = 100
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    """The workbook. What is in it is judged by reading it, not by its name."""

    file = forms.FileField(
        label=_("Workbook (XLSX)"), max_length=255, widget=forms.FileInput(attrs={"accept": f".xlsx,{_XLSX}"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_field(self.fields["file"])


class TeamImportPage(BrandPage, FormView[UploadForm]):
    """Choose the file; below it the imports there were."""

    permission = "agents.import"
    title = _("Import a team")
    template_name = "recruiting/console/team_import.html"
    form_class = UploadForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(reads.list_imports(), A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(**{"page": page, "headings": _headings().values(), **kwargs})

    def form_valid(self, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            job = jobs.upload_team(file_name=file.name or "", content=file, now=clock.now())
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("recruiting:team_import_job", job.pk)


class TeamImportJob(BrandPage, TemplateView):
    """Result of the dry run, row by row, and the button that writes the team or undoes it."""

    permission = "agents.import"
    title = _("Import a team")
    template_name = "recruiting/console/team_import_job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = reads.get_import(import_id=self.kwargs["import_id"])
        page = Paginator(job.errors, ERRORS_A_PAGE).get_page(self.request.GET.get("page"))
        headings = _headings()
        errors = [{**error, "column": headings.get(error["column"], error["column"])} for error in page.object_list]
        return super().get_context_data(
            **kwargs,
            job=job,
            page=page,
            errors=errors,
            broken_rows=job.total_rows - job.valid_rows,
            most_errors=jobs.MAX_ISSUES if len(job.errors) >= jobs.MAX_ISSUES else None,
            can_commit=job.state == TeamImportState.CHECKED and job.total_rows > 0 and not job.errors,
            can_undo=job.state == TeamImportState.COMMITTED,
        )

    def post(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """`action` is commit or undo; anything else changes nothing."""
        try:
            done = self._perform(request.POST.get("action", ""), import_id)
        except NotFound:
            raise
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            if done:
                messages.success(request, done)
        return redirect("recruiting:team_import_job", import_id)

    def _perform(self, action: str, import_id: int) -> str:
        """Act, and return a sentence about it; "" for nothing."""
        if action == "commit":
            return _imported(jobs.commit_team(import_id=import_id, now=clock.now()))
        if action == "undo":
            jobs.undo_team(import_id=import_id, now=clock.now())
            return gettext("The import was undone: its agents are gone.")
        return ""


class TeamTemplate(BrandPage, View):
    permission = "agents.import"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        headers = {"Content-Disposition": 'attachment; filename="team.xlsx"'}
        return HttpResponse(jobs.template(), content_type=_XLSX, headers=headers)


def _headings() -> dict[str, str]:
    """Each column as the reader's language calls it; both words are understood in a file."""
    place = 0 if (get_language() or "zh").startswith("zh") else 1
    return {name: words[place] for name, words in COLUMNS.items()}


def _imported(job: TeamImport) -> str:
    count = len(job.agent_ids)
    return ngettext("%(count)d agent was imported.", "%(count)d agents were imported.", count) % {"count": count}
