"""Table of orders."""

from collections.abc import Sequence

import orjson
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from tenant_apps.orders.models.channel import Channel
from tenant_apps.orders.rules.lines import PricedLine
from tenant_apps.orders.rules.receivers import write_place
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentState

# With what the order is found by, in one statement.
INSERT_ORDER = """
    WITH placed AS (
    INSERT INTO orders_order (number, kind, channel_id, external_number, customer_id, agent_id, upline, receiver, note,
        state, payment_state, fulfilment_state, goods_amount, discount, freight, freight_basis, total, placed_at,
        paid_at, pickup_code, into_cloud, placed_by,
        placed_by_name)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    RETURNING id
    ), search AS (INSERT INTO orders_ordersearch (order_id, terms) SELECT id, %s::text[] FROM placed)
    SELECT id FROM placed
"""


class OrderQuerySet(models.QuerySet["Order"]):
    """Placing orders is the most frequent write, so it uses SQL: a third of the ORM's time."""

    def insert(self, order: "Order", terms: Sequence[str]) -> None:
        values = (
            order.number,
            str(order.kind),
            order.channel_id,
            order.external_number,
            order.customer_id,
            order.agent_id,
            orjson.dumps(order.upline).decode(),
            orjson.dumps(order.receiver).decode(),
            order.note,
            str(order.state),
            str(order.payment_state),
            str(order.fulfilment_state),
            order.goods_amount,
            order.discount,
            order.freight,
            orjson.dumps(order.freight_basis).decode(),
            order.total,
            order.placed_at,
            order.paid_at,
            order.pickup_code,
            order.into_cloud,
            order.placed_by,
            order.placed_by_name,
            list(terms),
        )
        with connection.cursor() as cursor:
            cursor.execute(INSERT_ORDER, values)
            order.pk = cursor.fetchone()[0]
        order._state.adding = False


