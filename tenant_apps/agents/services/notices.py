"""Notices that contracts end: 30, 7 and 1 days before, once each, to the adviser or the owners."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from kernel.core import clock
from kernel.events import outbox
from tenant_apps.agents.events import ContractEndsSoon
from tenant_apps.agents.models import Agent
from tenant_apps.agents.rules import people
from tenant_apps.agents.states import AgentState

_BATCH_SIZE: Final = 500


def record_endings(*, now: datetime) -> int:
    """Publish the notices that are due and not yet sent; returns how many. A day that was missed is made up for.

    Each agent remembers the last notice and about which day it was: a renewed contract is noticed anew.
    """
    today = clock.business_date(now)
    sent = 0
    last = 0
    while True:
        piece, last = _note_piece(today=today, after=last)
        if last < 0:
            return sent
        sent += piece


@transaction.atomic
def _note_piece(*, today: date, after: int) -> tuple[int, int]:
    """One piece of the agents whose contract ends soon; (how many were noticed, last id or −1 at the end)."""
    soon = today + timedelta(days=max(people.NOTICE_DAYS))
    ending = (
        Agent.objects.select_for_update(no_key=True)
        .only("id", "valid_until", "noticed_until", "noticed_days")
        .filter(id__gt=after, state=AgentState.ACTIVE, valid_until__gte=today, valid_until__lte=soon)
        .order_by("id")[:_BATCH_SIZE]
    )
    agents = list(ending)
    sent = 0
    for agent in agents:
        if agent.valid_until is None or not (days := people.notice_for((agent.valid_until - today).days)):
            continue
        noticed = agent.noticed_days if agent.noticed_until == agent.valid_until else None
        if noticed is not None and noticed <= days:
            continue
        Agent.objects.filter(id=agent.pk).update(noticed_until=agent.valid_until, noticed_days=days)
        outbox.publish(ContractEndsSoon(agent_id=agent.pk, days=days, valid_until=agent.valid_until))
        sent += 1
    return sent, agents[-1].pk if agents else -1
