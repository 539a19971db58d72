"""Table of freight templates."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.shipping.states import ChargeBy


class FreightTemplate(models.Model):
    """Freight by region. `zones` and `default` are as `rules.freight.templates` reads them; `default` null refuses.

    The one with `is_default` holds for goods that name none.
    """

    name = models.CharField(_("name"), max_length=60)
    charge_by = models.CharField(_("charged"), max_length=10, choices=ChargeBy, default=ChargeBy.PIECE)
    zones = models.JSONField(_("regions"), default=list, db_default=[], blank=True)
    default = models.JSONField(_("everywhere else"), null=True, blank=True)
    is_default = models.BooleanField(_("for goods that name no template"), default=False, db_default=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("freight template")
        verbose_name_plural = _("freight templates")
        ordering: ClassVar = ["-is_default", "name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="shipping_freight_name_unique"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="shipping_freight_one_default"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="shipping_freight_has_a_name"),
            models.CheckConstraint(condition=Q(charge_by__in=ChargeBy.values), name="shipping_freight_charge_known"),
        ]

    def __str__(self) -> str:
        return self.name
