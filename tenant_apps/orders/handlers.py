"""Count orders for the plan's limit, and deliver what carriers say is signed for."""

from datetime import datetime

from kernel.events.outbox import handles
from shared_apps.entitlements.services.quotas import counts
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.services.close_order import deliver_signed_order
from tenant_apps.shipping.events import ParcelSigned


@counts("orders", at_least=True)
def count_orders(now: datetime) -> int:
    """Count the orders placed in the month of `now`, late imports with an earlier date included."""
    return lists.count_placed_in_month(now=now)


@handles(ParcelSigned, name="orders.deliver_signed")
def deliver_signed(event: ParcelSigned) -> None:
    kind, _colon, number = event.source.partition(":")
    if kind == "order" and number.isdecimal():
        deliver_signed_order(order_id=int(number))
