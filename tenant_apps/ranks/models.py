"""Level rules, what they proposed, and the sales they are measured by."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import ZERO, MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.ranks.states import ApplyMode, ExcludedBecause, Measure, Period, ProposalState, RuleDirection


class LevelRule(models.Model):
    """Moves agents from level to level by their net sales alone: never by heads (禁止传销条例 art. 7)."""

    name = models.CharField(_("name"), max_length=100)
    direction = models.CharField(_("direction"), max_length=10, choices=RuleDirection)
    from_level = models.ForeignKey("agents.Level", models.PROTECT, related_name="+", verbose_name=_("from level"))
    to_level = models.ForeignKey(
        "agents.Level", models.PROTECT, related_name="+", db_index=False, verbose_name=_("to level")
    )
    measure = models.CharField(_("measured by"), max_length=10, choices=Measure)
    period = models.CharField(pgettext_lazy("period of a rule", "over"), max_length=10, choices=Period)
    rolling_days = models.SmallIntegerField(_("days of the window"), null=True, blank=True)
    # Promotion from this much on; demotion below it.
    threshold = MoneyField(_("net sales"))
    grace_days = models.SmallIntegerField(_("grace (days)"), default=0)
    mode = models.CharField(pgettext_lazy("rule", "then"), max_length=10, choices=ApplyMode, default=ApplyMode.PROPOSE)
    is_active = models.BooleanField(_("in force"), default=True)
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("level rule")
        verbose_name_plural = _("level rules")
        ordering: ClassVar = ["from_level__rank", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(from_level=F("to_level")), name="ranks_rule_leads_elsewhere"),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="ranks_rule_threshold_positive"),
            models.CheckConstraint(
                condition=Q(period=Period.ROLLING, rolling_days__gte=7, rolling_days__lte=366)
                | (~Q(period=Period.ROLLING) & Q(rolling_days__isnull=True)),
                name="ranks_rule_window",
            ),
            models.CheckConstraint(condition=Q(grace_days__gte=0, grace_days__lte=180), name="ranks_rule_grace_days"),
            models.CheckConstraint(condition=Q(measure__in=Measure.values), name="ranks_rule_measures_sales"),
            models.UniqueConstraint(
                fields=["from_level", "direction"], condition=Q(is_active=True), name="ranks_rule_one_each_way"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LevelProposal(models.Model):
    """A change of level proposed by the nightly evaluation, with the figures it saw."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+", verbose_name=_("agent"))
    rule = models.ForeignKey(LevelRule, models.PROTECT, related_name="+", db_index=False, verbose_name=_("rule"))
    from_level = models.ForeignKey(
        "agents.Level", models.PROTECT, related_name="+", db_index=False, verbose_name=pgettext_lazy("level", "from")
    )
    to_level = models.ForeignKey(
        "agents.Level", models.PROTECT, related_name="+", db_index=False, verbose_name=pgettext_lazy("level", "to")
    )
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period until (not included)"))
    net_sales = MoneyField(_("net sales"))
    threshold = MoneyField(_("threshold"))
    effective_on = models.DateField(_("takes effect on"))  # after the grace period
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("proposed change of level")
        verbose_name_plural = _("proposed changes of level")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(state="open"), name="ranks_proposal_one_open_per_agent"
            ),
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="ranks_proposal_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.from_level_id} → {self.to_level_id}"


class AgentSales(models.Model):
    """An agent's own sales on one day of the brand, after refunds: from it levels, rankings and charts are counted.

    Written by orders in the transaction that pays or refunds. A refund counts on the day it is made.
    """

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent"))
    day = models.DateField(_("day"))
    paid = MoneyField(_("paid"), default=ZERO)
    refunded = MoneyField(_("refunded"), default=ZERO)
    order_count = models.IntegerField(_("orders"), default=0)

    class Meta:
        verbose_name = _("sales of a day")
        verbose_name_plural = _("sales by day")
        ordering: ClassVar = ["-day", "agent_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "day"], name="ranks_sales_one_row_a_day"),
            models.CheckConstraint(
                condition=Q(paid__gte=0, refunded__gte=0, order_count__gte=0), name="ranks_sales_not_negative"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["day"], include=["agent", "paid", "refunded", "order_count"], name="ranks_sales_by_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.day}"


class SalesPosting(AppendOnly):
    """Addition to an agent's sales, once per source: `order:42`, `refund:7`. Replays find it here."""

    source = models.CharField(max_length=60)
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    amount = MoneyField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source"], name="ranks_salesposting_once")]

    def __str__(self) -> str:
        return self.source


class ExcludedSale(AppendOnly):
    """Sales posting that is no result of `agent`, who bought himself or might not sell when it was paid: taken off what
    is summed for him.

    `is_seller` tells his own sale, which neither he nor his team sold; the other is a sale of his team alone. Those
    above him keep it.
    """

    posting = models.ForeignKey(SalesPosting, models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    amount = MoneyField()
    is_seller = models.BooleanField()
    reason = models.CharField(
        max_length=16, choices=ExcludedBecause, default=ExcludedBecause.OWN_PURCHASE, db_default="own_purchase"
    )

    class Meta:
        db_table = "ranks_ownpurchase"  # its first name
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["posting", "agent"], name="ranks_ownpurchase_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "day"], name="ranks_ownpurchase_by_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.posting_id}"
