"""Tables of prices."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.money import MoneyField


class LevelPrice(models.Model):
    """What agents of a level pay for a variant (拿货价)."""

    # The unique constraint below begins with the level: a second index on it would only cost.
    level = models.ForeignKey("agents.Level", models.CASCADE, related_name="+", db_index=False, verbose_name=_("level"))
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant"))
    price = MoneyField(_("price"))
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("level price")
        verbose_name_plural = _("level prices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["level", "variant"], name="pricing_level_price_one_per_variant"),
            models.CheckConstraint(condition=Q(price__gte=0), name="pricing_level_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.level_id}/{self.variant_id}: {self.price}"
