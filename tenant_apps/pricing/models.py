"""Tables of prices. Every row holds from a moment on until a later row of the same kind replaces it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import MoneyField, RateField
from tenant_apps.pricing.rules import FROM_THE_BEGINNING
from tenant_apps.pricing.states import ChangeState


class PriceChange(models.Model):
    """Prices that change together: previewed, then in force from a moment on. Open orders keep theirs."""

    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=ChangeState, default=ChangeState.DRAFT)
    effective_at = models.DateTimeField(_("in force from"))
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created"))
    scheduled_at = models.DateTimeField(_("scheduled at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="pricing_change_state_known"),
            models.CheckConstraint(condition=~Q(name=""), name="pricing_change_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PlannedPrice(models.Model):
    """One price of a change that is not scheduled yet. Scheduling writes it as a level price with its moment."""

    change = models.ForeignKey(PriceChange, models.CASCADE, related_name="prices", db_index=False)
    level = models.ForeignKey("agents.Level", models.CASCADE, related_name="+", db_index=False)
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", db_index=False)
    min_quantity = models.IntegerField(_("from pieces"), default=1)
    price = MoneyField(_("price"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change", "level", "variant", "min_quantity"], name="pricing_planned_price_once"
            ),
            models.CheckConstraint(condition=Q(price__gte=0, min_quantity__gte=1), name="pricing_planned_price_valid"),
        ]

    def __str__(self) -> str:
        return f"{self.variant}"


class LevelPrice(models.Model):
    """Price that agents of a level pay for a variant (拿货价) from so many pieces on, from a moment on."""

    # The unique constraint below begins with the level: a second index on it would only cost.
    level = models.ForeignKey("agents.Level", models.CASCADE, related_name="+", db_index=False, verbose_name=_("level"))
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant"))
    min_quantity = models.IntegerField(_("from pieces"), default=1, db_default=1)
    valid_from = models.DateTimeField(_("from"), default=FROM_THE_BEGINNING, db_default=FROM_THE_BEGINNING)
    # Empty: until a later row. Rows of a change that is cancelled before its moment are deleted.
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    price = MoneyField(_("price"))
    # A break that the pieces of all variants of the product reach together: 3 S and 2 M meet 5.
    counts_product = models.BooleanField(
        _("counts all variants of the product"),
        default=False,
        db_default=False,
        help_text=_("3 of size S and 2 of size M then reach the price from 5 pieces on."),
    )
    change = models.ForeignKey(
        PriceChange, models.PROTECT, null=True, blank=True, related_name="level_prices", verbose_name=_("price change")
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("level price")
        verbose_name_plural = _("level prices")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level", "variant", "min_quantity", "valid_from"], name="pricing_level_price_one_per_moment"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="pricing_level_price_not_negative"),
            models.CheckConstraint(
                condition=Q(min_quantity__gte=1, min_quantity__lte=1_000_000), name="pricing_level_price_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} · {self.level}: {self.price}"


class CategoryDiscount(models.Model):
    """A level pays this fraction of the retail price for a category and what is below it, where no price is set."""

    level = models.ForeignKey("agents.Level", models.CASCADE, related_name="+", db_index=False, verbose_name=_("level"))
    category = models.ForeignKey(
        "catalog.Category", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category")
    )  # empty: everything
    valid_from = models.DateTimeField(_("from"), default=FROM_THE_BEGINNING)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    rate = RateField(_("fraction of the retail price"))

    class Meta:
        verbose_name = _("discount by category")
        verbose_name_plural = _("discounts by category")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level", "category", "valid_from"],
                nulls_distinct=False,
                name="pricing_discount_one_per_moment",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lte=1), name="pricing_discount_rate"),
        ]

    def __str__(self) -> str:
        return " · ".join(str(part) for part in (self.level, self.category) if part)


class AgentPrice(models.Model):
    """Price that one agent pays by agreement, whatever the level says."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+", db_index=False, verbose_name=_("agent"))
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant"))
    min_quantity = models.IntegerField(_("from pieces"), default=1)
    valid_from = models.DateTimeField(_("from"), default=FROM_THE_BEGINNING)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    price = MoneyField(_("price"))
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("agreed price")
        verbose_name_plural = _("agreed prices")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "variant", "min_quantity", "valid_from"], name="pricing_agent_price_one_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, min_quantity__gte=1, min_quantity__lte=1_000_000),
                name="pricing_agent_price_valid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} · {self.agent}: {self.price}"


class MinimumLot(models.Model):
    """A level orders a variant in lots: at least so many, and in multiples of the step."""

    level = models.ForeignKey(
        "agents.Level", models.CASCADE, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("level")
    )  # empty: every level
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant"))
    minimum = models.IntegerField(_("at least"))
    step = models.IntegerField(_("in steps of"), default=1)

    class Meta:
        verbose_name = _("minimum lot")
        verbose_name_plural = _("minimum lots")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level", "variant"], nulls_distinct=False, name="pricing_lot_one_per_variant"
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=1, minimum__lte=1_000_000, step__gte=1, step__lte=1_000_000),
                name="pricing_lot_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.minimum}"


class SuggestedRetailRange(models.Model):
    """The suggested retail price (建议零售价) of a variant for a level, from and to.

    For monitoring only: fixing what others charge is forbidden (反垄断法 art. 18), so nothing is ever refused by it.
    """

    level = models.ForeignKey(
        "agents.Level", models.CASCADE, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("level")
    )  # empty: every level
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant"))
    lowest = MoneyField(pgettext_lazy("range", "from"))
    highest = MoneyField(pgettext_lazy("range", "to"))
    valid_from = models.DateTimeField(_("since"), default=FROM_THE_BEGINNING)

    class Meta:
        verbose_name = _("suggested retail price")
        verbose_name_plural = _("suggested retail prices")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level", "variant", "valid_from"], nulls_distinct=False, name="pricing_range_one_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(lowest__gte=0, highest__gte=F("lowest")), name="pricing_range_from_low_to_high"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.lowest}–{self.highest}"
