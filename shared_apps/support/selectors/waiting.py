"""Count waiting work for the first page of the platform's console."""

from dataclasses import dataclass
from datetime import date

from kernel.tenancy.context import public_schema
from shared_apps.billing.selectors import history
from shared_apps.support.models import AccessGrant, FollowUp, Ticket
from shared_apps.support.states import GrantKind, TicketState


@dataclass(frozen=True)
class Waiting:
    """Tickets without an answer, transfers and emergencies without a second person, promises that are late."""

    tickets: int
    transfers: int
    emergencies: int
    late_promises: int


def count_waiting(*, today: date) -> Waiting:
    """Four counts."""
    with public_schema():
        return Waiting(
            tickets=Ticket.objects.filter(state=TicketState.OPEN).count(),
            transfers=history.count_awaiting(),
            emergencies=AccessGrant.objects.filter(
                kind=GrantKind.BREAK_GLASS, starts_at__isnull=True, revoked_at__isnull=True
            ).count(),
            late_promises=FollowUp.objects.filter(done_at__isnull=True, due_on__lt=today).count(),
        )
