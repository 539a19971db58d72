"""Tables of after-sales: refunds, returns and exchanges that somebody asked for."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from tenant_apps.orders.models.line import OrderLine
from tenant_apps.orders.models.order import Order
from tenant_apps.orders.states import (
    OPEN_AFTER_SALES,
    AfterSaleKind,
    AfterSaleReason,
    AfterSaleState,
    GoodsBackState,
    SettlementState,
)


class AfterSale(models.Model):
    """One request of a buyer about a paid order. Goods and money move independently of each other.

    `amount` is what the lines and the freight asked for when it was made; the refund computes it anew. `difference` is
    what the buyer pays on top of an exchange, or below zero gets back.
    """

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="after_sales", db_index=False, verbose_name=_("order")
    )
    number = models.CharField(_("number"), max_length=32)
    kind = models.CharField(_("kind"), max_length=12, choices=AfterSaleKind)
    state = models.CharField(_("state"), max_length=10, choices=AfterSaleState, default=AfterSaleState.REQUESTED)
    goods_state = models.CharField(_("goods"), max_length=10, choices=GoodsBackState)
    settlement_state = models.CharField(_("settlement"), max_length=10, choices=SettlementState)
    reason = models.CharField(_("reason"), max_length=20, choices=AfterSaleReason)
    note = models.CharField(_("explanation"), max_length=500, blank=True, default="")
    late_reason = models.CharField(_("accepted late because"), max_length=200, blank=True, default="")
    decision = models.CharField(_("reason of the decision"), max_length=200, blank=True, default="")
    amount = MoneyField(_("amount"), default=ZERO)
    freight = MoneyField(_("freight"), default=ZERO)
    difference = MoneyField(_("difference"), default=ZERO)
    # Of an exchange: [{"sku", "quantity"}].
    replacements = models.JSONField(_("goods in exchange"), default=list, blank=True)
    exchange_order = models.ForeignKey(
        Order,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exchanged_by",
        db_index=False,
        verbose_name=_("exchange order"),
    )
    # [{"key", "name", "path", "thumbnail", "digest", "size"}]
    photos = models.JSONField(_("photos"), default=list, blank=True, editable=False)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True, default="")
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True, default="")
    inspections = models.SmallIntegerField(default=0, editable=False)
    requested_by = models.CharField(_("requested by"), max_length=200)
    requested_at = models.DateTimeField(_("requested at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent back at"), null=True, blank=True)
    received_at = models.DateTimeField(_("goods received at"), null=True, blank=True)
    inspected_at = models.DateTimeField(_("inspected at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # The latest change: since then somebody else is asked to act.
    waiting_since = models.DateTimeField(_("waiting since"))

    class Meta:
        verbose_name = _("after-sale")
        verbose_name_plural = _("after-sales")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="orders_aftersale_number_unique"),
            models.UniqueConstraint(
                fields=["exchange_order"],
                condition=Q(exchange_order__isnull=False),
                name="orders_aftersale_one_exchange_order",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, freight__gte=0), name="orders_aftersale_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN_AFTER_SALES), closed_at__isnull=True)
                | (~Q(state__in=sorted(OPEN_AFTER_SALES)) & Q(closed_at__isnull=False)),
                name="orders_aftersale_closed_at_its_end",
            ),
            models.CheckConstraint(
                condition=Q(kind=AfterSaleKind.EXCHANGE) | Q(difference=0, replacements=[]),
                name="orders_aftersale_goods_of_exchange",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="orders_aftersale_order"),
            # The queue: small however long the history grows.
            models.Index(
                fields=["waiting_since", "id"],
                condition=Q(state__in=sorted(OPEN_AFTER_SALES)),
                name="orders_aftersale_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_AFTER_SALES


class AfterSaleLine(models.Model):
    """Part of an after-sale on one order line: pieces that come back, pieces and money to refund.

    `amount` is empty where the pieces' share of the line is asked for. An inspection splits the pieces into good ones,
    damaged ones and lost ones.
    """

    after_sale = models.ForeignKey(
        AfterSale, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("after-sale")
    )
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="+", db_index=False, verbose_name=_("order line"))
    quantity = models.IntegerField(_("pieces back"), default=0)
    refund_quantity = models.IntegerField(_("pieces to refund"), default=0)
    amount = MoneyField(_("amount"), null=True, blank=True)
    good = models.IntegerField(_("good"), default=0)
    damaged = models.IntegerField(_("damaged"), default=0)
    lost = models.IntegerField(_("lost"), default=0)

    class Meta:
        verbose_name = _("line of an after-sale")
        verbose_name_plural = _("lines of an after-sale")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["after_sale", "line"], name="orders_aftersale_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, refund_quantity__gte=0)
                & (Q(amount__isnull=True) | Q(amount__gte=0))
                & ~Q(quantity=0, refund_quantity=0, amount__isnull=True),
                name="orders_aftersale_line_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(good__gte=0, damaged__gte=0, lost__gte=0)
                & Q(quantity__gte=F("good") + F("damaged") + F("lost")),
                name="orders_aftersale_inspected_within",
            ),
        ]
        indexes = [models.Index(fields=["line"], name="orders_aftersale_line_of")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity} / {self.refund_quantity}"

    @property
    def uninspected(self) -> int:
        return self.quantity - self.good - self.damaged - self.lost
