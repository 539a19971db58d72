"""Facts that letters follow from. All of them are published in the platform's own outbox."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("support.emergency_noticed")
@dataclass(frozen=True)
class EmergencyNoticed:
    """An emergency access was requested or approved; one event for each person to be told.

    `user_id` is an owner's of the brand; 0 stands for the address the brand was signed up with.
    """

    grant_id: int
    stage: str
    user_id: int


@event("support.ticket_moved")
@dataclass(frozen=True)
class TicketMoved:
    """Something was said on a ticket, or it was closed; one event for each person to be told.

    `message_id` is 0 where nothing was said. `staff_id` is a member of the staff; 0 stands for the brand's side.
    """

    ticket_id: int
    message_id: int
    what: str
    staff_id: int
