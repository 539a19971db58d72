"""Table of warehouses."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Warehouse(models.Model):
    """A place where goods are stored. Orders use the default one unless another is named."""

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="inventory_warehouse_code_unique"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="inventory_warehouse_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
