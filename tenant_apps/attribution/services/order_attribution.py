"""Attribute an order to an agent by typed code, followed link, policy and existing binding.

What is decided here is frozen on the order. Payment, refund and commission read it there and never ask again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kernel.core import clock
from tenant_apps.agents.selectors.agents import UplineMember
from tenant_apps.attribution import selectors
from tenant_apps.attribution.services import purchases, touchpoints
from tenant_apps.attribution.services.touchpoints import Contact, TouchpointResult
from tenant_apps.attribution.states import TouchpointSource
from tenant_apps.customers import selectors as customer_reader
from tenant_apps.customers import services as customers


@dataclass(frozen=True, slots=True)
class Visitor:
    """A known customer by id, or anybody by phone; neither for an anonymous buyer."""

    phone: str = ""
    name: str = ""
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Customer, agent and upline of an order, and the touchpoint to log once the order has its number."""

    customer_id: int | None
    agent_id: int | None
    upline: list[dict[str, object]]
    result: TouchpointResult | None


def attribute_order(
    *, visitor: Visitor, agent_code: str | None, referral: str, now: datetime, received_at: datetime
) -> Attribution:
    """Decide whose the order is. `agent_code` was typed; `referral` is what a link left behind.

    A typed code that means nobody who may sell is refused (AgentNotFound, AgentNotActive, AgentExpired); a stale link
    is not the buyer's fault and counts for nothing. An anonymous buyer is bound to nobody, the order is whose code he
    gave. `received_at` is when an imported order came in. Raises InvalidPhone too.
    """
    day = clock.business_date(now)
    customer_id, phone, wechat_id = _identify(visitor)
    found: selectors.Referral | None = None
    if agent_code:
        found = selectors.get_selling_referral(code=agent_code, source=TouchpointSource.CODE, as_of=day)
    elif referral:
        found = selectors.find_referral(text=referral, as_of=day)
    if customer_id is None:
        return _frozen(None, found.agent.members if found else [])
    if found is None:
        purchases.note_purchasers(customer_ids=[customer_id])
        holder = selectors.find_holder(customer_id=customer_id, phone=phone, wechat_id=wechat_id, as_of=now)
        return _frozen(customer_id, holder.members if holder else [])
    contact = Contact(customer_id, phone, found.source, found.link_id, buys=True, wechat_id=wechat_id)
    result = touchpoints.decide_touchpoint(contact=contact, seller=found.agent, now=received_at)
    members = found.agent.members
    if result.agent_id != found.agent.id:
        holder = selectors.find_holder(customer_id=customer_id, phone=phone, wechat_id=wechat_id, as_of=received_at)
        members = holder.members if holder else []
    return _frozen(customer_id, members, result)


def log_order(attribution: Attribution, *, order_number: str) -> None:
    """Log the touchpoint that led to the order, where there was one. One statement."""
    if attribution.result is not None:
        touchpoints.log_touchpoint(attribution.result, order_number=order_number)


@transaction.atomic
def record_visit(*, visitor: Visitor, code: str, source: TouchpointSource, now: datetime) -> TouchpointResult:
    """Bind a customer who came to the brand's own shop by an agent's link or code, before any order.

    An unknown phone number becomes a customer. Raises AgentNotFound, AgentNotActive, AgentExpired (field `code`),
    CustomerNotFound, InvalidPhone.
    """
    referral = selectors.get_selling_referral(code=code, source=source, as_of=clock.business_date(now), field="code")
    if visitor.customer_id is not None:
        customer_reader.get_customer(customer_id=visitor.customer_id)
    customer_id, phone, wechat_id = _identify(visitor)
    contact = Contact(customer_id or 0, phone, referral.source, referral.link_id, wechat_id=wechat_id)
    return touchpoints.record_touchpoint(contact=contact, seller=referral.agent, now=now)


@transaction.atomic
def bind_customer(*, customer_id: int, agent_id: int, reason: str, now: datetime) -> TouchpointResult:
    """Give a customer to an agent by hand.

    Raises CustomerNotFound, ReasonMissing, OwnPurchase, AgentNotFound, AgentNotActive, AgentExpired.
    """
    customer = customer_reader.get_customer(customer_id=customer_id)
    seller = selectors.get_seller(agent_id=agent_id, as_of=clock.business_date(now))
    contact = Contact(customer_id, customer.phone, wechat_id=customer.external_id)
    return touchpoints.bind_by_hand(contact=contact, seller=seller, reason=reason, now=now)


def freeze_members(members: Sequence[UplineMember]) -> list[dict[str, object]]:
    """Return the upline as an order keeps it."""
    return [{"tier": one.tier, "agent_id": one.agent_id, "level_id": one.level_id, "code": one.code} for one in members]


def _identify(visitor: Visitor) -> tuple[int | None, str, str]:
    """Return the customer's id, phone and WeChat id; an unknown phone number becomes a customer."""
    if visitor.customer_id is not None:
        return visitor.customer_id, *customer_reader.get_marks(customer_id=visitor.customer_id)
    if not visitor.phone:
        return None, "", ""
    customer = customers.ensure_customer(phone=visitor.phone, name=visitor.name)
    return customer.pk, customer.phone, customer.external_id


def _frozen(
    customer_id: int | None, members: Sequence[UplineMember], result: TouchpointResult | None = None
) -> Attribution:
    agent_id = members[0].agent_id if members else None
    return Attribution(customer_id, agent_id, freeze_members(members), result)
