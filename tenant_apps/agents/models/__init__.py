"""Tables of the agents."""

from tenant_apps.agents.models.agents import Agent, SponsorHistory
from tenant_apps.agents.models.applications import (
    Application,
    ApplicationProof,
    ConsentText,
    RecruitingPage,
    TeamImport,
)
from tenant_apps.agents.models.attribution import AttributionPolicy, Binding, ReferralLink, Touch, Visit
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
    AgentSales,
    Level,
    LevelChange,
    LevelProposal,
    LevelRule,
    SalesPosting,
)

__all__ = [
    "Agent",
    "AgentDocument",
    "AgentGroup",
    "AgentNote",
    "AgentSales",
    "AgentTerm",
    "Application",
    "ApplicationProof",
    "AttributionPolicy",
    "Binding",
    "Certificate",
    "ConsentText",
    "GroupMember",
    "Level",
    "LevelChange",
    "LevelProposal",
    "LevelRule",
    "RecruitingPage",
    "ReferralLink",
    "SalesPosting",
    "SensitiveLook",
    "SponsorHistory",
    "TeamImport",
    "Touch",
    "Visit",
]
