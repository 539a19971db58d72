"""The import's pages: upload, what the columns mean, progress, what was not imported."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError
from tenant_apps.orders.models import Channel, ImportJob
from tenant_apps.orders.models.imports import RUNNING, ImportMode, ImportReason, ImportState
from tenant_apps.orders.services import channels
from tenant_apps.orders.services.imports import jobs
from tenant_apps.orders.services.imports.issues import issues_response
from tenant_apps.orders.services.imports.mapping import ALIASES, FIELD_LABELS, REQUIRED
from tenant_apps.orders.states import ChannelKind

PERMISSION = "orders.import"
NEW_CHANNEL = ""


class UploadForm(forms.Form):
    """A file, where it comes from, and whether its orders are past or still to be fulfilled."""

    channel = forms.ChoiceField(required=False)
    new_channel = forms.CharField(
        label=_("Name of a new channel"),
        max_length=32,
        required=False,
        help_text=_("Only where the list does not have it, such as Taobao or 有赞."),
    )
    mode = forms.ChoiceField(label=_("Orders"), choices=ImportMode.choices)
    file = forms.FileField(label=_("File"), help_text=_("CSV or XLSX, up to a million lines."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(Channel.objects.order_by("code").values_list("code", "name"))
        self.fields["channel"] = forms.ChoiceField(
            label=gettext("Channel"), required=False, choices=[*known, (NEW_CHANNEL, gettext("A new channel"))]
        )
        for field in self.fields.values():
            dress_field(field)

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        if not filled.get("channel") and not filled.get("new_channel"):
            self.add_error("new_channel", gettext("Choose a channel or name a new one."))
        return filled


class MeaningForm(forms.Form):
    """Column mapping of the file, and the peculiarities of the channel's numbers."""

    def __init__(self, job: ImportJob, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        headings = [heading for heading in jobs.headings_of(job) if heading]
        for name in ALIASES:
            self.fields[name] = forms.ChoiceField(
                label=str(FIELD_LABELS[name]),
                choices=[("", "—"), *[(heading, heading) for heading in headings]],
                required=name in REQUIRED,
                initial=job.mapping.get(name, ""),
            )
        for name, label in (
            ("cancellation_prefix", gettext("Order numbers of returns begin with")),
            ("adjustment_prefix", gettext("Order numbers of bookkeeping begin with")),
            ("service_skus", gettext("SKUs of postage and fees (commas between, * for any ending)")),
            ("time_zone", gettext("Time zone of the times, such as Asia/Shanghai")),
        ):
            value = job.options.get(name, "")
            initial = ", ".join(value) if isinstance(value, list) else value
            self.fields[name] = forms.CharField(label=label, required=False, initial=initial, max_length=500)
        for field in self.fields.values():
            dress_field(field)

    def mapping(self) -> dict[str, str]:
        """Field → heading, as far as chosen."""
        return {name: self.cleaned_data[name] for name in ALIASES if self.cleaned_data[name]}

    def options(self) -> dict[str, Any]:
        """The channel's rules."""
        filled = self.cleaned_data
        rules: dict[str, Any] = {
            name: filled[name] for name in ("cancellation_prefix", "adjustment_prefix", "time_zone") if filled[name]
        }
        services = [word.strip() for word in filled["service_skus"].replace("，", ",").split(",") if word.strip()]
        return {**rules, **({"service_skus": services} if services else {})}


class ImportUploadPage(ConsolePageMixin, FormView[UploadForm]):
    """Choose a file; its dry run begins at once."""

    site = brand_site
    permission = PERMISSION
    title = _("Import orders")
    template_name = "orders/import_upload.html"
    form_class = UploadForm

    def form_valid(self, form: UploadForm) -> HttpResponse:
        filled = form.cleaned_data
        try:
            code = filled["channel"] or _open_channel(filled["new_channel"].strip())
            job = jobs.create_import(
                channel=code,
                mode=filled["mode"],
                upload=filled["file"],
                meaning=jobs.Meaning(may_be_incomplete=True),
            )
            if all(name in job.mapping for name in REQUIRED):
                jobs.start_check(job_id=job.pk)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("orders:import_job", job_id=job.pk)


def _open_channel(name: str) -> str:
    return channels.create_channel(code=name, name=name, kind=ChannelKind.IMPORT).code


class ImportJobPage(ConsolePageMixin, TemplateView):
    """Everything about one import; the buttons that make sense in its state."""

    site = brand_site
    permission = PERMISSION
    title = _("Import orders")
    template_name = "orders/import_job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = jobs.get_import(job_id=self.kwargs["job_id"])
        state = ImportState(job.state)
        shown = {**_status(job), "state": _STATES[state]}
        return super().get_context_data(
            **{
                **kwargs,
                **shown,
                "job": job,
                "import_state": job.state,
                "is_running": state in RUNNING,
                "form": kwargs.get("form") or MeaningForm(job),
                "can_check": state in {ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED},
                "can_commit": state == ImportState.CHECKED and job.order_count > 0,
                "returns_unknown": "negative_quantity" in job.reasons and state == ImportState.CHECKED,
                "reasons": [(_reason(code), count) for code, count in job.reasons.items()],
                "status_url": reverse("orders:import_status", args=[job.pk]),
                "errors_url": reverse("orders:import_issues", args=[job.pk]),
                "done_url": reverse("brand:orders_order_changelist"),
                "reload": True,
            }
        )

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """`action` is commit, cancel, or check with the meaning of the columns."""
        job = jobs.get_import(job_id=job_id)
        form = MeaningForm(job, request.POST)
        try:
            if request.POST.get("action") == "commit":
                jobs.start_commit(job_id=job_id)
            elif request.POST.get("action") == "cancel":
                jobs.cancel_import(job_id=job_id)
            elif form.is_valid():
                jobs.change_meaning(job_id=job_id, mapping=form.mapping(), options=form.options())
                jobs.start_check(job_id=job_id)
            else:
                return self.render_to_response(self.get_context_data(form=form))
        except DomainError as refusal:
            messages.error(request, str(refusal.errors[0].detail if refusal.errors else refusal))
        return redirect("orders:import_job", job_id=job_id)


class ImportStatus(ConsolePageMixin, View):
    site = brand_site
    permission = PERMISSION
    title = ""

    def get(self, request: HttpRequest, job_id: int) -> JsonResponse:
        job = jobs.get_import(job_id=job_id)
        return JsonResponse({**_status(job), "state": _STATES[ImportState(job.state)]})


class ImportIssues(ConsolePageMixin, View):
    site = brand_site
    permission = PERMISSION
    title = ""

    def get(self, request: HttpRequest, job_id: int) -> StreamingHttpResponse:
        job = jobs.get_import(job_id=job_id)
        return issues_response(job, jobs.headings_of(job))


_STATES = {
    ImportState.UPLOADED: "waiting",
    ImportState.CHECKING: "running",
    ImportState.CHECKED: "checked",
    ImportState.COMMITTING: "running",
    ImportState.COMMITTED: "done",
    ImportState.FAILED: "failed",
    ImportState.CANCELLED: "failed",
}


def _status(job: ImportJob) -> dict[str, Any]:
    """The figures of the progress page. A dry run knows the number of lines only at its end."""
    read = jobs.describe(job)["processed_lines"]
    total = job.total_lines
    running = job.state in RUNNING
    percent = 100 if not running else min(99, read * 100 // total) if total else 0
    return {
        "percent": percent,
        "processed": read,
        "total": total or None,
        "imported": job.imported_lines,
        "rejected": job.refused_lines,
        "message": job.message or str(ImportState(job.state).label),
    }


def _reason(code: str) -> str:
    return str(ImportReason(code).label) if code in ImportReason.values else code
