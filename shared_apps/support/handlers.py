"""Reactions to facts of the platform's own outbox: letters."""

from kernel.events.outbox import handles
from shared_apps.accounts.services.endings import ends_with_person
from shared_apps.support.events import EmergencyNoticed, TicketMoved
from shared_apps.support.services import grants, letters

ends_with_person("support_accesses", needs="support.grant")(grants.end_consents_of)
ends_with_person("emergency_accesses", needs="support.emergency")(grants.end_emergencies_of)


@handles(EmergencyNoticed, name="support.send_emergency_letter")
def send_emergency_letter(event: EmergencyNoticed) -> None:
    letters.send_emergency_letter(grant_id=event.grant_id, stage=event.stage, user_id=event.user_id)


@handles(TicketMoved, name="support.send_ticket_letter")
def send_ticket_letter(event: TicketMoved) -> None:
    letters.send_ticket_letter(
        ticket_id=event.ticket_id, message_id=event.message_id, what=event.what, staff_id=event.staff_id
    )
