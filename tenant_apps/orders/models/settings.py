"""Table of the brand's settings of orders."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrderSettings(models.Model):
    """Settings of the brand. One row at most; `rules.deadlines` knows what the values mean."""

    values = models.JSONField(_("values"), default=dict, db_default={})

    class Meta:
        verbose_name = _("settings of orders")
        verbose_name_plural = _("settings of orders")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="orders_ordersettings_one_row")]

    def __str__(self) -> str:
        return "orders"
