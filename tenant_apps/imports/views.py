"""The pages of an import: upload, columns, dry run, preview, commit, result, undo."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from console.access import ensure_may, may, may_read
from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError, NotFound, Text
from kernel.files.tables import XLSX_TYPE
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.selectors import get_import
from tenant_apps.imports.services import jobs, templates
from tenant_apps.imports.services.importer import READING_REASONS, Importer, get_importer, list_importers
from tenant_apps.imports.services.issues import read_issues, write_error_file
from tenant_apps.imports.services.reading.columns import ColumnMapping
from tenant_apps.imports.states import CANCELLABLE, IMPORT_TRANSITIONS, RUNNING, ImportState

MAX_ISSUES_SHOWN: Final = 100
LEAVE_OUT: Final = "-"

_PROGRESS_STATES: Final = {
    ImportState.UPLOADED: "waiting",
    ImportState.CHECKING: "running",
    ImportState.CHECKED: "checked",
    ImportState.COMMITTING: "running",
    ImportState.COMMITTED: "done",
    ImportState.FAILED: "failed",
    ImportState.CANCELLED: "failed",
    ImportState.UNDOING: "running",
    ImportState.UNDONE: "failed",
}


class UploadForm(forms.Form):
    """A file, and what its kind asks besides: a channel, a mode, a second file."""

    channel = forms.ChoiceField(label=_("Channel"), required=False)
    new_channel = forms.CharField(
        label=_("Name of a new channel"),
        max_length=32,
        required=False,
        help_text=_("Only where the list does not have it, such as Taobao or 有赞."),
    )
    mode = forms.ChoiceField(label=_("Mode"))
    file = forms.FileField(label=_("File"), help_text=_("CSV or XLSX."))
    attachment = forms.FileField(required=False)

    def __init__(self, importer: Importer[Any, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.importer = importer
        known = importer.channels()
        if known is None:
            del self.fields["channel"], self.fields["new_channel"]
        elif importer.can_open_channel:
            self._offer("channel", [*known, ("", gettext("A new channel"))])
        else:
            self._offer("channel", list(known))
            del self.fields["new_channel"]
        if importer.modes:
            self._offer("mode", list(importer.modes))
        else:
            del self.fields["mode"]
        if importer.attachment_label:
            self.fields["attachment"].label = str(importer.attachment_label)
        else:
            del self.fields["attachment"]
        for field in self.fields.values():
            dress_field(field)

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        if "channel" in self.fields and not filled.get("channel") and not filled.get("new_channel"):
            self.add_error("channel", gettext("Choose a channel or name a new one."))
        return filled


class MappingForm(forms.Form):
    """The heading of each field, an answer for each heading with an unused meaning, and the kind's rules."""

    def __init__(self, job: ImportJob, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        self.importer = get_importer(job.kind)
        match = jobs.open_source(job).match
        self.questions = match.questions
        self.kept_out = match.left_out
        self.guessed = match.named()
        headings = [(heading, heading) for heading in match.headings if heading]
        for column in self.importer.columns():
            self.fields[column.name] = forms.ChoiceField(
                label=str(column.title),
                choices=[("", "—"), *headings],
                required=column.required,
                initial=self.guessed.get(column.name, ""),
                help_text=str(column.help),
            )
        uses = [(column.name, str(column.title)) for column in self.importer.columns()]
        for place, (heading, meaning) in enumerate(self._open_headings()):
            self.fields[f"heading_{place}"] = forms.ChoiceField(
                label=gettext("The column “%(heading)s” (%(meaning)s) is") % {"heading": heading, "meaning": meaning},
                choices=[("", gettext("— please choose —")), (LEAVE_OUT, gettext("left out")), *uses],
                required=False,
                initial=LEAVE_OUT if heading in self.kept_out else "",
            )
        for option in self.importer.option_fields():
            value = job.options.get(option.name, "")
            initial = ", ".join(value) if isinstance(value, list) else value
            self.fields[option.name] = forms.CharField(
                label=str(option.label), required=False, initial=initial, max_length=500
            )
        for field in self.fields.values():
            dress_field(field)

    def _open_headings(self) -> list[tuple[str, str]]:
        return [
            *((question.heading, str(question.label)) for question in self.questions),
            *((heading, "") for heading in self.kept_out),
        ]

    def mapping(self) -> ColumnMapping:
        """As chosen."""
        filled = self.cleaned_data
        fields = {column.name: filled[column.name] for column in self.importer.columns() if filled[column.name]}
        # A heading that was guessed for a field and is used for none now is left out.
        left_out = [heading for heading in self.guessed.values() if heading not in fields.values()]
        for place, (heading, _meaning) in enumerate(self._open_headings()):
            answer = filled.get(f"heading_{place}", "")
            if answer == LEAVE_OUT:
                left_out.append(heading)
            elif answer:
                fields[answer] = heading
        return ColumnMapping(fields, tuple(left_out))

    def options(self) -> dict[str, Any]:
        """The rules, without the empty ones."""
        rules: dict[str, Any] = {}
        for option in self.importer.option_fields():
            text = self.cleaned_data[option.name].strip()
            words = [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]
            if text:
                rules[option.name] = words if option.is_list else text
        return rules


class ImportPage(ConsolePageMixin):
    """A page whose permission is that of the kind. Ids and kinds that do not exist answer 404."""

    site = brand_site
    permission = ""
    title: Text = _("Import")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not self.site.has_permission(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            self.importer = self.find_importer(**kwargs)
        except NotFound as refusal:
            raise Http404(str(refusal)) from refusal
        self.permission = self.importer.permission
        self.title = self.importer.label
        return super().dispatch(request, *args, **kwargs)

    def find_importer(self, **kwargs: Any) -> Importer[Any, Any]:
        """Of the address. Raises UnknownKind, ImportNotFound."""
        kind = kwargs["kind"] if "kind" in kwargs else get_import(job_id=kwargs["job_id"]).kind
        return get_importer(kind)


class KindsPage(ConsolePageMixin, TemplateView):
    """The kinds of files that the person may import."""

    site = brand_site
    title = _("Import a file")
    template_name = "imports/kinds.html"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.kinds = [one for one in list_importers() if may_read(request, one.permission)]
        self.permission = self.kinds[0].permission if self.kinds else "orders.import"
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(kinds=self.kinds, **kwargs)


class UploadPage(ImportPage, FormView[UploadForm]):
    """Choose a file; its dry run begins at once, unless its columns need an answer first."""

    template_name = "imports/upload.html"
    form_class = UploadForm

    def get_form(self, form_class: type[UploadForm] | None = None) -> UploadForm:
        return UploadForm(self.importer, **self.get_form_kwargs())

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        columns = [one for one in self.importer.columns() if not one.needs or may(self.request, one.needs)]
        return super().get_context_data(importer=self.importer, columns=columns, **kwargs)

    def form_valid(self, form: UploadForm) -> HttpResponse:
        filled = form.cleaned_data
        try:
            job = jobs.create_import(
                new=jobs.NewImport(
                    kind=self.importer.kind,
                    upload=filled["file"],
                    attachment=filled.get("attachment"),
                    channel=self._channel(filled),
                    mode=filled.get("mode", ""),
                    may_be_incomplete=True,
                )
            )
            if jobs.open_source(job).match.is_complete:
                jobs.start_check(job_id=job.pk)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("imports:job", job_id=job.pk)

    def _channel(self, filled: dict[str, Any]) -> str:
        if filled.get("channel") or not self.importer.can_open_channel:
            return str(filled.get("channel", ""))
        return self.importer.open_channel(filled["new_channel"].strip())


class TemplateDownload(ImportPage, View):
    """An empty workbook with the headings."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        headers = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
        return HttpResponse(templates.write_template(self.importer), content_type=XLSX_TYPE, headers=headers)


class JobPage(ImportPage, TemplateView):
    """Everything about one import; the buttons that make sense in its state."""

    template_name = "imports/job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = get_import(job_id=self.kwargs["job_id"])
        importer = self.importer
        state = ImportState(job.state)
        labels = {column.name: str(column.title) for column in importer.columns()}
        can_check = bool(job.stored_as) and state in {ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED}
        refused = job.refused_rows if importer.is_whole else 0
        importable = job.total_rows - job.refused_rows
        form = kwargs.get("form") or (MappingForm(job) if can_check else None)
        words = {**READING_REASONS, **importer.reasons}
        return super().get_context_data(
            **{
                **kwargs,
                **_status(job),
                "job": job,
                "importer": importer,
                "import_state": job.state,
                "state_label": state.label,
                "is_running": state in RUNNING,
                "form": form,
                "has_questions": bool(form and form.questions),
                "can_check": can_check,
                "can_commit": state == ImportState.CHECKED and not refused and importable > 0,
                "can_cancel": ImportState.CANCELLED in IMPORT_TRANSITIONS[state] and state != ImportState.UPLOADED,
                "is_cancellable": state in CANCELLABLE,
                "can_undo": state == ImportState.COMMITTED and importer.can_undo_mode(job.mode),
                "importable": importable,
                "figures": [
                    (label, job.figures[name]) for name, label in importer.figures.items() if name in job.figures
                ],
                "reasons": [(words.get(code, _("Another reason")), count) for code, count in job.reasons.items()],
                "hint": importer.hint(job.reasons) if state == ImportState.CHECKED else "",
                "preview": _preview(job, labels) if state in {ImportState.CHECKED, ImportState.FAILED} else None,
                "issues": _issues(job, labels),
                "status_url": reverse("imports:status", args=[job.pk]),
                "errors_url": reverse("imports:issues", args=[job.pk]),
                "done_url": reverse(importer.done_url) if importer.done_url else "",
                "reload": True,
            }
        )

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """`action` is commit, cancel, undo, or check with the meaning of the columns."""
        ensure_may(request, self.importer.permission)
        actions = {"commit": jobs.start_commit, "cancel": jobs.cancel_import, "undo": jobs.start_undo}
        action = request.POST.get("action", "")
        try:
            if action in actions:
                actions[action](job_id=job_id)
            else:
                form = MappingForm(get_import(job_id=job_id), request.POST)
                if not form.is_valid():
                    return self.render_to_response(self.get_context_data(form=form))
                jobs.change_mapping(job_id=job_id, mapping=form.mapping(), options=form.options())
                jobs.start_check(job_id=job_id)
        except NotFound:
            raise
        except DomainError as refusal:
            messages.error(request, str(refusal.errors[0].detail if refusal.errors else refusal))
        return redirect("imports:job", job_id=job_id)


class JobStatus(ImportPage, View):
    """The figures that the progress bar asks for each second."""

    def get(self, request: HttpRequest, job_id: int) -> JsonResponse:
        return JsonResponse(_status(get_import(job_id=job_id)))


class JobIssues(ImportPage, View):
    """The rows that were not imported, as CSV."""

    def get(self, request: HttpRequest, job_id: int) -> StreamingHttpResponse:
        job = get_import(job_id=job_id)
        labels = {column.name: column.title for column in self.importer.columns()}
        content = write_error_file(job.issues_stored_as, job.headings, labels)
        headers = {"Content-Disposition": f'attachment; filename="import-{job.pk}-issues.csv"'}
        return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _status(job: ImportJob) -> dict[str, Any]:
    """The figures of the progress page. A dry run knows the number of lines only at its end."""
    read = jobs.describe(job)["processed_lines"]
    total = job.total_rows
    running = job.state in RUNNING
    percent = 100 if not running else min(99, read * 100 // total) if total else 0
    return {
        "state": _PROGRESS_STATES[ImportState(job.state)],
        "percent": percent,
        "processed": read,
        "total": total or None,
        "imported": job.imported_rows,
        "rejected": job.refused_rows,
        "message": job.message or str(ImportState(job.state).label),
    }


def _preview(job: ImportJob, labels: dict[str, str]) -> dict[str, Any]:
    """The first rows as they are understood, in the columns that any of them fills."""
    names = [name for name in labels if any(name in row["values"] for row in job.preview)]
    rows = [(row["line"], [row["values"].get(name, "") for name in names]) for row in job.preview]
    return {"headings": [labels[name] for name in names], "rows": rows}


def _issues(job: ImportJob, labels: dict[str, str]) -> list[dict[str, Any]]:
    """The first faults by row and column."""
    found = read_issues(job.issues_stored_as, limit=MAX_ISSUES_SHOWN)
    return [{**issue._asdict(), "column": labels.get(issue.column, issue.column)} for _position, issue in found]
