"""Advisers, notes and follow-ups."""

from datetime import date

from django.db.models import BooleanField, Case, QuerySet, Value, When

from kernel.tenancy.context import public_schema
from shared_apps.support.models import AdviserAssignment, BrandNote, FollowUp


def get_adviser(*, brand_id: int) -> AdviserAssignment | None:
    """The brand's personal adviser."""
    with public_schema():
        return AdviserAssignment.objects.filter(brand_id=brand_id).first()


def list_notes(*, brand_id: int) -> QuerySet[BrandNote]:
    """List staff's notes about the brand, newest first. To be read in public."""
    return BrandNote.objects.filter(brand_id=brand_id).order_by("-id")


def list_follow_ups(
    *, today: date, staff_id: int | None = None, brand_id: int | None = None, done: bool = False
) -> QuerySet[FollowUp]:
    """List follow-ups to do (or `done`), the most urgent first, of one person, for one brand, or of everybody.

    `is_overdue` says whether its day is over. To be read in public.
    """
    found = FollowUp.objects.select_related("brand").filter(done_at__isnull=not done)
    if staff_id is not None:
        found = found.filter(staff_id=staff_id)
    if brand_id is not None:
        found = found.filter(brand_id=brand_id)
    overdue = When(due_on__lt=today, done_at__isnull=True, then=Value(True))
    found = found.annotate(is_overdue=Case(overdue, default=Value(False), output_field=BooleanField()))
    return found.order_by("-done_at", "-id") if done else found.order_by("due_on", "id")
