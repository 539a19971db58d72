"""Writes attempted at Stripe, and comparisons of our mirror with it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shared_apps.billing.models.plans import PlanVersion
from shared_apps.billing.states import AttemptKind, AttemptState, Interval


class StripeAttempt(models.Model):
    """One thing we set out to do at Stripe for a brand. Brand and number make the idempotency key.

    The number counts the brand's attempts that were noted. A call whose answer was lost is rolled back with its row, so
    the next try takes the same number, sends the same key, and Stripe answers what it answered before. One that Stripe
    refused is noted, so that the next try is a new one.
    """

    brand = models.ForeignKey("tenants.Brand", on_delete=models.PROTECT, related_name="+", verbose_name=_("brand"))
    number = models.IntegerField(_("number"))
    kind = models.CharField(_("what"), max_length=12, choices=AttemptKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=AttemptState.choices)
    plan_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("plan")
    )
    interval = models.CharField(_("paid"), max_length=5, choices=Interval.choices, blank=True, default="")
    stripe_id = models.CharField(_("Stripe object"), max_length=80, blank=True, default="")
    # Set where closing the account made it: the moment for which the account was closed. Plan and interval are then
    # those of a change down that had to be forgotten, `stripe_id` is the subscription; open until Stripe was told.
    closing_at = models.DateTimeField(_("for closing at"), null=True, blank=True, editable=False)
    # The same where support's suspension made it, to be undone when support resumes.
    for_suspension = models.BooleanField(_("for a suspension"), default=False, db_default=False, editable=False)
    refusal = models.CharField(_("refused because"), max_length=80, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("attempt at Stripe")
        verbose_name_plural = _("attempts at Stripe")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "number"], name="billing_attempt_number_unique"),
            # Two tabs never lead to two subscriptions: a brand has one pay page at a time.
            models.UniqueConstraint(
                fields=["brand"],
                condition=Q(kind=AttemptKind.CHECKOUT, state=AttemptState.OPEN),
                name="billing_attempt_one_open_checkout",
            ),
            models.CheckConstraint(condition=Q(kind__in=AttemptKind.values), name="billing_attempt_kind_known"),
            models.CheckConstraint(condition=Q(state__in=AttemptState.values), name="billing_attempt_state_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["stripe_id"], name="billing_attempt_stripe_id")]

    def __str__(self) -> str:
        return f"{self.brand} · {self.number} {self.kind}"


class StripeComparison(models.Model):
    """One nightly comparison of the mirror with Stripe: what differed, and what was done about it."""

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    subscriptions = models.IntegerField(_("subscriptions compared"), default=0)
    customers = models.IntegerField(_("customers compared"), default=0)
    invoices = models.IntegerField(_("invoices compared"), default=0)
    repaired = models.IntegerField(_("repaired"), default=0)
    # [{"about": Stripe's id, "brand_id": number or null, "what": code, "repaired": bool, "detail": text}]
    differences = models.JSONField(_("differences"), default=list)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("comparison with Stripe")
        verbose_name_plural = _("comparisons with Stripe")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
