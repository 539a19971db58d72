"""Money that came: Stripe's invoices, bank transfers, and the periods for which a plan runs without Stripe."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import ZERO, MoneyField
from shared_apps.billing.models.plans import PlanVersion
from shared_apps.billing.states import DisputeStatus, InvoiceStatus, PaymentState, PlanPeriodKind


class StripeInvoice(models.Model):
    """The mirror of an invoice at Stripe. Its page and PDF are asked for when somebody wants them: addresses expire."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    stripe_invoice_id = models.CharField(max_length=80)
    number = models.CharField(_("number"), max_length=40, blank=True, default="")
    status = models.CharField(pgettext_lazy("invoice", "status"), max_length=15, choices=InvoiceStatus.choices)
    total = MoneyField(_("total"))
    amount_paid = MoneyField(_("paid"))
    currency = models.CharField(_("currency"), max_length=3)
    issued_at = models.DateTimeField(_("issued at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    # Paid back by refunds and credit notes, or lost in a dispute; `returned_at` is set once nothing is left.
    amount_returned = MoneyField(_("paid back"), default=ZERO, db_default=ZERO)
    returned_at = models.DateTimeField(_("wholly paid back at"), null=True, blank=True)
    dispute_status = models.CharField(
        _("dispute"), max_length=30, choices=DisputeStatus.choices, blank=True, default="", db_default=""
    )
    fetched_at = models.DateTimeField(_("compared with Stripe at"))

    class Meta:
        verbose_name = _("subscription invoice")
        verbose_name_plural = _("subscription invoices")
        ordering: ClassVar = ["-issued_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stripe_invoice_id"], name="billing_invoice_stripe_unique"),
            models.CheckConstraint(condition=Q(status__in=InvoiceStatus.values), name="billing_invoice_status_known"),
        ]

    def __str__(self) -> str:
        return self.number or self.stripe_invoice_id


class OfflinePayment(models.Model):
    """A bank transfer that support recorded, with its proof. Above a limit a second person approves it."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("plan"))
    starts_on = models.DateField(_("plan runs from"))
    ends_on = models.DateField(_("plan runs until (not included)"))
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    payer = models.CharField(_("payer"), max_length=120)
    bank_reference = models.CharField(_("bank's reference"), max_length=80)
    received_on = models.DateField(_("received on"))
    proof_path = models.CharField(max_length=300)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=PaymentState.choices)
    # Ids and names of staff (people of the public schema): the names stay when the people go.
    recorded_by_id = models.BigIntegerField()
    recorded_by = models.CharField(_("recorded by"), max_length=200)
    recorded_at = models.DateTimeField(_("recorded at"))
    decided_by_id = models.BigIntegerField(null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=500, blank=True, default="")
    needs_second_person = models.BooleanField(_("needs a second person"))

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bank_reference"],
                condition=Q(state__in=["awaiting", "approved"]),
                name="billing_offline_reference_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_offline_amount_positive"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="billing_offline_period_runs"),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="billing_offline_state_known"),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.APPROVED, needs_second_person=True)
                | (Q(decided_by_id__isnull=False) & ~Q(decided_by_id=F("recorded_by_id"))),
                name="billing_offline_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference


class PlanPeriod(models.Model):
    """A time for which a brand has a plan without Stripe: paid by transfer, or given."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=10, choices=PlanPeriodKind.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    payment = models.OneToOneField(
        OfflinePayment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="period",
        verbose_name=_("transfer"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    given_by = models.CharField(_("given by"), max_length=200)
    created_at = models.DateTimeField(_("created at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_because = models.CharField(_("revoked because"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("plan period")
        verbose_name_plural = _("plan periods")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="billing_plan_period_runs"),
            models.CheckConstraint(condition=Q(kind__in=PlanPeriodKind.values), name="billing_plan_period_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=PlanPeriodKind.OFFLINE, payment__isnull=False)
                | (Q(kind=PlanPeriodKind.COMP, payment__isnull=True) & ~Q(reason="")),
                name="billing_plan_period_is_paid_or_explained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.starts_at:%Y-%m-%d} – {self.ends_at:%Y-%m-%d}"
