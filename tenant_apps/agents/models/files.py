"""An agent's file: contract terms, documents, notes, groups, certificates, views of sensitive data."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import ZERO, MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.agents.models.agents import Agent
from tenant_apps.agents.models.levels import Level
from tenant_apps.agents.states import DocumentKind, GroupKind, SensitiveField


class AgentTerm(models.Model):
    """One contract of an agent: from a day until a day (both included; no end: empty), with its deposit (保证金)."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="terms", verbose_name=_("agent"))
    level = models.ForeignKey(Level, models.PROTECT, related_name="+", db_index=False, verbose_name=_("level"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    deposit = MoneyField(_("deposit"), default=ZERO)
    deposit_paid_at = models.DateTimeField(_("deposit paid at"), null=True, blank=True)
    deposit_returned_at = models.DateTimeField(_("deposit returned at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("contract term")
        verbose_name_plural = _("contract terms")
        ordering: ClassVar = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="agents_term_runs_forward"
            ),
            models.UniqueConstraint(fields=["agent", "starts_on"], name="agents_term_one_start"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.starts_on}"


class AgentDocument(models.Model):
    """A file about an agent: an ID card, a contract, a licence. Random name on disk; the user's name is data."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="documents", verbose_name=_("agent"))
    kind = models.CharField(_("kind"), max_length=15, choices=DocumentKind)
    name = models.CharField(_("name"), max_length=200)
    path = models.CharField(max_length=300)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    added_by = models.CharField(_("added by"), max_length=200)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name


class AgentNote(models.Model):
    """A note of the brand's staff about an agent."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="notes", verbose_name=_("agent"))
    text = models.TextField(_("text"))
    author = models.CharField(_("author"), max_length=200)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="agents_note_says_something")]

    def __str__(self) -> str:
        return self.text[:60]


class SensitiveLook(AppendOnly):
    """Somebody saw an agent's ID number or bank account in full, and why (个人信息保护法 art. 55 asks for a record)."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name=_("agent"))
    field = models.CharField(_("what"), max_length=15, choices=SensitiveField)
    reason = models.CharField(_("reason"), max_length=300)
    looked_by_id = models.BigIntegerField(null=True)
    looked_by = models.CharField(_("who"), max_length=200)
    looked_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("look at sensitive data")
        verbose_name_plural = _("looks at sensitive data")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(reason=""), name="agents_look_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.looked_by}: {self.field} {self.agent_id}"


class AgentGroup(models.Model):
    """Agents taken together: by hand, by the channel they sell through, or by what they sold in the last days."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(
        pgettext_lazy("membership", "by"), max_length=12, choices=GroupKind, default=GroupKind.MANUAL
    )
    channel = models.CharField(_("channel"), max_length=60, blank=True, default="")
    days = models.SmallIntegerField(_("days"), null=True, blank=True)
    sales_from = MoneyField(_("net sales from"), null=True, blank=True)
    sales_below = MoneyField(_("net sales below"), null=True, blank=True)

    class Meta:
        verbose_name = _("group of agents")
        verbose_name_plural = _("groups of agents")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="agents_group_name_unique"),
            models.CheckConstraint(
                condition=~Q(kind=GroupKind.PERFORMANCE) | Q(days__gte=1, days__lte=366),
                name="agents_group_performance_has_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """An agent in a group made by hand."""

    group = models.ForeignKey(AgentGroup, models.CASCADE, related_name="members", db_index=False)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "agent"], name="agents_group_member_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.agent_id}"


class Certificate(models.Model):
    """An authorisation certificate (授权证书). Its number is printed on it and checked by consumers."""

    number = models.CharField(_("number"), max_length=32)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="certificates", verbose_name=_("agent"))
    level_name = models.CharField(_("level"), max_length=60)
    region = models.CharField(_("region"), max_length=120, blank=True, default="")
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    issued_by = models.CharField(pgettext_lazy("certificate", "issued by"), max_length=200)
    issued_at = models.DateTimeField(pgettext_lazy("certificate", "issued at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_because = models.CharField(_("revoked because"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="agents_certificate_number_unique"),
            models.UniqueConstraint(
                fields=["agent"], condition=Q(revoked_at__isnull=True), name="agents_certificate_one_valid"
            ),
        ]

    def __str__(self) -> str:
        return self.number
