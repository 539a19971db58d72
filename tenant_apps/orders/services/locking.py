"""Lock an order to serialise its transitions."""

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.documents import OrderNotFound
from tenant_apps.orders.states import OrderState


class OrderNotOpen(Conflict):
    code = "order_not_open"
    title = _("The order is completed or cancelled")


def lock_order(order_id: int) -> Order:
    """Lock the order FOR NO KEY UPDATE, so rows that refer to it are not blocked. Raises OrderNotFound."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def lock_open_order(order_id: int) -> Order:
    """As lock_order; raises OrderNotOpen too."""
    order = lock_order(order_id)
    if order.state != OrderState.OPEN:
        raise OrderNotOpen
    return order


def party_of(order: Order) -> str:
    if order.customer_id:
        return f"customer:{order.customer_id}"
    return f"agent:{order.agent_id}" if order.kind in {"restock", "dispatch"} else ""
