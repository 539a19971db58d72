"""Record touchpoints and bind customers to agents.

For one customer touchpoints happen one after another: whoever comes second waits for the open binding, or for the
unique constraint that allows one, and decides anew by what the first one left. So the log, read by id, is the history.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, ReasonMissing
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Binding, Touchpoint
from tenant_apps.attribution.rules import bindings
from tenant_apps.attribution.rules.bindings import BindingPolicy, OpenBinding
from tenant_apps.attribution.selectors import Seller
from tenant_apps.attribution.states import BindingEnd, BindingMode, TouchpointOutcome, TouchpointSource

_ATTEMPTS = 5

# Policy and open binding in one statement, the binding locked; a binding that ends meanwhile is no longer found. The
# commonest case is settled on the way: a customer nobody has is bound to %(agent)s, unless only new ones may be or the
# agent buys himself. In every other case, and where a twin was first, nothing is inserted and `decide` has the word.
# A purchase is noted on the way too; the statement still sees whether there was one before.
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
), purchased AS (
    INSERT INTO attribution_purchaser (customer_id) SELECT %(customer)s WHERE %(buys)s ON CONFLICT DO NOTHING
)
SELECT EXISTS (SELECT 1 FROM bound), EXISTS (SELECT 1 FROM attribution_purchaser WHERE customer_id = %(customer)s),
    policy.mode, policy.protection_days, policy.expiry_days,
    policy.own_purchases_earn, held.id, held.agent_id, held.protected_until, held.expires_at
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


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer and the way he came; `buys` where it is a purchase, which is noted."""

    customer_id: int
    phone: str = ""
    source: TouchpointSource = TouchpointSource.LINK
    link_id: int | None = None
    buys: bool = False
    wechat_id: str = ""


@dataclass(frozen=True, slots=True)
class TouchpointResult:
    """Result of a touchpoint. `agent_id` is None when an order placed now stays unattributed."""

    agent_id: int | None
    outcome: TouchpointOutcome
    touchpoint: Touchpoint


@transaction.atomic
def record_touchpoint(*, contact: Contact, seller: Seller, now: datetime) -> TouchpointResult:
    """Bind the customer by the policy and log it. The seller may sell (selectors). Raises CustomerContested."""
    result = decide_touchpoint(contact=contact, seller=seller, now=now)
    log_touchpoint(result)
    return result


def decide_touchpoint(*, contact: Contact, seller: Seller, now: datetime) -> TouchpointResult:
    """Bind the customer by the policy; `log_touchpoint` follows in the transaction, once the order has its number.

    One statement where nothing changes or a customer nobody has is bound. Raises CustomerContested.
    """
    is_self = seller.is_person(phone=contact.phone, wechat_id=contact.wechat_id)
    has_bought: bool | None = None
    for _attempt in range(_ATTEMPTS):
        found = _look(contact, now, agent_id=seller.id, is_self=is_self)
        # A second look would see the purchase that the first one noted.
        has_bought = found.has_bought if has_bought is None else has_bought
        if found.is_bound:
            return _result(TouchpointOutcome.BOUND, found.policy, None, contact=contact, agent_id=seller.id, now=now)
        outcome = bindings.decide(
            found.policy, found.held, agent_id=seller.id, is_self=is_self, is_new=not has_bought, now=now
        )
        if _carry_out(outcome, found.policy, found.held, contact=contact, agent_id=seller.id, now=now):
            return _result(outcome, found.policy, found.held, contact=contact, agent_id=seller.id, now=now)
    raise CustomerContested


def log_touchpoint(result: TouchpointResult, *, order_number: str = "") -> None:
    """Write the touchpoint down, with the order it was about. One statement."""
    result.touchpoint.order_number = order_number
    Touchpoint.objects.insert(result.touchpoint)


@transaction.atomic
def bind_by_hand(*, contact: Contact, seller: Seller, reason: str, now: datetime) -> TouchpointResult:
    """Give the customer to an agent, whatever stands against it, with both dates from now on.

    Raises ReasonMissing, OwnPurchase, CustomerContested.
    """
    told = _ensure_reason(reason)
    by_hand = replace(contact, source=TouchpointSource.MANUAL)
    for _attempt in range(_ATTEMPTS):
        found = _look(by_hand, now)
        is_self = seller.is_person(phone=contact.phone, wechat_id=contact.wechat_id)
        if is_self and not found.policy.own_purchases_earn:
            raise OwnPurchase(field="agent_id")
        outcome = _outcome_by_hand(found.held, seller.id)
        if _carry_out(outcome, found.policy, found.held, contact=by_hand, agent_id=seller.id, now=now):
            result = _result(outcome, found.policy, found.held, contact=by_hand, agent_id=seller.id, now=now)
            result.touchpoint.reason = told
            log_touchpoint(result)
            former = found.held.agent_id if found.held else None
            _audit("bound", contact.customer_id, former, seller.id, told)
            return result
    raise CustomerContested


