"""Attribute an order to an agent by typed code, followed link, policy and existing binding.

The decision is frozen on the order. Payment, refund and commission read it there and never ask again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from kernel.core import clock
from tenant_apps.agents import selectors as agents
from tenant_apps.agents.states import Standing
from tenant_apps.attribution import selectors as bindings
from tenant_apps.attribution.services import referral_links, touchpoints
from tenant_apps.attribution.states import TouchSource
from tenant_apps.catalog.selectors import products
from tenant_apps.customers import selectors as customer_reader
from tenant_apps.customers import services as customers
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import Buyer
from tenant_apps.orders.states import OrderKind, OrderState

UPLINE_TIERS = 2


@dataclass(frozen=True, slots=True)
class Attribution:
    """Buyer, agent, and the touchpoint still to be logged once the order has its number."""

    customer_id: int | None
    agent_id: int | None
    upline: list[dict[str, object]]
    meeting: touchpoints.Meeting | None


@dataclass(frozen=True, slots=True)
class _Person:
    """A customer as far as attribution asks; a passer-by has no id."""

    id: int | None
    phone: str


def attribute(*, buyer: Buyer, agent_code: str | None, now: datetime, received_at: datetime) -> Attribution:
    """Decide whose the order is. `agent_code` was typed; `buyer.referral` is what a link left behind.

    A typed code that means nobody who may sell is refused (AgentNotFound, AgentNotActive, AgentExpired); a stale link
    is not the buyer's fault and counts for nothing. A passer-by is bound to nobody, his order is whose code he gave.
    """
    day = clock.business_date(now)
    person = _person(buyer)
    referral: bindings.Referral | None = None
    if agent_code:
        referral = bindings.get_selling_referral(code=agent_code, source=TouchSource.CODE, as_of=day)
    elif buyer.referral:
        referral = bindings.find_referral(text=buyer.referral, as_of=day)
    led = bindings.get_selling_members(agent=referral.agent) if referral else []
    if person.id is None:
        return _frozen(person, led, None)
    if referral is None:
        return _frozen(person, _holder(person, now), None)
    meeting = touchpoints.meet(contact=_contact(person, referral), agent=referral.agent, now=received_at)
    is_theirs = meeting.agent_id == referral.agent.pk
    return _frozen(person, led if is_theirs else _holder(person, received_at), meeting)


@transaction.atomic
def note_touch(*, buyer: Buyer, code: str, source: TouchSource, now: datetime) -> touchpoints.Meeting:
    """A customer came to the brand's own shop by an agent's link or code, before any order: bind and log.

    An unknown phone number becomes a customer. Raises AgentNotFound, AgentNotActive, AgentExpired (field `code`),
    CustomerNotFound, InvalidPhone.
    """
    day = clock.business_date(now)
    referral = bindings.get_selling_referral(code=code, source=source, as_of=day, field="code")
    if buyer.customer_id is not None:
        customer_reader.get_customer(customer_id=buyer.customer_id)
    return touchpoints.touch(contact=_contact(_person(buyer), referral), agent=referral.agent, now=now)


@transaction.atomic
def bind_customer(*, customer_id: int, agent_id: int, reason: str, now: datetime) -> touchpoints.Meeting:
    """The staff give a customer to an agent. Raises CustomerNotFound, ReasonMissing, OwnPurchase and what agents do."""
    customer = customer_reader.get_customer(customer_id=customer_id)
    agent = agents.get_selling_agent(agent_id=agent_id, as_of=clock.business_date(now))
    contact = touchpoints.Contact(customer_id, customer.phone)
    return touchpoints.bind_by_hand(contact=contact, agent=agent, reason=reason, now=now)


def ensure_link(*, agent_id: int, product_id: int | None, now: datetime) -> int:
    """The id of the agent's link to the shop or to a product. Raises AgentNotFound, ProductNotFound."""
    name = "" if product_id is None else products.get_product(product_id=product_id).name
    return referral_links.ensure_link(agent_id=agent_id, product_id=product_id, product_name=name, now=now).pk


def has_bought(*, customer_id: int) -> bool:
    """Tell whether the customer has an order that was not called off. Returns count: who returned goods is not new."""
    orders = Order.objects.filter(customer_id=customer_id).exclude(state=OrderState.CANCELLED)
    return orders.exclude(kind=OrderKind.RESTOCK).exists()


def frozen_members(members: Sequence[agents.UplineMember]) -> list[dict[str, object]]:
    """The upline as an order keeps it."""
    return [{"tier": one.tier, "agent_id": one.agent_id, "level_id": one.level_id, "code": one.code} for one in members]


def _person(buyer: Buyer) -> _Person:
    if buyer.customer_id is not None:
        return _Person(buyer.customer_id, customer_reader.get_phone(customer_id=buyer.customer_id))
    if not buyer.phone:
        return _Person(None, "")
    customer = customers.ensure_customer(phone=buyer.phone, name=buyer.name)
    return _Person(customer.pk, customer.phone)


def _contact(person: _Person, referral: bindings.Referral) -> touchpoints.Contact:
    customer_id = person.id or 0
    return touchpoints.Contact(
        customer_id=customer_id,
        phone=person.phone,
        source=referral.source,
        link_id=referral.link_id,
        has_bought=partial(has_bought, customer_id=customer_id),
    )


def _holder(person: _Person, as_of: datetime) -> list[agents.UplineMember]:
    """The agent who has the customer, if he may sell: what a frozen agent's customers buy is the brand's own sale."""
    binding = bindings.get_binding(customer_id=person.id or 0, as_of=as_of)
    if binding is None or binding.agent.standing(clock.business_date(as_of)) != Standing.ACTIVE:
        return []
    is_self = person.phone and binding.agent.phone == person.phone
    if is_self and not bindings.get_policy().own_purchases_earn:
        return []
    return bindings.get_selling_members(agent=binding.agent)


def _frozen(person: _Person, members: list[agents.UplineMember], meeting: touchpoints.Meeting | None) -> Attribution:
    seller_id = members[0].agent_id if members else None
    return Attribution(person.id, seller_id, frozen_members(members), meeting)
