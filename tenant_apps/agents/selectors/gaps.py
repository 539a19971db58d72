"""The days on which an agent had no contract, and whose customers bought meanwhile."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import Q

from kernel.core import clock
from tenant_apps.agents import selectors
from tenant_apps.agents.models import AgentTerm, Binding
from tenant_apps.agents.states import Standing


@dataclass(frozen=True, slots=True)
class Gap:
    """Half-open, in moments, and the customers who were the agent's at some time in it."""

    since: datetime
    until: datetime
    customer_ids: frozenset[int]


def list_gaps(*, agent_id: int, now: datetime) -> list[Gap]:
    """The gaps between an agent's terms, and since the last one where the agent has expired; the earliest first.

    Raises AgentNotFound.
    """
    agent = selectors.get_agent(agent_id=agent_id)
    terms = list(AgentTerm.objects.filter(agent_id=agent_id).order_by("starts_on"))
    days: list[tuple[date, date]] = []
    for term, following in pairwise(terms):
        if term.ends_on is not None and term.ends_on + timedelta(days=1) < following.starts_on:
            days.append((term.ends_on + timedelta(days=1), following.starts_on))
    today = clock.business_date(now)
    if agent.standing(today) == Standing.EXPIRED and agent.valid_until is not None:
        days.append((agent.valid_until + timedelta(days=1), today + timedelta(days=1)))
    return [_gap(agent_id, clock.day_bounds(first)[0], clock.day_bounds(last)[0]) for first, last in days]


def _gap(agent_id: int, since: datetime, until: datetime) -> Gap:
    bound = Binding.objects.filter(agent_id=agent_id, bound_at__lt=until, expires_at__gt=since)
    held = bound.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    return Gap(since, until, frozenset(held.values_list("customer_id", flat=True)))
