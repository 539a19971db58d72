"""Tickets as both sides read them. All of it is to be read in public."""

from django.db.models import Prefetch, QuerySet

from shared_apps.support.models import Ticket, TicketFile, TicketMessage


def list_tickets(*, brand_id: int) -> QuerySet[Ticket]:
    """The tickets of a brand, newest first."""
    return Ticket.objects.filter(brand_id=brand_id).order_by("-id")


def get_ticket(*, number: str, brand_id: int | None = None) -> Ticket | None:
    """A ticket with its brand; with `brand_id` only one of this brand."""
    found = Ticket.objects.select_related("brand").filter(number=number)
    return (found if brand_id is None else found.filter(brand_id=brand_id)).first()


def list_messages(*, ticket_id: int, with_internal: bool = False) -> list[TicketMessage]:
    """List messages, oldest first, with their files; internal notes only for staff. Two queries."""
    said = TicketMessage.objects.filter(ticket_id=ticket_id)
    if not with_internal:
        said = said.filter(is_internal=False)
    return list(said.order_by("id").prefetch_related(Prefetch("files", TicketFile.objects.order_by("id"))))


def get_file(*, file_id: int, brand_id: int | None = None) -> TicketFile | None:
    """A file; with `brand_id` only one that this brand may see: of its own tickets, and on no internal note."""
    found = TicketFile.objects.filter(pk=file_id)
    if brand_id is not None:
        found = found.filter(message__ticket__brand_id=brand_id, message__is_internal=False)
    return found.first()
