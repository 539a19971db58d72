"""The audit entries of an agent."""

from collections.abc import Mapping

from kernel.core import audit
from tenant_apps.agents.models import Agent


def record(
    act: str, agent: Agent, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None
) -> None:
    audit.record(action=f"agents.{act}", subject=f"agent:{agent.pk}", before=before, after=after)
