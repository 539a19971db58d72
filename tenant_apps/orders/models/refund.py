"""Tables of refunds."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.orders.models.after_sale import AfterSale
from tenant_apps.orders.models.line import OrderLine
from tenant_apps.orders.models.order import Order
from tenant_apps.orders.states import RefundMethod


class Refund(AppendOnly):
    """A full or partial refund; `amount` is goods and freight together."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", db_index=False, verbose_name=_("order"))
    seq = models.SmallIntegerField(_("sequence"))
    number = models.CharField(_("number"), max_length=32)
    reference = models.CharField(_("reference"), max_length=64, blank=True, default="")
    # What was asked for under the reference, so that the same one again is not mistaken for another refund.
    request_digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    amount = MoneyField(_("amount"))
    freight = MoneyField(_("freight"), default=ZERO)
    restocked = models.BooleanField(_("goods put back"), default=False)
    refunded_at = models.DateTimeField(_("refunded at"))
    # Empty where the money went back the way it came.
    method = models.CharField(
        _("refunded by"), max_length=10, choices=RefundMethod, blank=True, default="", db_default=""
    )
    after_sale = models.ForeignKey(
        AfterSale,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        db_index=False,
        verbose_name=_("after-sale"),
    )

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "seq"], name="orders_refund_sequence_unique"),
            models.UniqueConstraint(fields=["number"], name="orders_refund_number_unique"),
            models.UniqueConstraint(
                fields=["order", "reference"], condition=~Q(reference=""), name="orders_refund_reference_once"
            ),
            models.UniqueConstraint(
                fields=["after_sale"], condition=Q(after_sale__isnull=False), name="orders_refund_once_per_after_sale"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, freight__gte=0), name="orders_refund_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number


class RefundLine(AppendOnly):
    """Part of a refund on one order line: pieces, money, or both."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("refund"))
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="+", db_index=False, verbose_name=_("order line"))
    quantity = models.IntegerField(_("quantity"))
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="orders_refund_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, amount__gte=0) & ~Q(quantity=0, amount=0),
                name="orders_refund_line_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity} / {self.amount}"
