"""Tables of cloud stock: goods that agents have bought and the brand keeps for them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.database.append_only import AppendOnly
from tenant_apps.inventory.states import CloudKind


class CloudStock(models.Model):
    """Pieces of one SKU that the brand keeps for one agent. They are sold: the brand's books know nothing of them."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent"))
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    balance = models.IntegerField(_("pieces kept"), default=0, db_default=0)

    class Meta:
        verbose_name = _("cloud stock")
        verbose_name_plural = _("cloud stock")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "variant"], name="inventory_cloud_once"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="inventory_cloud_never_overdrawn"),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} × {self.balance}"


class CloudMovement(AppendOnly):
    """Pieces into (quantity > 0) or out of (< 0) an agent's cloud stock, with the balance after it."""

    source = models.CharField(_("source"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=CloudKind)
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False, verbose_name=_("agent"))
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    quantity = models.IntegerField(_("quantity"))
    balance_after = models.IntegerField(_("balance after"))
    occurred_at = models.DateTimeField(_("occurred at"))

    document_named: tuple[str, str] | None = None
    """Name and address of the source, where a list has looked them up."""

    class Meta:
        verbose_name = _("cloud stock movement")
        verbose_name_plural = _("cloud stock movements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "variant", "kind"], name="inventory_cloud_movement_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="inventory_cloud_movement_moves"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="inventory_cloud_balance_not_negative"),
        ]
        indexes = [models.Index(fields=["agent", "variant", "-id"], name="inventory_cloud_statement")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.variant.sku} {self.quantity:+d}"
