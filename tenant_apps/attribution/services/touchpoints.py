"""An agent meets a customer: whose the customer is from then on, and the log of every such meeting.

For one customer the meetings happen one after another: whoever comes second waits for the open binding, or for the
unique constraint that allows one, and decides anew by what the first one left. So the log, read by id, is the history.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, ReasonMissing
from tenant_apps.agents.models import Agent
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Binding, Touchpoint
from tenant_apps.attribution.rules import bindings
from tenant_apps.attribution.rules.bindings import Held, Terms
from tenant_apps.attribution.states import BindingEnd, BindingMode, TouchOutcome, TouchSource

_ATTEMPTS = 5

# Policy and open binding in one statement, the binding locked; a binding that ends meanwhile is no longer found. The
# commonest case is settled on the way: a customer nobody has is bound to %(agent)s, unless only new ones may be or the
# agent buys himself. In every other case, and where a twin was first, nothing is inserted and `decide` has the word.
_LOOK = """
WITH held AS MATERIALIZED (
    SELECT id, agent_id, protected_until, expires_at FROM attribution_binding
    WHERE customer_id = %(customer)s AND ended_at IS NULL FOR NO KEY UPDATE
), bound AS (
    INSERT INTO attribution_binding
        (customer_id, agent_id, source, bound_at, protected_until, expires_at, ended_because)
    SELECT %(customer)s, %(agent)s::bigint, %(source)s, %(now)s, %(now)s + make_interval(hours => 24 * protection_days),
        %(now)s + make_interval(hours => 24 * expiry_days), ''
    FROM attribution_policy
    WHERE %(agent)s::bigint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM held) AND mode <> 'new_only'
        AND (own_purchases_earn OR NOT %(is_self)s)
    ON CONFLICT (customer_id) WHERE ended_at IS NULL DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT 1 FROM bound), policy.mode, policy.protection_days, policy.expiry_days, policy.own_purchases_earn,
    held.id, held.agent_id, held.protected_until, held.expires_at
