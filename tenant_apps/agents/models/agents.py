"""The agents themselves and their tree through time."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Trim, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.china.search_terms import code_terms, name_terms, phone_terms
from kernel.core.money import RateField
from kernel.database.term_index import own_terms_field, terms_index
from kernel.privacy.encryption import EncryptedTextField
from tenant_apps.agents.models.levels import Level
from tenant_apps.agents.states import AgentState, AgentStatus, status_of

# Marks of the terms by field.
CODE = "c:"
NAME = "r:"
PHONE = "p:"


class Agent(models.Model):
    """A person or shop that sells for the brand. Phone numbers are E.164."""

    code = models.CharField(pgettext_lazy("agent", "code"), max_length=32)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    phone = models.CharField(_("phone"), max_length=16)
    level = models.ForeignKey(Level, models.PROTECT, related_name="agents", verbose_name=_("level"))
    sponsor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="team",
        db_index=False,
        verbose_name=_("sponsor"),
    )
    state = models.CharField(_("state"), max_length=16, choices=AgentState, default=AgentState.ACTIVE)
    referral_code = models.CharField(_("referral code"), max_length=16)
    joined_at = models.DateTimeField(_("joined"))
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day of the contract; empty: no end.")
    )
    wechat_id = models.CharField(_("WeChat id"), max_length=60, blank=True, default="", db_default="")
    # GB/T 2260 code of a province (2 digits), city (4) or district (6), with its name as it was.
    region_code = models.CharField(_("region code"), max_length=6, blank=True, default="", db_default="")
    region = models.CharField(_("region"), max_length=120, blank=True, default="", db_default="")
    channel = models.CharField(_("sells through"), max_length=60, blank=True, default="", db_default="")
    personal_discount = RateField(
        _("personal discount"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("A fraction of the price: 0.05 is five per cent off."),
    )
    adviser_id = models.BigIntegerField(_("adviser"), null=True, blank=True)  # a member of the brand's staff
    user_id = models.BigIntegerField(null=True, blank=True)  # the agent's own login
    level_locked_until = models.DateField(_("level fixed until"), null=True, blank=True)
    level_since = models.DateTimeField(_("on this level since"), null=True, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True, default="", db_default="")
    # Bank account and ID number are sensitive (个人信息保护法 art. 28, 29): kept only with a consent of their own.
    sensitive_consent_at = models.DateTimeField(_("consent to sensitive data at"), null=True, blank=True)
    # The last notice that the contract ends: about which last day, and how many days before (30, 7 or 1).
    noticed_until = models.DateField(null=True, blank=True, editable=False)
    noticed_days = models.SmallIntegerField(null=True, blank=True, editable=False)
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True, blank=True)
    identity_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # finds duplicates
    id_number = EncryptedTextField(_("ID number"), blank=True, default="")
    bank_card = EncryptedTextField(_("bank card"), blank=True, default="")
    search_terms = own_terms_field()
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
                condition=Q(personal_discount__gte=0, personal_discount__lt=1), name="agents_agent_personal_discount"
            ),
            models.UniqueConstraint(
                fields=["user_id"], condition=Q(user_id__isnull=False), name="agents_agent_user_unique"
            ),
            models.CheckConstraint(condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="agents_agent_phone_e164"),
        ]
        indexes = [
            # Walks down the tree read this alone.
            models.Index(fields=["sponsor"], include=["id"], name="agents_agent_below"),
            models.Index(fields=["wechat_id"], condition=~Q(wechat_id=""), name="agents_agent_wechat_id"),
            terms_index("agents_agent_search_terms", field="search_terms"),
            models.Index(
                fields=["identity_digest"], condition=~Q(identity_digest=""), name="agents_agent_identity_digest"
            ),
            models.Index(
                fields=["valid_until"],
                condition=Q(state="active", valid_until__isnull=False),
                name="agents_agent_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def make_terms(self) -> set[str]:
        """Return what the agent is found by: name, phone and codes."""
        codes = code_terms(CODE, self.code) | code_terms(CODE, self.referral_code)
        return codes | name_terms(NAME, self.name) | phone_terms(PHONE, self.phone)

    def status(self, as_of: date) -> AgentStatus:
        """The state on the day `as_of`: an active agent whose contract ended before it is expired."""
        return status_of(self.state, self.valid_until, as_of)


class SponsorHistory(models.Model):
    """A sponsor of an agent in a half-open period. The open row is the present."""

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
        # Last month's team is asked from above: who stood below this sponsor then.
        indexes = [models.Index(fields=["sponsor", "valid_from"], name="agents_sponsor_history_below")]
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
