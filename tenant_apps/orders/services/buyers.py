"""Judge, when an order is paid, who of its upline bought himself. Sales and commission both follow this judgement."""

from kernel.china.phones import find_phone
from tenant_apps.agents.selectors import agents
from tenant_apps.attribution.services import own_purchases
from tenant_apps.customers import selectors as customers
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.facts import get_ordering_user_id
from tenant_apps.orders.states import OrderKind


def mark_buyers(order: Order) -> list[int]:
    """Mark in the order's upline, which is not saved here, the agents who bought themselves; returns their ids."""
    if not order.upline:
        return []
    buyers = own_purchases.find_buyers(
        agent_ids=[member["agent_id"] for member in order.upline], marks=_marks_of_buyer(order)
    )
    order.upline = [{**member, "is_buyer": True} if member["agent_id"] in buyers else member for member in order.upline]
    return sorted(buyers)


def _marks_of_buyer(order: Order) -> own_purchases.BuyerMarks:
    """Return the customer's phone and channel id, the receiver's phone, the login that ordered; of a restock, the
    agent's own.
    """
    phones = {find_phone(str(order.receiver.get("phone", ""))) or ""}
    wechat_ids: set[str] = set()
    if order.customer_id is not None:
        customer = customers.get_customer(customer_id=order.customer_id)
        phones.add(customer.phone)
        wechat_ids.add(customer.external_id)
    if order.kind == OrderKind.RESTOCK and order.agent_id is not None:
        buyer = agents.get_agent(agent_id=order.agent_id)
        phones.add(buyer.phone)
        wechat_ids.add(buyer.wechat_id)
    user_id = get_ordering_user_id(order_id=order.pk)
    return own_purchases.BuyerMarks(frozenset(phones - {""}), frozenset(wechat_ids - {""}), user_id)
