"""Events that orders publish to the apps above."""

from dataclasses import dataclass
from datetime import datetime

from kernel.events.outbox import event


@event("orders.order_placed")
@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order was placed and its goods are reserved."""

    order_id: int


@event("orders.order_paid")
@dataclass(frozen=True, slots=True)
class OrderPaid:
    """The full total was received."""

    order_id: int
    paid_at: datetime


@event("orders.parcel_shipped")
@dataclass(frozen=True, slots=True)
class ParcelShipped:
    """A parcel of the order has left the warehouse; one event per parcel."""

    order_id: int
    parcel_id: int
    shipped_at: datetime


@event("orders.order_shipped")
@dataclass(frozen=True, slots=True)
class OrderShipped:
    """All goods have left the warehouse, or the rest was refunded."""

    order_id: int
    shipped_at: datetime


@event("orders.order_delivered")
@dataclass(frozen=True, slots=True)
class OrderDelivered:
    """The buyer has the goods; return windows start here."""

    order_id: int
    delivered_at: datetime


@event("orders.order_completed")
@dataclass(frozen=True, slots=True)
class OrderCompleted:
    """The order was closed."""

    order_id: int
    completed_at: datetime


@event("orders.order_cancelled")
@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The order was cancelled; any payment has been refunded."""

    order_id: int
    cancelled_at: datetime


@event("orders.order_refunded")
@dataclass(frozen=True, slots=True)
class OrderRefunded:
    """Money was refunded to the buyer; one event per refund."""

    order_id: int
    refund_id: int


@event("orders.after_sale_requested")
@dataclass(frozen=True, slots=True)
class AfterSaleRequested:
    """A buyer asks for a refund, a return or an exchange; what the order earns is frozen until it is closed."""

    order_id: int
    after_sale_id: int
    requested_at: datetime


@event("orders.after_sale_approved")
@dataclass(frozen=True, slots=True)
class AfterSaleApproved:
    """The brand agreed; goods may be sent back."""

    order_id: int
    after_sale_id: int
    approved_at: datetime


@event("orders.after_sale_goods_received")
@dataclass(frozen=True, slots=True)
class AfterSaleGoodsReceived:
    """Returned goods arrived; the refund is due within seven days."""

    order_id: int
    after_sale_id: int
    received_at: datetime


@event("orders.after_sale_closed")
@dataclass(frozen=True, slots=True)
class AfterSaleClosed:
    """The request is done, refused or cancelled: `state` says which."""

    order_id: int
    after_sale_id: int
    state: str
    closed_at: datetime
