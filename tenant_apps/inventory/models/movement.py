"""Table of stock movements."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.states import MovementKind


class StockMovement(AppendOnly):
    """Goods in (quantity > 0) or out (< 0), with the stock after it."""

    source = models.CharField(_("source"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind)
    seq = models.SmallIntegerField(_("sequence"), default=0)
    # The source again, on the first movement of a receipt or count: a document is booked once, whatever its lines are.
    document = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    quantity = models.IntegerField(_("quantity"))
    balance_after = models.IntegerField(_("on hand after"))
    value = MoneyField(_("value"))
    value_after = MoneyField(_("value after"))
    occurred_at = models.DateTimeField(_("occurred at"))

    document_named: tuple[str, str] | None = None
    """Name and address of the source, where a list has looked them up."""

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "variant", "warehouse", "kind", "seq"], name="inventory_movement_once"
            ),
            models.UniqueConstraint(fields=["document"], condition=~Q(document=""), name="inventory_document_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="inventory_movement_moves"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="inventory_balance_not_negative"),
        ]
        indexes = [models.Index(fields=["variant", "-id"], name="inventory_movement_variant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.variant.sku} {self.quantity:+d}"
