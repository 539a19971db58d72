"""Plans and their versions. A version that was published is never changed: a change is a new version."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField
from shared_apps.billing.states import Interval


class Plan(models.Model):
    """A plan that is offered under a name: Basic, Standard, Premium."""

    code = models.SlugField(_("code"), max_length=20)
    name_en = models.CharField(_("English name"), max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    rank = models.SmallIntegerField(
        pgettext_lazy("plan", "rank")
    )  # a higher rank is the larger plan: to it is an upgrade
    is_offered = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering: ClassVar = ["rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="billing_plan_code_unique"),
            models.UniqueConstraint(fields=["rank"], name="billing_plan_rank_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the language of whoever reads."""
        return self.name_zh if (get_language() or "zh").startswith("zh") else self.name_en


class PlanVersion(models.Model):
    """Price and content of a plan from a day on. A subscriber keeps the version until the next change of plan."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions", verbose_name=_("plan"))
    version = models.SmallIntegerField(_("version"))
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    price_month = MoneyField(_("price per month"))
    price_year = MoneyField(_("price per year"))
    features = models.JSONField(_("features"))  # list of names in billing.rules.FEATURES
    limits = models.JSONField(_("limits"))  # {name in billing.rules.QUOTAS: number}; a name left out is unlimited
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("no longer offered since"), null=True, blank=True)
    stripe_product_id = models.CharField(max_length=80, blank=True, default="", editable=False)
    stripe_price_month_id = models.CharField(max_length=80, blank=True, default="", editable=False)
    stripe_price_year_id = models.CharField(max_length=80, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        ordering: ClassVar = ["plan__rank", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "version"], name="billing_planversion_number_unique"),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(published_at__isnull=False, retired_at__isnull=True),
                name="billing_planversion_one_offered",
            ),
            models.CheckConstraint(
                condition=Q(price_month__gt=0, price_year__gt=0), name="billing_planversion_costs_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.version}"


class PlanPrice(models.Model):
    """A price at Stripe that was ever that of a version: who subscribed to it keeps it, wherever its name moved."""

    plan_version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="+", verbose_name=_("plan"))
    interval = models.CharField(_("paid"), max_length=5, choices=Interval.choices)
    stripe_price_id = models.CharField(_("Stripe price"), max_length=80)

    class Meta:
        verbose_name = _("price at Stripe")
        verbose_name_plural = _("prices at Stripe")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stripe_price_id"], name="billing_plan_price_unique"),
            models.CheckConstraint(condition=Q(interval__in=Interval.values), name="billing_plan_price_interval_known"),
        ]

    def __str__(self) -> str:
        return self.stripe_price_id
