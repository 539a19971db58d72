"""The jobs, and what the columns of each kind and channel meant last time."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.imports.states import ImportState


class ImportJob(models.Model):
    """One uploaded file, from upload through the dry run to what was written, and back.

    `total_rows` are the data rows of the file, `skipped_rows` those that are none (titles, totals, blank rows).
    `figures` and `result` are the importer's own: what people read, and what undoing needs.
    """

    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=40, blank=True, default="")
    mode = models.CharField(_("mode"), max_length=16, blank=True, default="")
    state = models.CharField(_("state"), max_length=16, choices=ImportState, default=ImportState.UPLOADED)
    file_name = models.CharField(_("file"), max_length=200)
    stored_as = models.CharField(max_length=200, blank=True, default="")
    attachment_stored_as = models.CharField(max_length=200, blank=True, default="")
    plan_stored_as = models.CharField(max_length=200, blank=True, default="")
    issues_stored_as = models.CharField(max_length=200, blank=True, default="")
    file_digest = models.CharField(max_length=64)
    headings = models.JSONField(_("headings"), default=list)
    mapping = models.JSONField(_("column mapping"), default=dict)
    left_out = models.JSONField(_("columns left out"), default=list)
    options = models.JSONField(_("rules"), default=dict)
    total_rows = models.IntegerField(_("rows"), default=0)
    skipped_rows = models.IntegerField(_("rows without data"), default=0)
    imported_rows = models.IntegerField(_("imported rows"), default=0)
    refused_rows = models.IntegerField(_("rows not imported"), default=0)
    reasons = models.JSONField(_("reasons"), default=dict)
    figures = models.JSONField(_("figures"), default=dict)
    preview = models.JSONField(_("preview"), default=list)
    result = models.JSONField(default=dict)
    is_cancel_requested = models.BooleanField(default=False)
    message = models.TextField(_("message"), blank=True, default="")
    created_by = models.CharField(_("created by"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="imports_job_state_known"),
            models.CheckConstraint(
                name="imports_job_every_row_accounted_for",
                condition=~Q(state=ImportState.COMMITTED) | Q(total_rows=F("imported_rows") + F("refused_rows")),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportProfile(models.Model):
    """The mapping and the rules of one kind and channel, remembered from the last file."""

    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=40, blank=True, default="")
    mapping = models.JSONField(_("column mapping"), default=dict)
    left_out = models.JSONField(_("columns left out"), default=list)
    options = models.JSONField(_("rules"), default=dict)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel"], name="imports_profile_once_per_kind_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}".strip()