FROM attribution_policy policy LEFT JOIN held ON true
"""

# A twin that binds the same customer is waited for; nothing comes back when it was first.
_BIND = """
INSERT INTO attribution_binding (customer_id, agent_id, source, bound_at, protected_until, expires_at, ended_because)
VALUES (%s, %s, %s, %s, %s, %s, '')
ON CONFLICT (customer_id) WHERE ended_at IS NULL DO NOTHING
RETURNING id
"""


class CustomerContested(Conflict):
    code = "customer_contested"
    title = _("Several agents claim this customer at this moment; try again")


class BindingEnded(Conflict):
    code = "binding_ended"
    title = _("This binding has ended already")


class OwnPurchase(Conflict):
    code = "own_purchase"
    title = _("An agent is not bound to himself")


def _never_bought() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer and the way he came. `has_bought` is asked only where new customers alone are bound."""

    customer_id: int
    phone: str = ""
    source: TouchSource = TouchSource.LINK
    link_id: int | None = None
    has_bought: Callable[[], bool] = field(default=_never_bought)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Result of a touchpoint. `agent_id` is None when an order placed now stays unattributed."""

    agent_id: int | None
    outcome: TouchOutcome
    touch: Touchpoint


@transaction.atomic
def touch(*, contact: Contact, agent: Agent, now: datetime, order_number: str = "") -> Meeting:
    """An agent's link, QR code or typed code met a customer: bind by the policy, and log it.

    The agent may sell (get_selling_referral, find_referral). Raises CustomerContested.
    """
    meeting = meet(contact=contact, agent=agent, now=now)
    log_meeting(meeting=meeting, order_number=order_number)
    return meeting


def meet(*, contact: Contact, agent: Agent, now: datetime) -> Meeting:
    """The same without the log, for orders, whose number is not known yet; `log_meeting` follows in the transaction.

    One statement where nothing changes or a customer nobody has is bound. Raises CustomerContested.
    """
    is_self = bool(contact.phone) and contact.phone == agent.phone
    for _attempt in range(_ATTEMPTS):
        is_bound, terms, held = _look(contact, now, agent_id=agent.pk, is_self=is_self)
        if is_bound:
            return _meeting(TouchOutcome.BOUND, terms, None, contact=contact, agent_id=agent.pk, now=now)
        outcome = bindings.decide(
            terms,
            held,
            agent_id=agent.pk,
            is_self=is_self,
            is_new=lambda: not contact.has_bought(),
            moment=now,
        )
        if _carry_out(outcome, terms, held, contact=contact, agent_id=agent.pk, now=now):
            return _meeting(outcome, terms, held, contact=contact, agent_id=agent.pk, now=now)
    raise CustomerContested


def log_meeting(*, meeting: Meeting, order_number: str = "") -> None:
    """Write the touch down, with the order it was about. One statement."""
    meeting.touch.order_number = order_number
    meeting.touch.save()


@transaction.atomic
def bind_by_hand(*, contact: Contact, agent: Agent, reason: str, now: datetime) -> Meeting:
    """Give the customer to an agent, whatever stands against it, with both dates from now on.

    Raises ReasonMissing, OwnPurchase, CustomerContested.
    """
    told = _told(reason)
    by_hand = replace(contact, source=TouchSource.MANUAL)
    for _attempt in range(_ATTEMPTS):
        _bound, terms, held = _look(by_hand, now)
        if contact.phone and contact.phone == agent.phone and not terms.own_purchases_earn:
            raise OwnPurchase(field="agent_id")
        outcome = _outcome_by_hand(held, agent.pk)
        if _carry_out(outcome, terms, held, contact=by_hand, agent_id=agent.pk, now=now):
            meeting = _meeting(outcome, terms, held, contact=by_hand, agent_id=agent.pk, now=now)
            meeting.touch.reason = told
            log_meeting(meeting=meeting)
            _audit("bound", contact.customer_id, held.agent_id if held else None, agent.pk, told)
            return meeting
    raise CustomerContested


@transaction.atomic
def end_binding(*, binding_id: int, reason: str, now: datetime) -> Binding:
    """Let the customer go: from now on nobody owns him. Raises BindingNotFound, BindingEnded, ReasonMissing."""
    told = _told(reason)
    binding = selectors.get_binding_by_id(binding_id=binding_id)
    _bound, terms, held = _look(Contact(binding.customer_id), now)
    if held is None or held.binding_id != binding_id:
        raise BindingEnded
    _end([held.binding_id], BindingEnd.MANUAL, now)
    Touchpoint.objects.create(
        customer_id=binding.customer_id,
        agent_id=held.agent_id,
        source=TouchSource.MANUAL,
        occurred_at=now,
        outcome=TouchOutcome.RELEASED,
        held_by_id=held.agent_id,
        policy=terms.as_json(),
        reason=told,
    )
    _audit("released", binding.customer_id, held.agent_id, None, told)
    return selectors.get_binding_by_id(binding_id=binding_id)


def _look(
    contact: Contact, now: datetime, *, agent_id: int | None = None, is_self: bool = False
) -> tuple[bool, Terms, Held | None]:
    """Return whether the customer is new to the agent, the policy, and the binding that stood, locked.

    One that has lapsed is ended as of the day it did.
    """
    values = {
        "customer": contact.customer_id,
        "agent": agent_id,
        "source": contact.source.value,
        "now": now,
        "is_self": is_self,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, values)
        is_bound, mode, protection, expiry, own, *binding = cursor.fetchone()
    terms = Terms(BindingMode(mode), protection, expiry, own)
    held = Held(*binding) if binding[0] is not None else None
    if held is not None and held.expires_at <= now:
        _end([held.binding_id], BindingEnd.EXPIRED, held.expires_at)
        held = None
    return is_bound, terms, held


def _outcome_by_hand(held: Held | None, agent_id: int) -> TouchOutcome:
    if held is None:
        return TouchOutcome.BOUND
    return TouchOutcome.CONFIRMED if held.agent_id == agent_id else TouchOutcome.TAKEN_OVER


def _carry_out(
    outcome: TouchOutcome, terms: Terms, held: Held | None, *, contact: Contact, agent_id: int, now: datetime
) -> bool:
    """Write what the outcome means for the binding. False: somebody else bound the customer first, decide again."""
    protected = terms.protected_until(now)
    expires = terms.expires_at(now)
    if outcome == TouchOutcome.CONFIRMED and held is not None:
        if bindings.renews(terms) or contact.source == TouchSource.MANUAL:
            Binding.objects.filter(id=held.binding_id).update(protected_until=protected, expires_at=expires)
        return True
    if outcome not in {TouchOutcome.BOUND, TouchOutcome.TAKEN_OVER}:
        return True
    if held is not None:
        _end([held.binding_id], BindingEnd.TAKEN_OVER, now)
    with connection.cursor() as cursor:
        cursor.execute(_BIND, [contact.customer_id, agent_id, contact.source.value, now, protected, expires])
        return cursor.fetchone() is not None


def _meeting(
    outcome: TouchOutcome, terms: Terms, held: Held | None, *, contact: Contact, agent_id: int, now: datetime
) -> Meeting:
    log = Touchpoint(
        customer_id=contact.customer_id,
        agent_id=agent_id,
        source=contact.source,
        occurred_at=now,
        outcome=outcome,
        held_by_id=held.agent_id if held else None,
        policy=terms.as_json(),
        link_id=contact.link_id,
    )
    return Meeting(bindings.attributed_to(outcome, agent_id=agent_id, held=held), outcome, log)


def _end(binding_ids: list[int], why: BindingEnd, moment: datetime) -> None:
    Binding.objects.filter(id__in=binding_ids).update(ended_at=moment, ended_because=why)


def _told(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing(field="reason")
    return reason.strip()[:200]


def _audit(what: str, customer_id: int, former: int | None, present: int | None, reason: str) -> None:
    audit.record(
        action=f"agents.customer_{what}",
        subject=f"customer:{customer_id}",
        before={"agent_id": former},
        after={"agent_id": present, "reason": reason},
    )
