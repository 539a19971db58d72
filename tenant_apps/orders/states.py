"""States of orders: three independent axes, each with its table of transitions."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.states import Transitions


class OrderKind(models.TextChoices):
    """Retail sale, an agent's restock, or a sample that costs nothing."""

    RETAIL = "retail", _("Retail order")
    RESTOCK = "restock", _("Agent restock")
    SAMPLE = "sample", _("Sample")
    RETURN = "return", _("Imported return")


HISTORY_SERIES = "IM"  # the numbers of imported past orders, which no plan counts: they were not traded here


class ChannelKind(models.TextChoices):
    """Way in which a channel's orders arrive."""

    MANUAL = "manual", _("Entered by hand")
    API = "api", _("API")
    IMPORT = "import", _("File import")


class OrderState(models.TextChoices):
    """State of the whole order: open until completed or cancelled."""

    OPEN = "open", _("Open")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentState(models.TextChoices):
    """State of the money."""

    UNPAID = "unpaid", _("Unpaid")
    PAID = "paid", _("Paid")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    REFUNDED = "refunded", pgettext_lazy("order", "Refunded")


class FulfilmentState(models.TextChoices):
    """State of the goods."""

    UNFULFILLED = "unfulfilled", _("Not shipped")
    PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
    SHIPPED = "shipped", pgettext_lazy("order", "Shipped")
    DELIVERED = "delivered", pgettext_lazy("order", "Delivered")
    RETURNED = "returned", _("Returned")


class PaymentMethod(models.TextChoices):
    """Method of payment and refund."""

    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")
    BANK = "bank", _("Bank transfer")
    CASH = "cash", _("Cash")
    CHANNEL = "channel", _("Collected by the channel")


ORDER_TRANSITIONS: Transitions[OrderState] = {
    OrderState.OPEN: frozenset({OrderState.COMPLETED, OrderState.CANCELLED}),
    OrderState.COMPLETED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}
PAYMENT_TRANSITIONS: Transitions[PaymentState] = {
    PaymentState.UNPAID: frozenset({PaymentState.PAID}),
    PaymentState.PAID: frozenset({PaymentState.PARTLY_REFUNDED, PaymentState.REFUNDED}),
    PaymentState.PARTLY_REFUNDED: frozenset({PaymentState.PARTLY_REFUNDED, PaymentState.REFUNDED}),
    PaymentState.REFUNDED: frozenset(),
}
FULFILMENT_TRANSITIONS: Transitions[FulfilmentState] = {
    FulfilmentState.UNFULFILLED: frozenset({FulfilmentState.PARTLY_SHIPPED, FulfilmentState.SHIPPED}),
    FulfilmentState.PARTLY_SHIPPED: frozenset(
        {FulfilmentState.PARTLY_SHIPPED, FulfilmentState.SHIPPED, FulfilmentState.RETURNED}
    ),
    FulfilmentState.SHIPPED: frozenset({FulfilmentState.DELIVERED, FulfilmentState.RETURNED}),
    FulfilmentState.DELIVERED: frozenset({FulfilmentState.RETURNED}),
    FulfilmentState.RETURNED: frozenset(),
}

MONEY_IS_HERE = frozenset({PaymentState.PAID, PaymentState.PARTLY_REFUNDED})
"""The brand holds money of the buyer."""
TO_BE_SHIPPED = (FulfilmentState.UNFULFILLED, FulfilmentState.PARTLY_SHIPPED)
"""Something is left to ship."""
