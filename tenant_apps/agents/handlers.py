"""Count what the plan limits, and react to facts about agents."""

from datetime import datetime

from kernel.core import clock
from kernel.events.outbox import handles
from shared_apps.entitlements.services.quotas import counts
from tenant_apps.agents.events import AgentWelcomed, ContractEndsSoon
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import letters


@counts("agents")
def count_agents(now: datetime) -> int:
    """Applicants, active and suspended agents."""
    return selectors.count_agents()


@handles(AgentWelcomed, name="agents.send_welcome")
def send_welcome(event: AgentWelcomed) -> None:
    letters.send_welcome(event, now=clock.now())


@handles(ContractEndsSoon, name="agents.send_ending")
def send_ending(event: ContractEndsSoon) -> None:
    letters.send_ending(event)
