"""The tree: who stands below whom. Moves in one brand happen one after another.

A move is one row, however large the team below is: everybody else keeps their own sponsor.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from kernel.database.locks import take_lock
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AgentStatus

TREE_LOCK: Final = "agents.tree"

# Written in SQL because it is what everybody else's move waits for. The open row of each moved agent is closed and the
# next one opened. Whoever waited for the lock may have read the clock before the one who had it, so the moment is never
# before the open row's beginning: history runs forward.
_HANG = """
WITH moved AS (
    UPDATE agents_agent SET sponsor_id = %(sponsor_id)s, updated_at = %(now)s WHERE id = ANY(%(agent_ids)s)
), closed AS (
    UPDATE agents_sponsorhistory SET valid_to = greatest(%(now)s, valid_from)
    WHERE agent_id = ANY(%(agent_ids)s) AND valid_to IS NULL RETURNING agent_id, valid_to
)
INSERT INTO agents_sponsorhistory (agent_id, sponsor_id, valid_from)
SELECT agent_id, %(sponsor_id)s, valid_to FROM closed
"""
_SPONSOR = """
SELECT agent.state, agent.valid_until, level.may_recruit, level.name
FROM agents_agent AS agent JOIN agents_level AS level ON level.id = agent.level_id
WHERE agent.id = %(sponsor_id)s FOR NO KEY UPDATE OF agent
"""
# Up from the new sponsor to the root: is the agent on the way? UNION ends the walk in a damaged tree too.
_PLACE = """
WITH RECURSIVE chain (agent_id) AS (
    SELECT %(sponsor_id)s::bigint
    UNION
    SELECT above.sponsor_id FROM chain JOIN agents_agent AS above ON above.id = chain.agent_id
    WHERE above.sponsor_id IS NOT NULL
), sponsor AS (
    SELECT agent.state, agent.valid_until, level.may_recruit, level.name
    FROM agents_agent AS agent JOIN agents_level AS level ON level.id = agent.level_id
    WHERE agent.id = %(sponsor_id)s FOR NO KEY UPDATE OF agent
)
SELECT moved.sponsor_id, EXISTS (SELECT 1 FROM chain WHERE chain.agent_id = moved.id), sponsor.*
FROM agents_agent AS moved LEFT JOIN sponsor ON true WHERE moved.id = %(agent_id)s
"""


class UnknownSponsor(Invalid):
    code = "unknown_sponsor"
    title = _("There is no such sponsor")


class SponsorNotActive(Conflict):
    code = "sponsor_not_active"
    title = _("The sponsor is not an active agent")


class SponsorMayNotRecruit(Conflict):
    code = "sponsor_may_not_recruit"
    title = _("The sponsor's level may not have a team")


class CyclicSponsor(Conflict):
    code = "cyclic_sponsor"
    title = _("The sponsor is in the agent's own team")


@transaction.atomic
def change_sponsor(*, agent_id: int, sponsor_id: int | None, now: datetime) -> None:
    """Hang the agent, with the whole team, below another sponsor from `now` on; None makes the agent a root.

    Moves in one brand happen one after another, so that two at once cannot close a circle. Raises AgentNotFound,
    UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit, CyclicSponsor.
    """
    lock_tree()
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"agent_id": agent_id, "sponsor_id": sponsor_id})
        place = cursor.fetchone()
    if place is None:
        raise selectors.AgentNotFound
    former_id, is_circle, *sponsor = place
    if former_id == sponsor_id:
        return
    if is_circle:
        raise CyclicSponsor(field="sponsor_id")
    if sponsor_id is not None:
        _refuse_unfit(sponsor, as_of=clock.business_date(now), field="sponsor_id")
    _hang([agent_id], sponsor_id, now)
    before = {"sponsor_id": former_id}
    after = {"sponsor_id": sponsor_id}
    audit.record(action="agents.sponsor", subject=f"agent:{agent_id}", before=before, after=after)


@transaction.atomic
def hand_over_team(*, agent_id: int, successor_id: int, now: datetime) -> int:
    """Hang everybody directly below the agent below the successor; returns how many. Their own teams come along.

    A successor from within the team takes the agent's place: it goes to the agent's sponsor first. Raises
    AgentNotFound, UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit, CyclicSponsor (successor and agent the same).
    """
    lock_tree()
    agent = selectors.get_agent(agent_id=agent_id)
    if agent_id == successor_id:
        raise CyclicSponsor(field="successor_id")
    ensure_possible_sponsor(successor_id, as_of=clock.business_date(now), field="successor_id")
    if selectors.stands_above(agent_id=agent_id, member_id=successor_id):
        _hang([successor_id], agent.sponsor_id, now)
    team = list(Agent.objects.filter(sponsor_id=agent_id).exclude(id=successor_id).order_by("id").values_list("id"))
    members = [member_id for (member_id,) in team]
    if members:
        _hang(members, successor_id, now)
    record("team", agent, {"sponsor_of": members}, {"successor_id": successor_id})
    return len(members)


def ensure_possible_sponsor(sponsor_id: int, *, as_of: date, field: str = "sponsor_id") -> None:
    """Lock the sponsor against being suspended meanwhile, and refuse one who may not have a team.

    Raises UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SPONSOR, {"sponsor_id": sponsor_id})
        _refuse_unfit(cursor.fetchone() or (None,) * 4, as_of=as_of, field=field)


def lock_tree() -> None:
    """Wait until nobody else moves agents in this brand's tree; held until the transaction ends."""
    take_lock(TREE_LOCK)


def _hang(agent_ids: list[int], sponsor_id: int | None, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HANG, {"agent_ids": agent_ids, "sponsor_id": sponsor_id, "now": now})


def _refuse_unfit(sponsor: Sequence[Any], *, as_of: date, field: str) -> None:
    state, valid_until, may_recruit, level_name = sponsor
    if state is None:
        raise UnknownSponsor(field=field)
    if Agent(state=state, valid_until=valid_until).status(as_of) != AgentStatus.ACTIVE:
        raise SponsorNotActive(field=field)
    if not may_recruit:
        detail = _("Agents on the level “%(level)s” have no team.") % {"level": level_name}
        raise SponsorMayNotRecruit(detail, field=field)
