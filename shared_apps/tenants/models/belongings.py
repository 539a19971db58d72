"""Tables of a brand's own domains, exports, archives and moves."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shared_apps.tenants.models.brands import Brand
from shared_apps.tenants.states import ArchiveState, ClaimState, ExportState


class DomainClaim(models.Model):
    """A brand's claim to a domain of its own, active once the DNS proves it."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    domain = models.CharField(_("domain"), max_length=253)
    token = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=ClaimState.choices, default=ClaimState.PENDING)
    method = models.CharField(_("proved by"), max_length=5, blank=True, default="")  # TXT or CNAME
    last_answer = models.CharField(_("last answer of the DNS"), max_length=300, blank=True, default="")
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # Since then the weekly look finds no proof any more. The domain goes on leading to the brand; support is told.
    failing_since = models.DateTimeField(_("without proof since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("own domain")
        verbose_name_plural = _("own domains")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            # Anybody may claim a domain; only one can have proved it.
            models.UniqueConstraint(
                fields=["domain"], condition=Q(state=ClaimState.VERIFIED), name="tenants_claim_verified_once"
            ),
            models.UniqueConstraint(
                fields=["brand", "domain"], condition=~Q(state=ClaimState.REMOVED), name="tenants_claim_once_per_brand"
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="tenants_claim_state_known"),
        ]

    def __str__(self) -> str:
        return self.domain


class BrandExport(models.Model):
    """Everything a brand has, as one ZIP file under the brand's own storage folder."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    requested_by = models.CharField(_("requested by"), max_length=200)
    requested_at = models.DateTimeField(_("requested at"))
    state = models.CharField(_("state"), max_length=10, choices=ExportState.choices, default=ExportState.REQUESTED)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    # How often a worker began; one that dies again and again is not asked for ever.
    attempts = models.SmallIntegerField(_("attempts"), default=0, db_default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    path = models.CharField(max_length=300, blank=True, default="")
    size_bytes = models.BigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    row_counts = models.JSONField(_("rows per table"), default=dict)
    last_error = models.TextField(_("last error"), blank=True, default="")
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    class Meta:
        verbose_name = _("export of everything")
        verbose_name_plural = _("exports of everything")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["brand"], condition=Q(state__in=["requested", "running"]), name="tenants_export_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=ExportState.values), name="tenants_export_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.requested_at:%Y-%m-%d}"


class BrandArchive(models.Model):
    """A dump of a brand's schema and files, with checksum and row counts to verify it."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    state = models.CharField(_("state"), max_length=10, choices=ArchiveState.choices, default=ArchiveState.DUMPED)
    path = models.CharField(max_length=300)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size_bytes = models.BigIntegerField(_("size"))
    row_counts = models.JSONField(_("rows per table"))
    schema_fingerprint = models.CharField(_("schema version"), max_length=64)
    made_at = models.DateTimeField(_("made at"))
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # From this day on the schema may be dropped: never before, and never without a verified dump.
    retained_until = models.DateTimeField(_("schema kept until"))
    restored_at = models.DateTimeField(_("restored at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=ArchiveState.values), name="tenants_archive_state_known"),
            models.CheckConstraint(
                condition=~Q(state=ArchiveState.VERIFIED) | Q(verified_at__isnull=False),
                name="tenants_archive_verified_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.made_at:%Y-%m-%d}"


class BrandMove(models.Model):
    """A planned move of a brand to another cell, which the runbook carries out."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    from_cell = models.CharField(_("from cell"), max_length=20)
    to_cell = models.CharField(_("to cell"), max_length=20)
    reason = models.CharField(_("reason"), max_length=500)
    requested_by = models.CharField(_("requested by"), max_length=200)
    requested_at = models.DateTimeField(_("requested at"))
    archive = models.ForeignKey(
        BrandArchive, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("archive")
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("move to another cell")
        verbose_name_plural = _("moves to another cell")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["brand"],
                condition=Q(cancelled_at__isnull=True, finished_at__isnull=True),
                name="tenants_move_one_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(from_cell=models.F("to_cell")), name="tenants_move_goes_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.brand}: {self.from_cell} → {self.to_cell}"
