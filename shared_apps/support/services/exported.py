"""Support's rows about a brand, for the brand's full export."""

from shared_apps.support.models import AccessGrant, AccessLogEntry, Ticket, TicketFile, TicketMessage
from shared_apps.tenants.services.export_shared import SharedTable

_OF_BRAND = "this_row.brand_id = %(brand)s"
_OF_TICKET = (
    "NOT this_row.is_internal"
    " AND this_row.ticket_id IN (SELECT id FROM public.support_ticket WHERE brand_id = %(brand)s)"
)
_OF_MESSAGE = (
    "this_row.message_id IN (SELECT message.id FROM public.support_ticketmessage AS message"
    " JOIN public.support_ticket AS ticket ON ticket.id = message.ticket_id"
    " WHERE NOT message.is_internal AND ticket.brand_id = %(brand)s)"
)
_OF_GRANT = "this_row.grant_id IN (SELECT id FROM public.support_accessgrant WHERE brand_id = %(brand)s)"


def tell_everything() -> list[SharedTable]:
    """Tickets with messages and files, and who of support might look in, and what they did there.

    Left out: internal notes and their files, whose desk a ticket is on, ids and addresses of staff.
    """
    return [
        SharedTable(Ticket, _OF_BRAND, frozenset({"assigned_to_id", "assigned_to"})),
        SharedTable(TicketMessage, _OF_TICKET, frozenset({"author_id", "is_internal"})),
        SharedTable(TicketFile, _OF_MESSAGE, file_column="path"),
        SharedTable(AccessGrant, _OF_BRAND, frozenset({"requested_by_id", "approved_by_id"})),
        SharedTable(AccessLogEntry, _OF_GRANT, frozenset({"staff_id", "ip_address"})),
    ]
