"""Table of payments."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.orders.models.order import Order
from tenant_apps.orders.states import PaymentMethod


class Payment(AppendOnly):
    """The one payment of an order. (method, reference) is the payer's number and unique in the brand."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", db_index=False, verbose_name=_("order"))
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod)
    reference = models.CharField(_("reference"), max_length=64)
    amount = MoneyField(_("amount"))
    paid_at = models.DateTimeField(_("paid at"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order"], name="orders_payment_once_per_order"),
            models.UniqueConstraint(fields=["method", "reference"], name="orders_payment_reference_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="orders_payment_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.reference}"