@transaction.atomic
def end_binding(*, binding_id: int, reason: str, now: datetime) -> Binding:
    """Let the customer go: from now on nobody owns him. Raises BindingNotFound, BindingEnded, ReasonMissing."""
    told = _ensure_reason(reason)
    binding = selectors.get_binding_by_id(binding_id=binding_id)
    found = _look(Contact(binding.customer_id), now)
    held = found.held
    if held is None or held.binding_id != binding_id:
        raise BindingEnded
    _end([held.binding_id], BindingEnd.MANUAL, now)
    Touchpoint.objects.create(
        customer_id=binding.customer_id,
        agent_id=held.agent_id,
        source=TouchpointSource.MANUAL,
        occurred_at=now,
        outcome=TouchpointOutcome.RELEASED,
        held_by_id=held.agent_id,
        policy=found.policy.as_json(),
        reason=told,
    )
    _audit("released", binding.customer_id, held.agent_id, None, told)
    return selectors.get_binding_by_id(binding_id=binding_id)


@dataclass(frozen=True, slots=True)
class _Found:
    """State of a customer: free and bound just now, bought before, the policy, and the binding, locked."""

    is_bound: bool
    has_bought: bool
    policy: BindingPolicy
    held: OpenBinding | None


def _look(contact: Contact, now: datetime, *, agent_id: int | None = None, is_self: bool = False) -> _Found:
    """Ask `_LOOK`. A binding that has lapsed is ended as of the day it did."""
    values = {
        "customer": contact.customer_id,
        "agent": agent_id,
        "source": contact.source.value,
        "now": now,
        "is_self": is_self,
        "buys": contact.buys,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, values)
        is_bound, has_bought, mode, protection, expiry, own, *binding = cursor.fetchone()
    held = OpenBinding(*binding) if binding[0] is not None else None
    if held is not None and held.expires_at <= now:
        _end([held.binding_id], BindingEnd.EXPIRED, held.expires_at)
        held = None
    return _Found(is_bound, has_bought, BindingPolicy(BindingMode(mode), protection, expiry, own), held)


def _outcome_by_hand(held: OpenBinding | None, agent_id: int) -> TouchpointOutcome:
    if held is None:
        return TouchpointOutcome.BOUND
    return TouchpointOutcome.CONFIRMED if held.agent_id == agent_id else TouchpointOutcome.TAKEN_OVER


def _carry_out(
    outcome: TouchpointOutcome,
    policy: BindingPolicy,
    held: OpenBinding | None,
    *,
    contact: Contact,
    agent_id: int,
    now: datetime,
) -> bool:
    """Write what the outcome means for the binding. False: somebody else bound the customer first, decide again."""
    protected = policy.protected_until(now)
    expires = policy.expires_at(now)
    if outcome == TouchpointOutcome.CONFIRMED and held is not None:
        if bindings.renews(policy) or contact.source == TouchpointSource.MANUAL:
            Binding.objects.filter(id=held.binding_id).update(protected_until=protected, expires_at=expires)
        return True
    if outcome not in {TouchpointOutcome.BOUND, TouchpointOutcome.TAKEN_OVER}:
        return True
    if held is not None:
        _end([held.binding_id], BindingEnd.TAKEN_OVER, now)
    with connection.cursor() as cursor:
        cursor.execute(_BIND, [contact.customer_id, agent_id, contact.source.value, now, protected, expires])
        return cursor.fetchone() is not None


def _result(
    outcome: TouchpointOutcome,
    policy: BindingPolicy,
    held: OpenBinding | None,
    *,
    contact: Contact,
    agent_id: int,
    now: datetime,
) -> TouchpointResult:
    log = Touchpoint(
        customer_id=contact.customer_id,
        agent_id=agent_id,
        source=contact.source,
        occurred_at=now,
        outcome=outcome,
        held_by_id=held.agent_id if held else None,
        policy=policy.as_json(),
        link_id=contact.link_id,
    )
    return TouchpointResult(bindings.attributed_to(outcome, agent_id=agent_id, held=held), outcome, log)


def _end(binding_ids: list[int], why: BindingEnd, moment: datetime) -> None:
    Binding.objects.filter(id__in=binding_ids).update(ended_at=moment, ended_because=why)


def _ensure_reason(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing(field="reason")
    return reason.strip()[:200]


def _audit(what: str, customer_id: int, former: int | None, present: int | None, reason: str) -> None:
    audit.record(
        action=f"attribution.customer_{what}",
        subject=f"customer:{customer_id}",
        before={"agent_id": former},
        after={"agent_id": present, "reason": reason},
    )
