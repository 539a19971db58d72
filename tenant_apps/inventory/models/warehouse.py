"""Table of warehouses."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.inventory.states import SELLING_KINDS, WarehouseKind

# Values, sorted: a migration must not see another order each time.
SELLING = sorted(kind.value for kind in SELLING_KINDS)


class Warehouse(models.Model):
    """A place where goods are stored. Receipts that name no other use the default one.

    `regions` are the beginnings of division codes (GB/T 2260) that the warehouse serves first; of several warehouses
    that could serve an order alike, the one with the lowest `priority` does.
    """

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("default"), default=False)
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=WarehouseKind,
        default=WarehouseKind.BRANCH,
        db_default=WarehouseKind.BRANCH.value,
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("belongs to")
    )
    regions = models.JSONField(_("regions served first"), default=list, db_default=[], blank=True)
    priority = models.SmallIntegerField(_("priority"), default=100, db_default=100)
    is_open = models.BooleanField(_("open"), default=True, db_default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="inventory_warehouse_code_unique"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="inventory_warehouse_one_default"
            ),
            # Goods on their way stand in one place of the books, whichever transfer they belong to.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind=WarehouseKind.TRANSIT), name="inventory_warehouse_one_transit"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_open=True, kind__in=SELLING),
                name="inventory_default_warehouse_sells",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="inventory_warehouse_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def sells(self) -> bool:
        """Tell whether orders are served from here."""
        return self.is_open and self.kind in SELLING_KINDS
