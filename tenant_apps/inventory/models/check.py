"""Table of the last comparison of stock with its movements and batches."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StockCheck(models.Model):
    """Result of the last comparison: one row, replaced by the next one.

    `differences` holds the first rows that differ, as `Discrepancy` writes them; `found` counts all of them.
    """

    ran_at = models.DateTimeField(_("ran at"))
    ran_by = models.CharField(_("started by"), max_length=200, blank=True, default="", db_default="")
    rows = models.IntegerField(_("rows compared"))
    movements = models.BigIntegerField(_("movements added up"))
    batch_rows = models.IntegerField(_("rows with batches"))
    found = models.IntegerField(_("differences"), default=0, db_default=0)
    differences = models.JSONField(_("differences"), default=list, db_default=[])

    class Meta:
        verbose_name = _("stock check")
        verbose_name_plural = _("stock checks")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="inventory_stockcheck_is_one")]

    def __str__(self) -> str:
        return f"{self.ran_at:%Y-%m-%d %H:%M}"
