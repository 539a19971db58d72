"""Accrue, release and take back commission as orders are paid, received and refunded."""

from kernel.events.outbox import handles
from tenant_apps.commissions import selectors
from tenant_apps.commissions.services import accrual
from tenant_apps.orders.events import AfterSaleClosed, AfterSaleRequested, OrderDelivered, OrderPaid, OrderRefunded
from tenant_apps.ranks.selectors.compliance import PaidTiers, tells_paid_tiers


@tells_paid_tiers
def tell_paid_tiers() -> PaidTiers:
    """Report the paid tiers for the compliance page."""
    return selectors.get_paid_tiers()


@handles(OrderPaid, name="commissions.accrue")
def accrue(event: OrderPaid) -> None:
    accrual.accrue_order(order_id=event.order_id)


@handles(OrderDelivered, name="commissions.release")
def release(event: OrderDelivered) -> None:
    accrual.release_order(order_id=event.order_id, delivered_at=event.delivered_at)


@handles(OrderRefunded, name="commissions.reverse")
def reverse(event: OrderRefunded) -> None:
    accrual.reverse_refund(refund_id=event.refund_id)


@handles(AfterSaleRequested, name="commissions.freeze")
def freeze(event: AfterSaleRequested) -> None:
    accrual.follow_after_sales(order_id=event.order_id)


@handles(AfterSaleClosed, name="commissions.free")
def free(event: AfterSaleClosed) -> None:
    accrual.follow_after_sales(order_id=event.order_id)
