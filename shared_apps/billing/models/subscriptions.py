"""A brand's account with Stripe, the mirror of its subscription, and what happened to it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import MoneyField
from kernel.database.append_only import AppendOnly
from shared_apps.billing.models.plans import PlanVersion
from shared_apps.billing.states import LIVE_STATUSES, ChangeKind, Interval, PauseReason, SubscriptionStatus


class BillingAccount(models.Model):
    """The brand as Stripe's customer. Its id is part of the idempotency key that makes the customer."""

    brand = models.OneToOneField("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    stripe_customer_id = models.CharField(_("Stripe customer"), max_length=80, null=True, blank=True)  # noqa: DJ001 (unique)
    created_at = models.DateTimeField(_("created at"))
    # Customers that were deleted at Stripe: part of the key that makes the next one, or Stripe repeats the old answer.
    customers_lost = models.SmallIntegerField(_("customers deleted at Stripe"), default=0, db_default=0)

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stripe_customer_id"], name="billing_account_customer_unique"),
        ]

    def __str__(self) -> str:
        return str(self.brand)


class Subscription(models.Model):
    """The mirror of one Stripe subscription: always written from an object fetched, never from an event's copy."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    stripe_subscription_id = models.CharField(_("Stripe subscription"), max_length=80)
    status = models.CharField(
        pgettext_lazy("subscription", "status"), max_length=20, choices=SubscriptionStatus.choices
    )
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("plan"))
    interval = models.CharField(_("paid"), max_length=5, choices=Interval.choices)
    current_period_start = models.DateTimeField(_("period from"))
    current_period_end = models.DateTimeField(_("period until"))
    cancel_at_period_end = models.BooleanField(_("ends with the period"), default=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    past_due_since = models.DateTimeField(_("payment overdue since"), null=True, blank=True)
    trial_ends_at = models.DateTimeField(_("free until"), null=True, blank=True)
    pause_reason = models.CharField(
        _("paused because"), max_length=40, choices=PauseReason.choices, blank=True, default="", db_default=""
    )
    # Stripe's word for what becomes of invoices while collecting is paused in its dashboard; empty: it collects.
    collection_pause = models.CharField(_("collecting paused"), max_length=20, blank=True, default="", db_default="")
    # A downgrade waits for the period's end, as a schedule at Stripe.
    stripe_schedule_id = models.CharField(max_length=80, blank=True, default="")
    pending_plan_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("next plan")
    )
    pending_interval = models.CharField(_("then paid"), max_length=5, choices=Interval.choices, blank=True, default="")
    started_at = models.DateTimeField(_("started at"))
    fetched_at = models.DateTimeField(_("compared with Stripe at"))

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stripe_subscription_id"], name="billing_subscription_stripe_unique"),
            models.UniqueConstraint(
                fields=["brand"], condition=Q(status__in=sorted(LIVE_STATUSES)), name="billing_subscription_one_alive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=SubscriptionStatus.values), name="billing_subscription_status_known"
            ),
            models.CheckConstraint(
                condition=Q(current_period_end__gt=F("current_period_start")), name="billing_subscription_period_runs"
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_subscription_id


class SubscriptionChange(AppendOnly):
    """One thing that happened to what a brand pays. MRR is per month, a year's price counting a twelfth."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    occurred_at = models.DateTimeField(_("time"))
    kind = models.CharField(_("what"), max_length=20, choices=ChangeKind.choices)
    # Tells the same change from another one: written once however often it is seen.
    source = models.CharField(max_length=160)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("plan"))
    mrr_before = MoneyField(_("MRR before"))
    mrr_after = MoneyField(_("MRR after"))

    class Meta:
        verbose_name = _("change of subscription")
        verbose_name_plural = _("changes of subscriptions")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source"], name="billing_change_noted_once"),
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="billing_change_kind_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["occurred_at"], name="billing_change_occurred_at")]

    def __str__(self) -> str:
        return f"{self.brand} {self.kind}"


class Reminder(models.Model):
    """A reminder that was sent. `about` names what it was about, such as `trial:2026-12-01:3`: each is sent once."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    about = models.CharField(_("about"), max_length=80)
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "about"], name="billing_reminder_sent_once"),
        ]

    def __str__(self) -> str:
        return self.about
