"""The application page, applications, decisions; and whole teams from a file."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.privacy.encryption import EncryptedTextField
from tenant_apps.recruiting.states import ApplicationSource, ApplicationState, RejectionReason


class ConsentText(models.Model):
    """The words an applicant agrees to. A text that was published is never changed: a change is a new version."""

    version = models.SmallIntegerField(_("version"))
    text_zh = models.TextField(_("Chinese text"))
    text_en = models.TextField(_("English text"))
    published_at = models.DateTimeField(_("published at"))
    published_by = models.CharField(_("published by"), max_length=200)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["version"], name="recruiting_consent_version_unique")]

    def __str__(self) -> str:
        return f"v{self.version}"


class RecruitingPage(models.Model):
    """The brand's application page: its look and its questions. One row."""

    is_open = models.BooleanField(pgettext_lazy("application page", "open"), default=True)
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    introduction = models.TextField(_("introduction"), blank=True, default="")
    default_level = models.ForeignKey(
        "agents.Level", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("level")
    )
    asks_id_number = models.BooleanField(_("asks for the ID number"), default=False)
    asks_proof = models.BooleanField(_("asks for proof images"), default=False)
    wait_days_after_rejection = models.SmallIntegerField(_("days until a rejected person may apply again"), default=30)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("application page")
        verbose_name_plural = _("application page")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="recruiting_recruitingpage_one_row"),
            models.CheckConstraint(
                condition=Q(wait_days_after_rejection__gte=0, wait_days_after_rejection__lte=365),
                name="recruiting_recruitingpage_wait_days",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Application(models.Model):
    """Somebody asked to become an agent."""

    number = models.CharField(_("number"), max_length=32)
    source = models.CharField(_("source"), max_length=10, choices=ApplicationSource, default=ApplicationSource.PAGE)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    phone = models.CharField(_("phone"), max_length=16)
    wechat_id = models.CharField(_("WeChat id"), max_length=60, blank=True, default="")
    id_number = EncryptedTextField(_("ID number"), blank=True, default="")
    identity_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    region_code = models.CharField(_("region code"), max_length=6, blank=True, default="")
    region = models.CharField(_("region"), max_length=120, blank=True, default="")
    channel = models.CharField(_("sells through"), max_length=60, blank=True, default="")
    experience = models.TextField(_("experience"), blank=True, default="")
    wanted_level = models.ForeignKey(
        "agents.Level",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("wanted level"),
    )
    referrer = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("referred by")
    )
    consent = models.ForeignKey(
        ConsentText, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("consent")
    )
    consented_at = models.DateTimeField(_("consented at"), null=True)
    sensitive_consent_at = models.DateTimeField(_("consent to sensitive data at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ApplicationState, default=ApplicationState.APPLIED)
    rejection = models.CharField(_("why refused"), max_length=20, choices=RejectionReason, blank=True, default="")
    decision_note = models.CharField(_("note on the decision"), max_length=500, blank=True, default="")
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    agent = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agent")
    )
    access_digest = models.CharField(max_length=64, default="")  # of the secret in the applicant's own link
    ip_address = models.GenericIPAddressField(_("IP address"), null=True)
    applied_at = models.DateTimeField(_("applied at"))

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="recruiting_application_number_unique"),
            models.UniqueConstraint(
                fields=["phone"], condition=Q(state="applied"), name="recruiting_application_one_open_per_phone"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="recruiting_application_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="approved", agent__isnull=False) | (~Q(state="approved") & Q(agent__isnull=True)),
                name="recruiting_application_approved_is_an_agent",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejection=""), name="recruiting_application_rejected_has_a_reason"
            ),
            # Whoever applies by the page has agreed to a text and holds a link; the staff approve what they write.
            models.CheckConstraint(
                condition=(
                    Q(source="page", consent__isnull=False, consented_at__isnull=False) & ~Q(access_digest="")
                    | Q(source="staff", state="approved")
                ),
                name="recruiting_application_source",
            ),
            models.CheckConstraint(
                condition=Q(identity_digest="") | Q(sensitive_consent_at__isnull=False),
                name="recruiting_application_sensitive_consent",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state="applied"), name="recruiting_application_open"),
            models.Index(fields=["phone"], name="recruiting_application_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ApplicationProof(models.Model):
    """An image an applicant sent along; it was read and written anew, so nothing hides in it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="proofs")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name
