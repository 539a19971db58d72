"""Advisers, notes, follow-ups."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.support.models import AdviserAssignment, BrandNote, FollowUp
from shared_apps.support.selectors import advice as selectors
from shared_apps.support.services import advice
from shared_apps.support.services.staff import StaffNotFound
from shared_apps.tenants.models import Brand
from tests.support.conftest import Person

pytestmark = pytest.mark.django_db

People = Callable[..., Person]


def test_the_brand_sees_its_advisers_name(staff: People, people: People, brand: Brand, now: datetime) -> None:
    ann = staff("support", "Ann")
    bob = staff("support", "Bob")
    with acting_as(ann.actor):
        advice.assign_adviser(brand_id=brand.pk, staff_id=ann.id, now=now)
        advice.assign_adviser(brand_id=brand.pk, staff_id=bob.id, now=now)
    page = people("sales").browser.get("/console/support/").content.decode()
    assert "<strong>Bob</strong>" in page
    with public_schema():
        assert AdviserAssignment.objects.count() == 1
        assert AuditRecord.objects.filter(action="support.adviser_assigned", subject=f"brand:{brand.pk}").count() == 2
    with acting_as(ann.actor):
        advice.remove_adviser(brand_id=brand.pk)
        advice.remove_adviser(brand_id=brand.pk)
    assert selectors.get_adviser(brand_id=brand.pk) is None


def test_only_somebody_who_advises_is_an_adviser(staff: People, brand: Brand, now: datetime) -> None:
    gone = staff("support", "Gone")
    with public_schema():
        User.objects.filter(pk=gone.id).update(is_active=False)
    with acting_as(staff("support").actor):
        for staff_id in (staff("auditor").id, gone.id, 987_654_321):
            with pytest.raises(StaffNotFound):
                advice.assign_adviser(brand_id=brand.pk, staff_id=staff_id, now=now)
        with pytest.raises(advice.BrandNotFound):
            advice.assign_adviser(brand_id=987_654_321, staff_id=staff("support").id, now=now)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5_001, "\x00"])
def test_a_note_says_something(staff: People, brand: Brand, now: datetime, text: str) -> None:
    with acting_as(staff("support").actor), pytest.raises(DomainError):
        advice.add_note(brand_id=brand.pk, text=text, now=now)


def test_notes_are_kept_with_their_author(staff: People, brand: Brand, other_brand: Brand, now: datetime) -> None:
    with acting_as(staff("support").actor):
        advice.add_note(brand_id=brand.pk, text="Prefers calls\nafter ten 😀", now=now)
        advice.add_note(brand_id=other_brand.pk, text="Another", now=now)
    with public_schema():
        (note,) = selectors.list_notes(brand_id=brand.pk)
    assert (note.text, note.author) == ("Prefers calls\nafter ten 😀", "the support")


def test_what_was_promised_is_listed_until_it_is_done(staff: People, brand: Brand) -> None:
    now = clock.now()
    today = clock.business_date(now, "Asia/Shanghai")
    ann = staff("support", "Ann")
    bob = staff("support", "Bob")
    with acting_as(ann.actor):
        late = advice.add_follow_up(brand_id=brand.pk, due_on=today - timedelta(days=1), text="Call", now=now)
        advice.add_follow_up(brand_id=brand.pk, due_on=today, text="Write", now=now)
        advice.add_follow_up(brand_id=brand.pk, due_on=today, text="Bob's", staff_id=bob.id, now=now)
    page = ann.browser.get("/console/support/follow-ups/").content.decode()
    assert page.index("Call") < page.index("Write")
    assert page.count("(overdue)") == 1
    assert "Bob&#x27;s" not in page
    assert "Bob&#x27;s" in ann.browser.get("/console/support/follow-ups/?who=all").content.decode()
    done = ann.browser.post("/console/support/follow-ups/", {"follow_up": str(late.pk), "outcome": "They stay"})
    assert done.status_code == 302
    with public_schema():
        late.refresh_from_db()
    assert late.outcome == "They stay"
    assert late.done_at is not None
    assert "They stay" in ann.browser.get("/console/support/follow-ups/").content.decode()
    with acting_as(ann.actor), pytest.raises(advice.FollowUpDone):
        advice.finish_follow_up(follow_up_id=late.pk, outcome="Again", now=now)


@pytest.mark.parametrize("wanted", ["", "x", "0", "-1", "9" * 40, "987654321", "\x00"])
def test_odd_follow_ups_break_nothing(staff: People, wanted: str) -> None:
    answer = staff("support").browser.post("/console/support/follow-ups/", {"follow_up": wanted})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"text": ""}, {"text": "x" * 501}, {"due_on": date(1999, 1, 1)}, {"due_on": date(3000, 1, 1)}]
)
def test_a_promise_has_a_day_and_a_text(staff: People, brand: Brand, now: datetime, wrong: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"due_on": date(2026, 12, 1), "text": "Call", **wrong}
    with acting_as(staff("support").actor), pytest.raises(DomainError):
        advice.add_follow_up(brand_id=brand.pk, now=now, **asked)
    with public_schema():
        assert not FollowUp.objects.exists()


@pytest.mark.parametrize("role", ["billing", "auditor"])
def test_who_does_not_advise_writes_nothing(staff: People, brand: Brand, now: datetime, role: str) -> None:
    person = staff(role)
    support = staff("support")
    with acting_as(person.actor):
        for attempt in (
            lambda: advice.assign_adviser(brand_id=brand.pk, staff_id=support.id, now=now),
            lambda: advice.remove_adviser(brand_id=brand.pk),
            lambda: advice.add_note(brand_id=brand.pk, text="x", now=now),
            lambda: advice.add_follow_up(brand_id=brand.pk, due_on=date(2026, 12, 1), text="x", now=now),
            lambda: advice.finish_follow_up(follow_up_id=1, now=now),
        ):
            with pytest.raises(DomainError):
                attempt()
    with public_schema():
        assert not BrandNote.objects.exists()
    assert person.browser.get("/console/support/follow-ups/").status_code == 403
    assert person.browser.post("/console/support/follow-ups/", {"follow_up": "1"}).status_code == 403
    assert Client(headers={"host": "localhost"}).get("/console/support/follow-ups/").status_code == 302
