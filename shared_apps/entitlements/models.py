"""Counts of what plans limit; in public the rows stand idle, since the platform has no plan."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Quota(models.Model):
    """Use and limit of one counted thing. Changed by `services.quotas` only.

    `limit` is empty where there is none. After a change to a smaller plan `used` may be above it. `period` is empty, or
    the month that is counted (`2026-11`) where the count starts anew with each.
    """

    name = models.CharField(_("name"), max_length=20)
    limit = models.BigIntegerField(_("limit"), null=True, blank=True)
    used = models.BigIntegerField(_("used"), default=0)
    period = models.CharField(_("month"), max_length=7, blank=True, default="")

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="entitlements_quota_name_unique"),
            models.CheckConstraint(condition=Q(used__gte=0), name="entitlements_quota_used_not_negative"),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(limit__gte=0), name="entitlements_quota_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(period__regex=r"^([0-9]{4}-[0-9]{2})?$"), name="entitlements_quota_period_form"
            ),
        ]

    def __str__(self) -> str:
        return self.name
