"""A brand's personal adviser, what staff notes about it, and what somebody promised to do by a day."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid, NotFound
from kernel.tenancy.context import public_schema
from shared_apps.support import rules
from shared_apps.support.models import AdviserAssignment, BrandNote, FollowUp
from shared_apps.support.services import staff
from shared_apps.tenants import selectors as tenants

_PERMISSION = "support.advise"
MAX_NOTE_LENGTH = 5_000
MAX_LINE_LENGTH = 500
FIRST_YEAR = 2000
LAST_YEAR = 2999


class BrandNotFound(NotFound):
    code = "brand_not_found"
    title = _("There is no such brand")


class FollowUpNotFound(NotFound):
    code = "follow_up_not_found"
    title = _("There is no such follow-up")


class FollowUpDone(Conflict):
    code = "follow_up_done"
    title = _("This has been done already")


@transaction.atomic
def assign_adviser(*, brand_id: int, staff_id: int, now: datetime) -> AdviserAssignment:
    """Give the brand this adviser, in the place of a former one. Raises NotAllowed, BrandNotFound, StaffNotFound."""
    actor = staff.ensure_may(_PERMISSION)
    _ensure_brand(brand_id)
    with public_schema():
        name = staff.name_of(staff_id, permission=_PERMISSION)
        assignment, _made = AdviserAssignment.objects.update_or_create(
            brand_id=brand_id,
            defaults={
                "staff_id": staff_id,
                "staff_name": name[:200],
                "assigned_by": actor.label[:200],
                "assigned_at": now,
            },
        )
        audit.record(action="support.adviser_assigned", subject=f"brand:{brand_id}", after={"adviser": name})
    return assignment


@transaction.atomic
def remove_adviser(*, brand_id: int) -> None:
    """Leave the brand without an adviser; again is harmless. Raises NotAllowed."""
    staff.ensure_may(_PERMISSION)
    with public_schema():
        removed, _each = AdviserAssignment.objects.filter(brand_id=brand_id).delete()
        if removed:
            audit.record(action="support.adviser_removed", subject=f"brand:{brand_id}")


@transaction.atomic
def add_note(*, brand_id: int, text: str, now: datetime) -> BrandNote:
    """Write something down about a brand, for one another. Raises NotAllowed, BrandNotFound, Invalid."""
    author_id, author = staff.ensure_person(_PERMISSION)
    _ensure_brand(brand_id)
    cleaned = rules.clean_text(text)
    if not 1 <= len(cleaned) <= MAX_NOTE_LENGTH:
        raise Invalid(gettext("A note has 1 to %(most)s characters.") % {"most": MAX_NOTE_LENGTH}, field="text")
    with public_schema():
        note = BrandNote.objects.create(
            brand_id=brand_id, text=cleaned, author_id=author_id, author=author[:200], created_at=now
        )
        audit.record(action="support.note_added", subject=f"brand:{brand_id}", after={"note": note.pk})
    return note


@transaction.atomic
def add_follow_up(*, brand_id: int, due_on: date, text: str, staff_id: int | None = None, now: datetime) -> FollowUp:
    """Promise to do something about a brand by a day: oneself, or `staff_id`.

    Raises NotAllowed, BrandNotFound, StaffNotFound, Invalid.
    """
    own_id, _own_name = staff.ensure_person(_PERMISSION)
    _ensure_brand(brand_id)
    cleaned = _line(text, field="text")
    if not FIRST_YEAR <= due_on.year <= LAST_YEAR:
        raise Invalid(gettext("Choose a day in this century."), field="due_on")
    with public_schema():
        who = staff_id or own_id
        follow_up = FollowUp.objects.create(
            brand_id=brand_id,
            staff_id=who,
            staff_name=staff.name_of(who, permission=_PERMISSION)[:200],
            due_on=due_on,
            text=cleaned,
            created_at=now,
        )
        audit.record(
            action="support.follow_up_added",
            subject=f"brand:{brand_id}",
            after={"follow_up": follow_up.pk, "due_on": due_on, "who": follow_up.staff_name},
        )
    return follow_up


@transaction.atomic
def finish_follow_up(*, follow_up_id: int, outcome: str = "", now: datetime) -> FollowUp:
    """Note that it is done, and what came of it; anybody who advises may. Raises FollowUpNotFound, FollowUpDone."""
    staff.ensure_may(_PERMISSION)
    cleaned = _line(outcome, field="outcome") if outcome.strip() else ""
    with public_schema():
        found = FollowUp.objects.filter(pk=follow_up_id)
        finished = found.filter(done_at__isnull=True).update(done_at=now, outcome=cleaned)
        follow_up = found.first()
        if follow_up is None:
            raise FollowUpNotFound
        if not finished:
            raise FollowUpDone
        audit.record(
            action="support.follow_up_finished",
            subject=f"brand:{follow_up.brand_id}",
            after={"follow_up": follow_up.pk, "outcome": cleaned},
        )
    return follow_up


def _line(text: str, *, field: str) -> str:
    cleaned = rules.clean_line(text)
    if not 1 <= len(cleaned) <= MAX_LINE_LENGTH:
        raise Invalid(gettext("Say it in 1 to %(most)s characters.") % {"most": MAX_LINE_LENGTH}, field=field)
    return cleaned


def _ensure_brand(brand_id: int) -> None:
    if tenants.get_brand(brand_id=brand_id) is None:
        raise BrandNotFound
