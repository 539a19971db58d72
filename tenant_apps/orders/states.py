"""States of orders: three independent axes, each with its table of transitions."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.states import Transitions


class OrderKind(models.TextChoices):
    """Retail sale, an agent's restock, goods out of an agent's cloud stock, a free sample, or goods in exchange."""

    RETAIL = "retail", _("Retail order")
    RESTOCK = "restock", _("Agent restock")
    DISPATCH = "dispatch", _("Cloud-stock dispatch")
    SAMPLE = "sample", _("Sample")
    EXCHANGE = "exchange", pgettext_lazy("order", "Exchange")
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


class RefundMethod(models.TextChoices):
    """Way of a refund where the order has no payment of its own; `OUTSIDE` moves no money of the books."""

    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")
    BANK = "bank", _("Bank transfer")
    CASH = "cash", _("Cash")
    CHANNEL = "channel", _("Collected by the channel")
    OUTSIDE = "outside", _("Outside the books")


class AfterSaleKind(models.TextChoices):
    """Wish of an after-sale."""

    REFUND_ONLY = "refund_only", _("Refund only")
    RETURN = "return", _("Return and refund")
    EXCHANGE = "exchange", pgettext_lazy("after-sale", "Exchange")


class AfterSaleState(models.TextChoices):
    """State of an after-sale as a whole; its goods and its money have states of their own."""

    REQUESTED = "requested", pgettext_lazy("after-sale", "Requested")
    APPROVED = "approved", pgettext_lazy("after-sale", "Approved")
    REFUSED = "refused", pgettext_lazy("after-sale", "Refused")
    CANCELLED = "cancelled", pgettext_lazy("after-sale", "Cancelled")
    DONE = "done", pgettext_lazy("after-sale", "Done")


class GoodsBackState(models.TextChoices):
    """State of the goods that come back with an after-sale."""

    NONE = "none", _("No goods come back")
    EXPECTED = "expected", _("To be sent back")
    ON_THE_WAY = "on_the_way", _("On their way back")
    RECEIVED = "received", _("Received, to be inspected")
    INSPECTED = "inspected", _("Inspected")
    WAIVED = "waived", _("Kept by the buyer")


class SettlementState(models.TextChoices):
    """State of what the brand owes: the money, or the goods in exchange."""

    NONE = "none", _("Nothing to settle")
    DUE = "due", _("To be settled")
    SETTLED = "settled", _("Settled")
    WAIVED = "waived", _("Not settled")


class AfterSaleReason(models.TextChoices):
    """Reason given for an after-sale."""

    NO_LONGER_WANTED = "no_longer_wanted", _("No longer wanted")
    QUALITY = "quality", _("Quality problem")
    DAMAGED = "damaged", _("Damaged on the way")
    WRONG_GOODS = "wrong_goods", _("Wrong goods")
    MISSING_GOODS = "missing_goods", _("Missing goods")
    NOT_AS_DESCRIBED = "not_as_described", _("Not as described")
    NOT_RECEIVED = "not_received", _("Parcel not received")
    LATE = "late", _("Sent too late")
    COMPENSATION = "compensation", _("Agreed compensation")
    OTHER = "other", pgettext_lazy("after-sale", "Other")


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

AFTER_SALE_TRANSITIONS: Transitions[AfterSaleState] = {
    AfterSaleState.REQUESTED: frozenset({AfterSaleState.APPROVED, AfterSaleState.REFUSED, AfterSaleState.CANCELLED}),
    AfterSaleState.APPROVED: frozenset({AfterSaleState.DONE, AfterSaleState.CANCELLED}),
    AfterSaleState.REFUSED: frozenset(),
    AfterSaleState.CANCELLED: frozenset(),
    AfterSaleState.DONE: frozenset(),
}
GOODS_BACK_TRANSITIONS: Transitions[GoodsBackState] = {
    GoodsBackState.NONE: frozenset(),
    GoodsBackState.EXPECTED: frozenset({GoodsBackState.ON_THE_WAY, GoodsBackState.RECEIVED, GoodsBackState.WAIVED}),
    GoodsBackState.ON_THE_WAY: frozenset({GoodsBackState.RECEIVED, GoodsBackState.WAIVED}),
    GoodsBackState.RECEIVED: frozenset({GoodsBackState.INSPECTED}),
    GoodsBackState.INSPECTED: frozenset(),
    GoodsBackState.WAIVED: frozenset(),
}
SETTLEMENT_TRANSITIONS: Transitions[SettlementState] = {
    SettlementState.NONE: frozenset(),
    SettlementState.DUE: frozenset({SettlementState.SETTLED, SettlementState.WAIVED}),
    SettlementState.SETTLED: frozenset(),
    SettlementState.WAIVED: frozenset(),
}
OPEN_AFTER_SALES = frozenset({AfterSaleState.REQUESTED, AfterSaleState.APPROVED})
GOODS_AWAITED = frozenset({GoodsBackState.EXPECTED, GoodsBackState.ON_THE_WAY})
"""The goods were not received yet: the return can still be waived, and the request cancelled."""

MONEY_IS_HERE = frozenset({PaymentState.PAID, PaymentState.PARTLY_REFUNDED})
"""The brand holds money of the buyer."""
TO_BE_SHIPPED = (FulfilmentState.UNFULFILLED, FulfilmentState.PARTLY_SHIPPED)
"""Something is left to ship."""
