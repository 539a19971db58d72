"""Tables of transfers between warehouses."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.states import TransferState


class Transfer(models.Model):
    """Goods that go from one warehouse to another, and stand in transit in between."""

    number = models.CharField(_("number"), max_length=32)
    origin = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("from"))
    target = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.DRAFT)
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    receipts = models.SmallIntegerField(_("receipts"), default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(_("created at"))
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="inventory_transfer_number_unique"),
            models.CheckConstraint(condition=~Q(origin=F("target")), name="inventory_transfer_goes_somewhere"),
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """One SKU of a transfer. `cost` is that of all pieces shipped, `settled_cost` of those received or lost."""

    transfer = models.ForeignKey(
        Transfer, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("transfer")
    )
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    quantity = models.IntegerField(_("quantity"))
    received = models.IntegerField(_("received"), default=0, db_default=0)
    lost = models.IntegerField(_("lost"), default=0, db_default=0)
    cost = MoneyField(_("cost"), default=ZERO, db_default=0)
    settled_cost = MoneyField(_("settled cost"), default=ZERO, db_default=0)

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ["transfer_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="inventory_transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_transfer_line_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0, lost__gte=0, received__lte=F("quantity") - F("lost")),
                name="inventory_transfer_received_within",
            ),
            models.CheckConstraint(
                condition=Q(settled_cost__gte=0, settled_cost__lte=F("cost")), name="inventory_transfer_cost_within"
            ),
        ]
        indexes = [models.Index(fields=["variant"], name="inventory_transfer_variant")]

    def __str__(self) -> str:
        return f"{self.variant.sku} × {self.quantity}"

    @property
    def open(self) -> int:
        """Return the pieces neither received nor lost."""
        return self.quantity - self.received - self.lost
