"""Read staff's knowledge about a brand: adviser, follow-ups, notes, tickets, support sessions."""

from datetime import datetime

from django.db.models import QuerySet

from shared_apps.support.models import AccessGrant, AdviserAssignment, BrandNote, FollowUp, Ticket


def get_adviser(*, brand_id: int) -> AdviserAssignment | None:
    """The brand's personal adviser, None where nobody is."""
    return AdviserAssignment.objects.filter(brand_id=brand_id).first()


def list_open_follow_ups(*, brand_id: int) -> QuerySet[FollowUp]:
    """List open follow-ups, the soonest first."""
    return FollowUp.objects.filter(brand_id=brand_id, done_at__isnull=True).order_by("due_on", "id")


def list_notes_of(*, brand_id: int) -> QuerySet[BrandNote]:
    """List notes about the brand, newest first."""
    return BrandNote.objects.filter(brand_id=brand_id).order_by("-id")


def list_tickets_of(*, brand_id: int) -> QuerySet[Ticket]:
    """The brand's tickets, newest first."""
    return Ticket.objects.filter(brand_id=brand_id).order_by("-id")


def list_grants_of(*, brand_id: int) -> QuerySet[AccessGrant]:
    """The support sessions that were allowed or asked for, newest first."""
    return AccessGrant.objects.filter(brand_id=brand_id).order_by("-id")


def get_open_grant(*, brand_id: int, kind: str, now: datetime) -> AccessGrant | None:
    """The access of this kind by which staff may come in now, the one that lasts longest."""
    grants = AccessGrant.objects.filter(brand_id=brand_id, kind=kind, starts_at__lte=now, ends_at__gt=now)
    return grants.filter(revoked_at__isnull=True).order_by("-ends_at", "-id").first()
