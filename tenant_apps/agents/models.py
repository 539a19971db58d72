"""Tables of the agents."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Trim, Upper
from django.utils.translation import gettext_lazy as _

from kernel.encryption import EncryptedTextField
from tenant_apps.agents.states import AgentState, Standing


class Level(models.Model):
    """A rung of the network. Rank 1 is the highest."""

    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    rank = models.PositiveSmallIntegerField(_("rank"), help_text=_("1 is the highest level."))

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="agents_level_code_unique"),
            models.UniqueConstraint(fields=["name"], name="agents_level_name_unique"),
            models.UniqueConstraint(fields=["rank"], name="agents_level_rank_unique"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="agents_level_rank_from_one"),
            models.CheckConstraint(
                condition=~Q(code="") & Q(code=Upper(Trim("code"))), name="agents_level_code_upper_and_trimmed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """A person or shop that sells for the brand. Phone numbers are E.164."""

    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=100)
    phone = models.CharField(_("phone"), max_length=16)
    level = models.ForeignKey(Level, models.PROTECT, related_name="agents", verbose_name=_("level"))
    sponsor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="team", verbose_name=_("sponsor")
    )
    state = models.CharField(_("state"), max_length=16, choices=AgentState, default=AgentState.APPLIED)
    referral_code = models.CharField(_("referral code"), max_length=16)
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day of the contract; empty: no end.")
    )
    id_number = EncryptedTextField(_("ID number"), blank=True, default="")
    bank_card = EncryptedTextField(_("bank card"), blank=True, default="")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="agents_agent_code_unique"),
            models.UniqueConstraint(fields=["phone"], name="agents_agent_phone_unique"),
            models.UniqueConstraint(fields=["referral_code"], name="agents_agent_referral_code_unique"),
            models.CheckConstraint(condition=Q(state__in=AgentState.values), name="agents_agent_state_known"),
            models.CheckConstraint(
                condition=Q(sponsor__isnull=True) | ~Q(sponsor=F("id")), name="agents_agent_not_own_sponsor"
            ),
            models.CheckConstraint(
                condition=~Q(code="") & Q(code=Upper(Trim("code"))), name="agents_agent_code_upper_and_trimmed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[AgentState.ACTIVE, AgentState.SUSPENDED]) | Q(joined_at__isnull=False),
                name="agents_agent_joined_when_active",
            ),
            models.CheckConstraint(condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="agents_agent_phone_e164"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def standing(self, as_of: date) -> Standing:
        """The state on the day `as_of`: an active agent whose contract ended before it is expired."""
        if self.state == AgentState.ACTIVE and self.valid_until is not None and self.valid_until < as_of:
            return Standing.EXPIRED
        return Standing(self.state)


class SponsorHistory(models.Model):
    """Who stood above whom, from when until when (half-open). The open row is the present."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="sponsor_history", verbose_name=_("agent"))
    sponsor = models.ForeignKey(
        Agent, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("sponsor")
    )
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("sponsor history")
        verbose_name_plural = _("sponsor history")
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(valid_to__isnull=True), name="agents_sponsor_history_one_open_row"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="agents_sponsor_history_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} < {self.sponsor_id}"
