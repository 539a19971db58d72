"""Table of the brand's settings of shipping."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.privacy.encryption import EncryptedTextField


class ShippingSettings(models.Model):
    """Decisions of the brand about shipping. One row at most; `rules.settings` knows what the values mean."""

    values = models.JSONField(_("values"), default=dict, db_default={})
    waybill_key = EncryptedTextField(_("key for electronic waybills"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("settings of shipping")
        verbose_name_plural = _("settings of shipping")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="shipping_settings_one_row")]

    def __str__(self) -> str:
        return "shipping"
