"""Bindings that end many at once: by their date, and when an agent leaves."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from kernel.core import audit
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Binding
from tenant_apps.attribution.services.policy import binding_policy_of
from tenant_apps.attribution.states import BindingEnd, TouchpointOutcome, TouchpointSource

_BATCH_SIZE = 5_000

# The successor takes the customers as they stand: both dates pass over, so that nothing is won by a hand-over.
_TO_SUCCESSOR = """
INSERT INTO attribution_binding (customer_id, agent_id, source, bound_at, protected_until, expires_at, ended_because)
SELECT customer_id, %(successor)s, 'manual', %(now)s, greatest(protected_until, %(now)s), expires_at, ''
FROM attribution_binding WHERE agent_id = %(agent)s AND ended_at = %(now)s AND ended_because = 'handed_over'
ORDER BY customer_id
ON CONFLICT (customer_id) WHERE ended_at IS NULL DO NOTHING
"""

_LOG = """
INSERT INTO attribution_touchpoint
    (customer_id, agent_id, source, occurred_at, outcome, held_by_id, policy, order_number, reason)
SELECT customer_id, %(to)s, %(source)s, %(now)s, %(outcome)s, %(agent)s, %(policy)s::jsonb, '', %(reason)s
FROM attribution_binding WHERE agent_id = %(agent)s AND ended_at = %(now)s AND ended_because = %(because)s
ORDER BY customer_id
"""


@transaction.atomic
def hand_over_bindings(*, agent_id: int, successor_id: int | None, now: datetime, reason: str = "") -> int:
    """Give all customers of an agent who leaves to the successor, or (None) let them go; returns how many.

    The successor may sell: the caller has looked. A handful of statements, however many customers; each is in the log.
    """
    end_lapsed(now=now)
    because = BindingEnd.MANUAL if successor_id is None else BindingEnd.HANDED_OVER
    mine = Binding.objects.filter(agent_id=agent_id, ended_at__isnull=True, expires_at__gt=now)
    # Locked in one order, so that two hand-overs wait for each other instead of deadlocking.
    locked = mine.select_for_update(no_key=True).order_by("customer_id").values_list("id", flat=True)
    count = Binding.objects.filter(id__in=list(locked)).update(ended_at=now, ended_because=because)
    if not count:
        return 0
    values = {
        "agent": agent_id,
        "successor": successor_id,
        "to": agent_id if successor_id is None else successor_id,
        "source": TouchpointSource.MANUAL.value,
        "outcome": (TouchpointOutcome.RELEASED if successor_id is None else TouchpointOutcome.HANDED_OVER).value,
        "because": because.value,
        "policy": binding_policy_of(selectors.get_policy()).as_text(),
        "reason": reason.strip()[:200],
        "now": now,
    }
    with connection.cursor() as cursor:
        if successor_id is not None:
            cursor.execute(_TO_SUCCESSOR, values)
        cursor.execute(_LOG, values)
    audit.record(
        action="attribution.customers_handed_over",
        subject=f"agent:{agent_id}",
        after={"successor_id": successor_id, "customers": count},
    )
    return count


@transaction.atomic
def end_lapsed(*, now: datetime) -> int:
    """End the bindings whose last day is over, as of that day; returns how many. They count for nobody before it too.

    One that somebody works on at this moment is left to him, or to the next time.
    """
    due = Binding.objects.filter(ended_at__isnull=True, expires_at__lte=now).order_by("expires_at")
    total = 0
    while ids := list(due.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[:_BATCH_SIZE]):
        total += Binding.objects.filter(id__in=ids).update(ended_at=F("expires_at"), ended_because=BindingEnd.EXPIRED)
    return total
