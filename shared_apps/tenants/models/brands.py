"""Tables of brands in the public schema: names, hosts, states. No data of a brand's trade."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from kernel.core import clock
from shared_apps.tenants.states import (
    WRITABLE,
    BrandState,
    ProvisioningState,
    SuspensionCause,
    state_at,
)


def everything_included() -> dict[str, Any]:
    """Return a trial's entitlements: every feature, and no limit."""
    return {"plan": "", "features": ["*"], "limits": {}}


class BrandQuerySet(models.QuerySet["Brand"]):
    def ready(self) -> "BrandQuerySet":
        return self.filter(provisioning_state=ProvisioningState.READY).exclude(state=BrandState.ARCHIVED)

    def writing(self, now: datetime) -> "BrandQuerySet":
        return self.ready().filter(state__in=WRITABLE).exclude(state=BrandState.TRIALING, trial_ends_at__lte=now)


class Brand(TenantMixin):  # type: ignore[misc]
    """A customer of Banyan: one host, one schema. `connection.tenant` during its requests."""

    # The schema is made by replaying a dump and dropped by a service; saving or deleting the row touches neither.
    auto_create_schema = False
    auto_drop_schema = False

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    slug = models.CharField(_("subdomain"), max_length=32)
    skeleton = models.CharField(max_length=40, editable=False)  # the slug as a hurried eye sees it
    state = models.CharField(_("state"), max_length=20, choices=BrandState.choices, default=BrandState.TRIALING)
    state_since = models.DateTimeField(_("in this state since"), default=clock.now, db_default=Now())
    suspended_from = models.CharField(max_length=20, choices=BrandState.choices, blank=True, editable=False)
    suspended_because = models.CharField(
        _("suspended because"),
        max_length=10,
        choices=SuspensionCause.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    # Why it was suspended when it was archived, and support's words: the archive lifts no suspension.
    archived_because = models.CharField(
        max_length=10, choices=SuspensionCause.choices, blank=True, default="", db_default="", editable=False
    )
    suspension_reason = models.CharField(max_length=500, blank=True, default="", db_default="", editable=False)
    # Copied from the plan by billing: {"plan": code, "features": [names or "*"], "limits": {name: number}}.
    entitlements = models.JSONField(default=everything_included, db_default=everything_included(), editable=False)
    provisioning_state = models.CharField(
        _("set-up"), max_length=20, choices=ProvisioningState.choices, default=ProvisioningState.REQUESTED
    )
    provisioning_error = models.TextField(_("why the set-up failed"), blank=True)
    trial_ends_at = models.DateTimeField(_("trial ends at"))
    trial_extensions = models.SmallIntegerField(_("trial extensions"), default=0, db_default=0, editable=False)
    # The owner closed the account: until this moment it can be taken back, from then on it is only read and archived.
    closing_at = models.DateTimeField(_("closes at"), null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)
    schema_dropped_at = models.DateTimeField(_("data deleted at"), null=True, blank=True, editable=False)
    owner_name = models.CharField(_("owner"), max_length=100)
    owner_email = models.EmailField(_("owner's e-mail address"), max_length=254, null=True, blank=True)  # noqa: DJ001
    owner_phone = models.CharField(_("owner's phone"), max_length=16, null=True, blank=True)  # noqa: DJ001 (unique)
    company_name = models.CharField(_("company"), max_length=120, blank=True, default="", db_default="")
    # The credit code, or the company's name without what people write differently; null where nothing was said.
    company_key = models.CharField(max_length=120, null=True, blank=True, editable=False)  # noqa: DJ001 (unique)
    # The name alone, likewise, also where there is a code: for who comes again and leaves the code out.
    company_name_key = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    # Set by support: the company may sign up once more; emptied when it does.
    another_trial_permitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What the owner agreed to at sign-up, and when; empty for brands from before that was asked.
    terms_version = models.CharField(_("terms agreed to"), max_length=20, blank=True, default="", db_default="")
    terms_accepted_at = models.DateTimeField(_("terms agreed at"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    cell = models.CharField(_("cell"), max_length=20, default="main")  # which database cluster the brand lives on
    schema_fingerprint = models.CharField(_("schema version"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = BrandQuerySet.as_manager()

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="tenants_brand_slug_unique"),
            models.UniqueConstraint(fields=["skeleton"], name="tenants_brand_skeleton_unique"),
            models.UniqueConstraint(fields=["owner_email"], name="tenants_brand_one_trial_per_email"),
            models.UniqueConstraint(fields=["owner_phone"], name="tenants_brand_one_trial_per_phone"),
            models.UniqueConstraint(
                fields=["company_key"],
                condition=Q(company_key__isnull=False),
                name="tenants_brand_one_trial_per_company",
            ),
            models.CheckConstraint(
                condition=Q(trial_extensions__gte=0, trial_extensions__lte=2), name="tenants_brand_trial_extended_twice"
            ),
            models.CheckConstraint(
                condition=Q(owner_email__isnull=False) | Q(owner_phone__isnull=False),
                name="tenants_brand_owner_can_be_reached",
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$"), name="tenants_brand_slug_form"
            ),
            models.CheckConstraint(condition=Q(state__in=BrandState.values), name="tenants_brand_state_known"),
            models.CheckConstraint(
                condition=Q(provisioning_state__in=ProvisioningState.values), name="tenants_brand_provisioning_known"
            ),
            # A suspended brand remembers where to return to, and only a suspended one does.
            models.CheckConstraint(
                condition=Q(state=BrandState.SUSPENDED, suspended_from__in=BrandState.values)
                | (~Q(state=BrandState.SUSPENDED) & Q(suspended_from="")),
                name="tenants_brand_suspension_remembers",
            ),
            models.CheckConstraint(
                condition=Q(state=BrandState.SUSPENDED, suspended_because__in=["staff", "unpaid", "closing"])
                | (~Q(state=BrandState.SUSPENDED) & Q(suspended_because="")),
                name="tenants_brand_suspension_has_a_cause",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        return self.provisioning_state == ProvisioningState.READY and self.state != BrandState.ARCHIVED

    def may_write(self, now: datetime) -> bool:
        return state_at(self.state, self.trial_ends_at, now) in WRITABLE

    def _check_schema_name_is_unique(self) -> None:
        """Skip django-tenants' query: unique constraints decide, and our names have no capitals."""


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name of a brand."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["id"]


class SchemaDump(models.Model):
    """The template schema as SQL, replayed for each new brand. In the database, so that all machines have it."""

    id = models.BigAutoField(primary_key=True)
    # Of the migrations' names and contents: the same code finds the same dump.
    fingerprint = models.CharField(max_length=64)
    statements = models.JSONField()  # single ones, in which the template's name stands for the brand's
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="tenants_schemadump_fingerprint_unique")]

    def __str__(self) -> str:
        return self.fingerprint[:12]
