"""The rungs of a brand's network, and the rules by which results move agents between them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Trim, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import ZERO, MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.agents.states import ChangeCause


class Level(models.Model):
    """A rung of the network. Rank 1 is the highest."""

    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    rank = models.PositiveSmallIntegerField(_("rank"), help_text=_("1 is the highest level."))
    may_recruit = models.BooleanField(_("may recruit"), default=True, db_default=True)
    has_early_access = models.BooleanField(_("early access"), default=False, db_default=False)
    sees_team = models.BooleanField(_("sees the team"), default=True, db_default=True)
    deposit = MoneyField(_("deposit"), default=ZERO, db_default=ZERO)
    contract_months = models.SmallIntegerField(
        _("contract (months)"), null=True, blank=True, help_text=_("Empty: without an end.")
    )
    first_order_minimum = MoneyField(_("minimum of the first order"), default=ZERO, db_default=ZERO)
    is_exclusive_in_region = models.BooleanField(_("one agent per region"), default=False, db_default=False)

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
                condition=Q(deposit__gte=0, first_order_minimum__gte=0), name="agents_level_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(contract_months__isnull=True) | Q(contract_months__gte=1, contract_months__lte=120),
                name="agents_level_contract_months",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & Q(code=Upper(Trim("code"))), name="agents_level_code_upper_and_trimmed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LevelChange(AppendOnly):
    """An agent's move to another level, with its cause and the figures of that moment."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", verbose_name=_("agent"))
    from_level = models.ForeignKey(
        Level, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=pgettext_lazy("level", "from")
    )
    to_level = models.ForeignKey(
        Level, models.PROTECT, related_name="+", db_index=False, verbose_name=pgettext_lazy("level", "to")
    )
    cause = models.CharField(_("cause"), max_length=10, choices=ChangeCause)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    figures = models.JSONField(_("figures"), default=dict)
    changed_by = models.CharField(_("changed by"), max_length=200)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of level")
        verbose_name_plural = _("changes of level")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.from_level_id} → {self.to_level_id}"
