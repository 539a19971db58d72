"""What the floor asks of the agents."""

from datetime import datetime

from kernel.quotas import counts
from tenant_apps.agents import selectors


@counts("agents")
def count_agents(now: datetime) -> int:
    """Applicants, active and suspended agents."""
    return selectors.count_agents()
