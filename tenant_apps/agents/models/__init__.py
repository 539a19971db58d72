"""Tables of the agents."""

from tenant_apps.agents.models.agents import Agent, SponsorHistory
from tenant_apps.agents.models.files import (
    AgentDocument,
    AgentGroup,
    AgentNote,
    AgentTerm,
    Certificate,
    GroupMember,
    SensitiveLook,
)
from tenant_apps.agents.models.levels import (
    Level,
    LevelChange,
)

__all__ = [
    "Agent",
    "AgentDocument",
    "AgentGroup",
    "AgentNote",
    "AgentTerm",
    "Certificate",
    "GroupMember",
    "Level",
    "LevelChange",
    "SensitiveLook",
    "SponsorHistory",
]
