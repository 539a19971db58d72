"""Reactions to facts about agents."""

from kernel.events.outbox import handles
from tenant_apps.agents.events import LevelSet
from tenant_apps.ranks.services import proposals


@handles(LevelSet, name="ranks.lapse_proposals")
def lapse_proposals(event: LevelSet) -> None:
    proposals.lapse_proposals(agent_id=event.agent_id, proposed_until=event.set_at)