class Order(models.Model):
    """An order. Buyer, receiver, agent and the agent's upline are frozen at placing.

    `placed_by` is `user:3`, `api_key:5`, `import:7` or `system`; empty on orders older than the column.

    `goods_amount` is the sum of the lines' net goods money, after `discount`; `total` adds the freight. Imported
    returns carry negative quantities and amounts.
    """

    number = models.CharField(_("number"), max_length=32)
    kind = models.CharField(_("kind"), max_length=10, choices=OrderKind)
    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="+", to_field="code", db_index=False, verbose_name=_("channel")
    )
    external_number = models.CharField(_("number in the channel"), max_length=64, blank=True, default="", db_default="")
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("customer"),
    )
    agent = models.ForeignKey(
        "agents.Agent",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("agent"),
    )
    upline = models.JSONField(_("upline"), default=list, db_default=[])
    receiver = models.JSONField(_("receiver"), default=dict, db_default={})
    note = models.CharField(_("note"), max_length=500, blank=True, default="", db_default="")

    state = models.CharField(_("state"), max_length=16, choices=OrderState, default=OrderState.OPEN)
    payment_state = models.CharField(_("payment"), max_length=16, choices=PaymentState, default=PaymentState.UNPAID)
    fulfilment_state = models.CharField(
        _("fulfilment"), max_length=16, choices=FulfilmentState, default=FulfilmentState.UNFULFILLED
    )

    goods_amount = MoneyField(_("goods"))
    discount = MoneyField(_("discount"), default=ZERO, db_default=0)
    freight = MoneyField(_("freight"), default=ZERO, db_default=0)
    # How the templates came to the freight, as shipping writes and explains it; empty where it was given.
    freight_basis = models.JSONField(_("freight computed"), default=list, db_default=[])
    total = MoneyField(_("total"))
    refunded_amount = MoneyField(_("refunded"), default=ZERO, db_default=0)
    refunded_freight = MoneyField(_("freight refunded"), default=ZERO, db_default=0)

    # Revenue recognised with the parcels, less what was refunded of it. Orders shipped before parcels were kept say 0:
    # all of theirs is earned.
    earned_amount = MoneyField(_("earned"), default=ZERO, db_default=0)

    carrier = models.CharField(_("carrier"), max_length=40, blank=True, default="", db_default="")
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True, default="", db_default="")

    # What the receiver says when collecting the goods; empty where they are sent.
    pickup_code = models.CharField(_("pickup code"), max_length=6, blank=True, default="", db_default="")

    # The brand keeps the goods of this restock for the agent instead of sending them.
    into_cloud = models.BooleanField(_("into cloud stock"), default=False, db_default=False)

    placed_at = models.DateTimeField(_("placed at"))
    placed_by = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    placed_by_name = models.CharField(_("placed by"), max_length=200, blank=True, default="", db_default="")
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    placed_lines: tuple[PricedLine, ...] = ()
    """The lines, on an order that was placed just now and not read from the database."""

    waits_for_goods = False
    """Some of the goods were sold beyond stock, on an order that was placed just now."""

    promised: object = ""
    """Words on goods sold beyond stock, where a list has looked them up."""

    found_fields: tuple[str, ...] = ()
    """The fields that hold the words of a search, on an order that it found."""

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="orders_order_number_unique"),
            models.UniqueConstraint(
                fields=["channel", "external_number"],
                condition=~Q(external_number=""),
                name="orders_external_number_once_per_channel",
            ),
            models.CheckConstraint(
                condition=Q(total=F("goods_amount") + F("freight")), name="orders_total_is_goods_and_freight"
            ),
            models.CheckConstraint(
                condition=Q(kind=OrderKind.RETURN) | Q(goods_amount__gte=0), name="orders_goods_not_negative"
            ),
            models.CheckConstraint(condition=Q(freight__gte=0, discount__gte=0), name="orders_extras_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded_amount=0) | Q(refunded_amount__gt=0, refunded_amount__lte=F("total")),
                name="orders_refunded_within_total",
            ),
            models.CheckConstraint(
                condition=Q(refunded_freight__gte=0, refunded_freight__lte=F("freight")),
                name="orders_refunded_within_freight",
            ),
            models.CheckConstraint(
                condition=Q(earned_amount=0) | Q(earned_amount__gt=0, earned_amount__lte=F("total")),
                name="orders_total_not_below_earned",
            ),
            models.CheckConstraint(
                condition=~Q(kind=OrderKind.RESTOCK) | Q(agent__isnull=False), name="orders_restock_has_agent"
            ),
            models.CheckConstraint(
                condition=~Q(kind=OrderKind.DISPATCH) | Q(agent__isnull=False), name="orders_dispatch_has_agent"
            ),
            models.CheckConstraint(
                condition=Q(into_cloud=False) | Q(kind=OrderKind.RESTOCK), name="orders_into_cloud_is_restock"
            ),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="orders_order_newest"),
            # What is being worked on: small however long the history grows.
            models.Index(fields=["-placed_at", "-id"], condition=Q(state=OrderState.OPEN), name="orders_order_open"),
            models.Index(fields=["agent", "-placed_at"], condition=Q(agent__isnull=False), name="orders_order_agent"),
            models.Index(
                fields=["customer", "-placed_at"], condition=Q(customer__isnull=False), name="orders_order_customer"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_free(self) -> bool:
        """Tell whether nobody pays for it: a sample, or a dispatch without freight."""
        return self.kind == OrderKind.SAMPLE or (self.kind == OrderKind.DISPATCH and not self.total)

    @property
    def moves_cloud_stock(self) -> bool:
        """Tell whether the goods go into or out of an agent's cloud stock: then nobody rewrites or claims them."""
        return self.into_cloud or self.kind == OrderKind.DISPATCH

    @property
    def is_pickup(self) -> bool:
        return bool(self.pickup_code)

    @property
    def place(self) -> str:
        """The receiver's address on one line."""
        return write_place(self.receiver)
