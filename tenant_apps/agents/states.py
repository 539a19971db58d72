"""The words and the life of an agent."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AgentState(TextChoices):
    """Where an agent stands. That a contract ran out is not a state but a date: see `Standing`."""

    APPLIED = "applied", _("Applied")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")


class Standing(TextChoices):
    """What a reader sees on a given day: the state, or that the contract has expired."""

    APPLIED = "applied", _("Applied")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")
    EXPIRED = "expired", _("Expired")


# An applicant counts from the registration on; who was refused or has ended counts no more.
COUNTED_STATES: frozenset[AgentState] = frozenset({AgentState.APPLIED, AgentState.ACTIVE, AgentState.SUSPENDED})

AGENT_TRANSITIONS: dict[AgentState, frozenset[AgentState]] = {
    AgentState.APPLIED: frozenset({AgentState.ACTIVE, AgentState.REJECTED}),
    AgentState.REJECTED: frozenset({AgentState.APPLIED}),
    AgentState.ACTIVE: frozenset({AgentState.SUSPENDED, AgentState.ENDED}),
    AgentState.SUSPENDED: frozenset({AgentState.ACTIVE, AgentState.ENDED}),
    AgentState.ENDED: frozenset(),
}
