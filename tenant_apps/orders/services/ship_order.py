"""Ship orders."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderShipped
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.services.locking import lock_open_order, party_of
from tenant_apps.orders.services.parcels import ensure_parcel_is_named
from tenant_apps.orders.states import FULFILMENT_TRANSITIONS, MONEY_IS_HERE, FulfilmentState, PaymentState


class OrderNotPaid(Conflict):
    code = "order_not_paid"
    title = _("The order is not paid")


@transaction.atomic
def ship_order(
    *, order_id: int, carrier: str = "", tracking_number: str = "", needs_parcel: bool = False, now: datetime
) -> Order:
    """Ship everything that was not refunded and store each line's cost.

    With `needs_parcel`, as in the console, goods need a carrier and a tracking number; programs and files of other
    shops may leave them out and send them later.
    Posts Dr 2203 advances, Cr 5001 revenue for what was paid and not refunded; inventory posts the cost.
    Raises OrderNotFound, OrderNotOpen, OrderNotPaid, IllegalTransition, ParcelNotNamed.
    """
    carrier = carrier.strip()
    tracking_number = tracking_number.strip()
    order = lock_open_order(order_id)
    before = FulfilmentState(order.fulfilment_state)
    ensure_allowed(FULFILMENT_TRANSITIONS, now=before, wanted=FulfilmentState.SHIPPED)
    if PaymentState(order.payment_state) not in MONEY_IS_HERE:
        raise OrderNotPaid
    if needs_parcel:
        ensure_parcel_is_named(order_id=order.pk, carrier=carrier, tracking_number=tracking_number)
    sent = {"shipped_at": now, "carrier": carrier[:40], "tracking_number": tracking_number[:64]}
    unshipped = Order.objects.filter(pk=order.pk)
    compare_and_set(unshipped, field="fulfilment_state", expected=before, wanted=FulfilmentState.SHIPPED, **sent)
    for name, value in {"fulfilment_state": FulfilmentState.SHIPPED, **sent}.items():
        setattr(order, name, value)
    costs = inventory.ship(source=f"order:{order.pk}", now=now)
    if not OrderLine.objects.mark_bundles_shipped(order.pk, costs):
        OrderLine.objects.mark_shipped(order.pk, costs)
    _earn(order, order.total - order.refunded_amount, now)
    outbox.publish(OrderShipped(order_id=order.pk, shipped_at=now))
    audit.record(
        action="orders.ship",
        subject=f"order:{order.pk}",
        before={"fulfilment_state": before},
        after={"fulfilment_state": order.fulfilment_state, "carrier": carrier, "tracking_number": tracking_number},
    )
    return order


def _earn(order: Order, amount: Decimal, now: datetime) -> None:
    if amount > 0:
        transfer = finance.NewTransfer(AccountCode.ADVANCES, AccountCode.REVENUE, amount, party_of(order))
        memo = gettext("Shipment of %(number)s") % {"number": order.number}
        finance.post_entry(source=f"order:{order.pk}:shipped", occurred_at=now, memo=memo, transfers=[transfer])
