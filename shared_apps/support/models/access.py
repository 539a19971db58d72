"""Grants of support sessions and the log of their requests. Both sides read it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.database.append_only import AppendOnly
from shared_apps.support.states import GrantKind


class AccessGrant(models.Model):
    """A time in which staff may enter a brand: given by its owner, or by two administrators in an emergency."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    kind = models.CharField(_("kind"), max_length=15, choices=GrantKind.choices)
    reason = models.CharField(_("reason"), max_length=500)
    may_write = models.BooleanField(_("may change things"), default=False)
    # The owner's id is of the brand's own schema; an administrator's is of the public one.
    requested_by_id = models.BigIntegerField()
    requested_by = models.CharField(pgettext_lazy("access", "given by"), max_length=200)
    approved_by_id = models.BigIntegerField(null=True, blank=True)
    approved_by = models.CharField(_("second administrator"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    hours = models.SmallIntegerField(_("hours"))
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)  # empty: the second administrator is missing
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("support access")
        verbose_name_plural = _("support accesses")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="support_grant_has_a_reason"),
            models.CheckConstraint(condition=Q(kind__in=GrantKind.values), name="support_grant_kind_known"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=72), name="support_grant_hours"),
            models.CheckConstraint(
                condition=Q(kind=GrantKind.CONSENT) | Q(hours__lte=4), name="support_grant_emergency_is_short"
            ),
            models.CheckConstraint(
                condition=Q(kind=GrantKind.CONSENT)
                | Q(starts_at__isnull=True)
                | (Q(approved_by_id__isnull=False) & ~Q(approved_by_id=F("requested_by_id"))),
                name="support_grant_emergency_needs_two",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["brand", "ends_at"], name="support_grant_brand_ends_at")]

    def __str__(self) -> str:
        return f"{self.brand} {self.created_at:%Y-%m-%d}"


class AccessPass(models.Model):
    """A one-time signed link by which one member of the staff goes in under a grant."""

    grant = models.ForeignKey(AccessGrant, on_delete=models.CASCADE, related_name="passes")
    staff_id = models.BigIntegerField()
    staff_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="support_pass_digest_unique")]

    def __str__(self) -> str:
        return f"{self.staff_name} #{self.pk}"


class AccessLogEntry(AppendOnly):
    """One request made during a support session."""

    grant = models.ForeignKey(AccessGrant, on_delete=models.PROTECT, related_name="entries", verbose_name=_("access"))
    staff_id = models.BigIntegerField()
    staff_name = models.CharField(_("who"), max_length=200)
    occurred_at = models.DateTimeField(_("time"))
    method = models.CharField(_("method"), max_length=10)
    path = models.CharField(_("address"), max_length=500)
    status = models.SmallIntegerField(_("answer"))
    ip_address = models.GenericIPAddressField(_("IP address"), null=True)
    request_id = models.CharField(_("request id"), max_length=64)

    class Meta:
        verbose_name = _("request during a visit")
        verbose_name_plural = _("requests during visits")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
