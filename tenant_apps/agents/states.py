"""The words and the life of an agent."""

from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AgentState(TextChoices):
    """State of an agent. That a contract ran out is not a state but a date: see `AgentStatus`."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")


class AgentStatus(TextChoices):
    """State a reader sees on a given day: the agent's, or that the contract has expired."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")
    EXPIRED = "expired", _("Expired")


class ChangeCause(TextChoices):
    """Cause of a change of level."""

    JOINED = "joined", _("Joined")
    RULE = "rule", _("By rule")
    MANUAL = "manual", _("By hand")
    IMPORTED = "imported", _("Imported")


class DocumentKind(TextChoices):
    """Kind of document about an agent."""

    ID_CARD = "id_card", _("ID card")
    CONTRACT = "contract", _("Contract")
    LICENCE = "licence", _("Business licence")
    OTHER = "other", _("Other")


class SensitiveField(TextChoices):
    """Field shown masked, and in full only for a reason."""

    ID_NUMBER = "id_number", _("ID number")
    BANK_CARD = "bank_card", _("Bank account")


class GroupKind(TextChoices):
    """Kind of group."""

    MANUAL = "manual", _("Chosen by hand")
    CHANNEL = "channel", _("Channel")
    PERFORMANCE = "performance", _("Performance")


AGENT_TRANSITIONS: dict[AgentState, frozenset[AgentState]] = {
    AgentState.ACTIVE: frozenset({AgentState.SUSPENDED, AgentState.ENDED}),
    AgentState.SUSPENDED: frozenset({AgentState.ACTIVE, AgentState.ENDED}),
    AgentState.ENDED: frozenset(),  # whoever comes back is enrolled anew, by an application
}

# These take a place of the plan.
COUNTED_STATES: frozenset[AgentState] = frozenset({AgentState.ACTIVE, AgentState.SUSPENDED})


def status_of(state: str, valid_until: date | None, as_of: date) -> AgentStatus:
    """Return the state on the day `as_of`: an active agent whose contract ended before it is expired."""
    if state == AgentState.ACTIVE and valid_until is not None and valid_until < as_of:
        return AgentStatus.EXPIRED
    return AgentStatus(state)
