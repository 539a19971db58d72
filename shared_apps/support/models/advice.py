"""Announcements, notes, advisers and follow-ups."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shared_apps.support.states import Audience, Severity


class Announcement(models.Model):
    """A banner in the consoles of all brands or of a selection, from a moment to a moment."""

    title_zh = models.CharField(_("Chinese text"), max_length=300)
    title_en = models.CharField(_("English text"), max_length=300)
    link = models.URLField(_("link"), blank=True, default="")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices, default=Severity.INFO)
    audience = models.CharField(_("for"), max_length=10, choices=Audience.choices, default=Audience.ALL)
    # Words of states, codes of plans, or ids of brands, as the audience says.
    selection = models.JSONField(_("selection"), default=list, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering: ClassVar = ["-starts_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="support_announcement_runs"),
            models.CheckConstraint(condition=~Q(title_zh="") & ~Q(title_en=""), name="support_announcement_says_it"),
        ]

    def __str__(self) -> str:
        return self.title_zh


class BrandNote(models.Model):
    """A note of staff about a brand, for one another."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    text = models.TextField(_("text"))
    author_id = models.BigIntegerField()
    author = models.CharField(_("author"), max_length=200)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="support_note_says_something")]

    def __str__(self) -> str:
        return self.text[:60]


class AdviserAssignment(models.Model):
    """A brand's personal adviser (专属客服)."""

    brand = models.OneToOneField("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    staff_id = models.BigIntegerField()
    staff_name = models.CharField(_("adviser"), max_length=200)
    assigned_by = models.CharField(_("assigned by"), max_length=200)
    assigned_at = models.DateTimeField(_("assigned at"))

    class Meta:
        verbose_name = _("adviser")
        verbose_name_plural = _("advisers")

    def __str__(self) -> str:
        return self.staff_name


class FollowUp(models.Model):
    """Something an adviser promised to do about a brand by a day."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    staff_id = models.BigIntegerField()
    staff_name = models.CharField(_("who"), max_length=200)
    due_on = models.DateField(_("due on"))
    text = models.CharField(_("what"), max_length=500)
    created_at = models.DateTimeField(_("created at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="support_followup_says_something")]
        indexes: ClassVar = [
            models.Index(fields=["staff_id", "due_on"], condition=Q(done_at__isnull=True), name="support_followup_open")
        ]

    def __str__(self) -> str:
        return self.text[:60]
