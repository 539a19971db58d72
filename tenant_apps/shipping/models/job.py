"""Table of jobs on many parcels."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.shipping.states import JobState


class ShippingJob(models.Model):
    """Work on many parcels at once, done by a worker that may be killed at any moment.

    `items` are what the kind's runner works on, `done` of them are through; `refusals` are {"item", "label", "detail"}
    of those that were refused.
    """

    kind = models.CharField(_("kind"), max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.RUNNING)
    items = models.JSONField(_("items"), default=list)
    options = models.JSONField(_("options"), default=dict)
    done = models.IntegerField(_("done"), default=0)
    refusals = models.JSONField(_("refusals"), default=list)
    stored_as = models.CharField(max_length=200, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("shipping job")
        verbose_name_plural = _("shipping jobs")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(done__gte=0), name="shipping_job_done_not_negative")]
        indexes = [
            models.Index(fields=["heartbeat_at"], condition=Q(state=JobState.RUNNING), name="shipping_job_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def total(self) -> int:
        return len(self.items)

    @property
    def percent(self) -> int:
        return 100 if self.state == JobState.DONE else min(self.done * 100 // max(self.total, 1), 99)
