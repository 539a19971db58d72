"""The figures brands push upwards, so that nobody has to look into all schemas at once."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class BrandFigures(models.Model):
    """A brand's last figures, pushed by a task of its own."""

    brand = models.OneToOneField(
        "tenants.Brand", on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("brand")
    )
    schema_bytes = models.BigIntegerField(_("size"), default=0)
    orders_30_days = models.BigIntegerField(_("orders of 30 days"), default=0)
    failed_jobs = models.BigIntegerField(_("failed jobs"), default=0)  # deliveries given up, imports that failed
    pending_deliveries = models.BigIntegerField(_("deliveries waiting"), default=0)
    oldest_delivery_seconds = models.BigIntegerField(_("oldest delivery waits (s)"), default=0)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    usage = models.JSONField(_("usage"), default=dict)  # {quota name: {"used": n, "limit": n or null}}
    # The latest of each: [{"what", "times", "error" (its first line), "at"}]
    failures = models.JSONField(_("what failed"), default=list, db_default=[])
    # [{"name", "role", "contact" (masked), "two_step", "last_login"}]
    staff = models.JSONField(_("staff"), default=list)
    refreshed_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("figures of a brand")
        verbose_name_plural = _("figures of brands")
        indexes: ClassVar = [models.Index(fields=["last_seen_at"], name="support_figures_last_seen_at")]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.refreshed_at:%Y-%m-%d %H:%M}"
