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


class ApplicationState(TextChoices):
    """Where an application stands."""

    APPLIED = "applied", _("Applied")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RejectionReason(TextChoices):
    """The standard reasons for refusing an application."""

    INCOMPLETE = "incomplete", _("Details are missing or cannot be read")
    DUPLICATE = "duplicate", _("This person is an agent already")
    REGION_TAKEN = "region_taken", _("The region has an agent already")
    NOT_QUALIFIED = "not_qualified", _("The requirements are not met")
    FALSE_DETAILS = "false_details", _("The details are not true")
    OTHER = "other", _("Another reason, see the note")


class RuleDirection(TextChoices):
    """Where a level rule leads."""

    PROMOTE = "promote", _("Promotion")
    DEMOTE = "demote", _("Demotion")


class Measure(TextChoices):
    """Whose net sales count. There is no counting of heads here, and the database refuses any other word."""

    OWN = "own", _("Own net sales")
    TEAM = "team", _("Net sales of the agent and the team")


class Period(TextChoices):
    """Over which time results are measured."""

    MONTH = "month", _("Calendar month")
    QUARTER = "quarter", _("Calendar quarter")
    ROLLING = "rolling", _("The last days")


class ApplyMode(TextChoices):
    """What happens when a rule is met."""

    PROPOSE = "propose", _("Propose it to the staff")
    APPLY = "apply", _("Apply it by itself")


class ProposalState(TextChoices):
    """Where a proposed change of level stands."""

    OPEN = "open", _("Open")
    APPLIED = "applied", _("Applied")
    DECLINED = "declined", _("Declined")
    LAPSED = "lapsed", _("No longer due")


class ChangeCause(TextChoices):
    """Why a level changed."""

    JOINED = "joined", _("Joined")
    RULE = "rule", _("By rule")
    MANUAL = "manual", _("By hand")
    IMPORTED = "imported", _("Imported")


class DocumentKind(TextChoices):
    """What a document about an agent is."""

    ID_CARD = "id_card", _("ID card")
    CONTRACT = "contract", _("Contract")
    LICENCE = "licence", _("Business licence")
    OTHER = "other", _("Other")


class SensitiveField(TextChoices):
    """What is shown masked and in full only for a reason."""

    ID_NUMBER = "id_number", _("ID number")
    BANK_CARD = "bank_card", _("Bank account")


class GroupKind(TextChoices):
    """What makes a group."""

    MANUAL = "manual", _("Chosen by hand")
    CHANNEL = "channel", _("Channel")
    PERFORMANCE = "performance", _("Performance")


class TeamImportState(TextChoices):
    """uploaded → checked → committed → undone; a check or commit that broke is failed."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Checked")
    COMMITTED = "committed", _("Imported")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")


class BindingMode(TextChoices):
    """Which touch binds a customer."""

    FIRST_COME = "first_come", _("The first agent, until the binding ends")
    NEW_ONLY = "new_only", _("Only customers who never bought")
    LAST_TOUCH = "last_touch", _("The last agent, outside the protection")


class TouchSource(TextChoices):
    """How an agent and a customer met."""

    LINK = "link", _("Link")
    QR = "qr", _("QR code")
    CODE = "code", _("Code typed by hand")
    MANUAL = "manual", _("By the staff")


class TouchOutcome(TextChoices):
    """What a touch led to."""

    BOUND = "bound", _("Bound")
    CONFIRMED = "confirmed", _("Bound to the same agent already")
    PROTECTED = "protected", _("Refused: protected for another agent")
    HELD = "held", _("Refused: bound to another agent")
    NOT_NEW = "not_new", _("Refused: not a new customer")
    TAKEN_OVER = "taken_over", _("Taken over from another agent")
    SELF = "self", _("Refused: the agent's own purchase")
    HANDED_OVER = "handed_over", _("Handed over from another agent")
    RELEASED = "released", _("Released by the staff")


class BindingEnd(TextChoices):
    """Why a binding ended."""

    EXPIRED = "expired", _("Expired")
    TAKEN_OVER = "taken_over", _("Taken over")
    HANDED_OVER = "handed_over", _("Handed over with the team")
    MANUAL = "manual", _("By the staff")


AGENT_TRANSITIONS: dict[AgentState, frozenset[AgentState]] = {
    AgentState.APPLIED: frozenset({AgentState.ACTIVE, AgentState.REJECTED}),
    AgentState.REJECTED: frozenset({AgentState.APPLIED}),
    AgentState.ACTIVE: frozenset({AgentState.SUSPENDED, AgentState.ENDED}),
    AgentState.SUSPENDED: frozenset({AgentState.ACTIVE, AgentState.ENDED}),
    AgentState.ENDED: frozenset({AgentState.ACTIVE}),  # by a new application of the same person only
}

# An applicant counts from the registration on; who was refused or has ended counts no more.
COUNTED_STATES: frozenset[AgentState] = frozenset({AgentState.APPLIED, AgentState.ACTIVE, AgentState.SUSPENDED})

# After these the customer is the agent's who met him.
BINDING_OUTCOMES: frozenset[TouchOutcome] = frozenset(
    {TouchOutcome.BOUND, TouchOutcome.TAKEN_OVER, TouchOutcome.CONFIRMED}
)
