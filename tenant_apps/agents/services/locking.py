"""Lock agents' rows."""

from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors.agents import AgentNotFound


def lock_agent(agent_id: int) -> Agent:
    """Return the agent with its level, locked against other changes until the transaction ends.

    Raises AgentNotFound.
    """
    locked = Agent.objects.select_for_update(no_key=True, of=("self",)).select_related("level")
    agent = locked.defer("id_number", "bank_card").filter(id=agent_id).first()
    if agent is None:
        raise AgentNotFound
    return agent
