"""Plans, entries, holds, wallets and payouts.

An agent's balance is the sum of entries, never a stored figure: nothing can drift. An entry is written once; its money
becomes available by its hold (one per order and agent), which is set when the goods are received.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField, RateField
from kernel.database.append_only import AppendOnly
from kernel.privacy.encryption import EncryptedTextField
from tenant_apps.commissions import rules
from tenant_apps.commissions.states import EntryKind, PayoutMethod, PayoutState, SourceType, WithheldBecause


class CommissionPlan(models.Model):
    """The present plan of one level. Past rates stay in CommissionPlanVersion."""

    level = models.ForeignKey("agents.Level", models.PROTECT, related_name="+", db_index=False, verbose_name=_("level"))
    tier1_rate = RateField(verbose_name=_("rate of tier 1"))
    tier2_rate = RateField(verbose_name=_("rate of tier 2"))
    holding_days = models.PositiveSmallIntegerField(_("holding days"), default=rules.DEFAULT_HOLDING_DAYS)
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("commission plan")
        verbose_name_plural = _("commission plans")
        constraints = [
            models.UniqueConstraint(fields=["level"], name="commissions_plan_one_per_level"),
            models.CheckConstraint(
                name="commissions_plan_tier1_within_cap",
                condition=Q(tier1_rate__gte=0, tier1_rate__lte=rules.TIER1_CAP),
            ),
            models.CheckConstraint(
                name="commissions_plan_tier2_within_cap",
                condition=Q(tier2_rate__gte=0, tier2_rate__lte=rules.TIER2_CAP),
            ),
            models.CheckConstraint(
                name="commissions_plan_holding_within_year", condition=Q(holding_days__gte=0, holding_days__lte=365)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level}: {self.tier1_rate:.2%} / {self.tier2_rate:.2%}"


class CommissionPlanVersion(AppendOnly):
    """A plan's rates from `valid_from` until the next version, so that a late accrual uses those of its payment."""

    level = models.ForeignKey("agents.Level", models.PROTECT, related_name="+", db_index=False)
    tier1_rate = RateField(verbose_name=_("rate of tier 1"))
    tier2_rate = RateField(verbose_name=_("rate of tier 2"))
    holding_days = models.PositiveSmallIntegerField(_("holding days"))
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("version of a commission plan")
        verbose_name_plural = _("versions of commission plans")
        constraints = [
            models.UniqueConstraint(fields=["level", "valid_from"], name="commissions_plan_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.level} · {self.valid_from:%Y-%m-%d}"


class CommissionHold(models.Model):
    """One agent's commission on one order: held until `available_at`, which is null until the goods are received."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+", db_index=False)
    beneficiary = models.ForeignKey(
        "agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent")
    )
    tier = models.PositiveSmallIntegerField(_("tier"))
    holding_days = models.PositiveSmallIntegerField(_("holding days"))
    available_at = models.DateTimeField(_("available from"), null=True)
    # Where the agent does not earn after all: the reason, and what it would have been. There are no entries then.
    withheld_because = models.CharField(
        _("withheld because"), max_length=16, choices=WithheldBecause, blank=True, default="", db_default=""
    )
    withheld_amount = MoneyField(_("withheld"), default=Decimal(0), db_default=Decimal(0))

    class Meta:
        verbose_name = _("commission of an order")
        verbose_name_plural = _("commissions of orders")
        constraints = [
            models.UniqueConstraint(fields=["order", "tier"], name="commissions_hold_one_per_tier"),
            models.CheckConstraint(name="commissions_hold_two_tiers_at_most", condition=Q(tier__in=rules.TIERS)),
            models.CheckConstraint(
                name="commissions_hold_withheld_is_not_released",
                condition=Q(withheld_because="", withheld_amount=0)
                | (~Q(withheld_because="") & Q(withheld_amount__gte=0, available_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.tier}"


class CommissionEntry(AppendOnly):
    """One accrual or reversal, with every fact its amount was computed from. Reversals are negative."""

    source_type = models.CharField(_("source"), max_length=6, choices=SourceType.choices)
    source_id = models.BigIntegerField(_("source's id"))
    beneficiary = models.ForeignKey(
        "agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent")
    )
    tier = models.PositiveSmallIntegerField(_("tier"))
    kind = models.CharField(_("kind"), max_length=8, choices=EntryKind.choices)
    seq = models.PositiveSmallIntegerField(_("sequence"), default=1)
    hold = models.ForeignKey(CommissionHold, models.PROTECT, related_name="entries")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+", db_index=False, verbose_name=_("order"))
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="+", db_index=False)
    level = models.ForeignKey("agents.Level", models.PROTECT, related_name="+", db_index=False, verbose_name=_("level"))
    base_amount = MoneyField(verbose_name=_("base"))
    rate = RateField(verbose_name=_("rate"))
    amount = MoneyField(verbose_name=_("amount"))
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("commission entry")
        verbose_name_plural = _("commission entries")
        indexes = [models.Index(fields=["beneficiary", "-id"], name="commissions_entry_by_agent")]
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "order_line", "beneficiary", "tier", "kind", "seq"],
                name="commissions_entry_once_per_source",
            ),
            models.CheckConstraint(name="commissions_entry_two_tiers_at_most", condition=Q(tier__in=rules.TIERS)),
            models.CheckConstraint(
                name="commissions_entry_sign_follows_kind",
                condition=Q(kind=EntryKind.ACCRUAL, base_amount__gte=0, amount__gte=0)
                | Q(kind=EntryKind.REVERSAL, base_amount__lte=0, amount__lte=0),
            ),
            models.CheckConstraint(
                name="commissions_entry_rate_within_cap", condition=Q(rate__gte=0, rate__lte=rules.TIER1_CAP)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.amount}"


class OpeningBalance(AppendOnly):
    """Commission that the brand owed an agent before it came here; taken back by a row with the opposite amount."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", verbose_name=_("agent"))
    amount = MoneyField(verbose_name=_("amount"))
    source = models.CharField(_("source"), max_length=60)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("opening balance")
        verbose_name_plural = _("opening balances")
        constraints = [
            models.UniqueConstraint(fields=["source", "agent"], name="commissions_opening_once_per_source"),
            models.CheckConstraint(name="commissions_opening_not_zero", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.agent}: {self.amount}"


class CommissionWallet(models.Model):
    """The row that an agent's payout requests lock, one after another. It holds no balance on purpose."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent"))

    class Meta:
        verbose_name = _("commission wallet")
        verbose_name_plural = _("commission wallets")
        constraints = [models.UniqueConstraint(fields=["agent"], name="commissions_wallet_one_per_agent")]

    def __str__(self) -> str:
        return str(self.agent)


class Payout(models.Model):
    """Commission an agent asked to be paid out. Its money is taken from what is available when it is requested."""

    number = models.CharField(_("number"), max_length=32)
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", verbose_name=_("agent"))
    amount = MoneyField(verbose_name=_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=PayoutState.choices, default=PayoutState.REQUESTED)
    method = models.CharField(_("method"), max_length=8, choices=PayoutMethod.choices)
    payee_name = models.CharField(_("payee"), max_length=100)
    payee_account = EncryptedTextField(verbose_name=_("payee's account"))
    requested_by = models.CharField(_("requested by"), max_length=40)
    requested_at = models.DateTimeField(_("requested at"))
    approved_by = models.CharField(_("approved by"), max_length=40, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    is_sole_approval = models.BooleanField(_("approved without a second person"), default=False)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    reference = models.CharField(_("transfer reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="commissions_payout_number_unique"),
            models.CheckConstraint(name="commissions_payout_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="commissions_payout_takes_two_people",
                condition=Q(approved_by="") | Q(is_sole_approval=True) | ~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="commissions_payout_paid_has_a_time",
                condition=Q(state=PayoutState.PAID, paid_at__isnull=False)
                | (~Q(state=PayoutState.PAID) & Q(paid_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.number
