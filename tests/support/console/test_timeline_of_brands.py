"""The timeline: everything from all places, newest first, each thing once however the pages are cut."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import audit
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import (
    OfflinePayment,
    PlanPeriod,
    PlanVersion,
    Reminder,
    StripeInvoice,
    SubscriptionChange,
)
from shared_apps.support.models import AccessGrant, BrandNote, FollowUp, Ticket, TicketMessage
from shared_apps.support.selectors import timeline
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


def make_everything(brand: Brand, *, rounds: int) -> int:
    """`rounds` rows in every source, many at the same moment; returns how many there are."""
    version = PlanVersion.objects.all()[0]
    ticket = Ticket.objects.create(
        brand_id=brand.pk, number="TK-1", subject="Help", opened_by_id=1, opened_by="Li", opened_at=NOW, updated_at=NOW
    )
    for number in range(rounds):
        at = NOW - timedelta(hours=number // 3)
        who = {"brand_id": brand.pk}
        BrandNote.objects.create(**who, text=f"note {number}", author_id=1, author="Li", created_at=at)
        FollowUp.objects.create(**who, staff_id=1, staff_name="Li", due_on=at.date(), text="call", created_at=at)
        Reminder.objects.create(**who, about=f"trial:{number}", sent_at=at)
        AccessGrant.objects.create(
            **who, kind="consent", reason="look", requested_by_id=1, requested_by="Li", created_at=at, hours=1
        )
        TicketMessage.objects.create(
            ticket=ticket, author_kind="brand", author_id=1, author="Li", body=f"message {number}", created_at=at
        )
        SubscriptionChange.objects.create(
            **who, occurred_at=at, kind="renewed", source=f"s:{number}", plan_version=version, mrr_before=1, mrr_after=1
        )
        StripeInvoice.objects.create(
            **who,
            stripe_invoice_id=f"in_{number}",
            status="paid",
            total=Decimal(1),
            amount_paid=Decimal(1),
            currency="cny",
            issued_at=at,
            fetched_at=at,
        )
        payment = OfflinePayment.objects.create(
            **who,
            plan_version=version,
            starts_on=at.date(),
            ends_on=at.date() + timedelta(days=30),
            amount=1,
            payer="x",
            bank_reference=f"R{number}",
            received_on=at.date(),
            proof_path="x",
            state="approved",
            recorded_by_id=1,
            recorded_by="Li",
            recorded_at=at,
            needs_second_person=False,
        )
        PlanPeriod.objects.create(
            **who,
            plan_version=version,
            kind="offline",
            starts_at=at,
            ends_at=at + timedelta(days=30),
            payment=payment,
            given_by="Li",
            created_at=at,
        )
        audit.record(action="tenants.suspended", subject=f"brand:{brand.pk}", after={"reason": f"x{number}"})
        audit.record(action="support.note_added", subject=f"brand:{brand.pk}")  # the note itself tells it
    return AuditRecord.objects.filter(subject=f"brand:{brand.pk}").exclude(action="support.note_added").count() + (
        9 * rounds
    )


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_every_page_goes_on_where_the_last_one_ended(public: None, brand: Brand, size: int) -> None:
    total = make_everything(brand, rounds=7)
    seen: list[timeline.Happening] = []
    mark = ""
    for _page in range(total + 1):
        page = timeline.get_timeline(brand_id=brand.pk, mark=mark, size=size)
        seen += page.happenings
        mark = page.next_mark
        if not mark:
            break
    keys = [(one.at, one.kind, one.row.pk) for one in seen]
    assert len(keys) == len(set(keys)) == total
    assert keys == sorted(keys, reverse=True)


def test_another_brands_things_are_not_in_it(public: None, brand: Brand, other_brand: Brand) -> None:
    make_everything(other_brand, rounds=1)
    kinds = {one.kind for one in timeline.get_timeline(brand_id=brand.pk).happenings}
    assert kinds <= {"audit"}  # only its own beginning


@pytest.mark.parametrize(
    "mark", ["", "nonsense", "~~", "2026-11-21~audit~1", "2026-11-21T00:00:00+00:00~audit~-1", "\x00"]
)
def test_an_unreadable_mark_is_the_first_page(public: None, brand: Brand, mark: str) -> None:
    make_everything(brand, rounds=1)
    assert timeline.get_timeline(brand_id=brand.pk, mark=mark) == timeline.get_timeline(brand_id=brand.pk)


def test_the_statements_are_those_of_the_sources(
    public: None, brand: Brand, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_everything(brand, rounds=5)
    with django_assert_max_num_queries(10):
        timeline.get_timeline(brand_id=brand.pk)


def test_the_page_tells_all_of_it_and_leads_on(staff: Callable[..., Client], brand: Brand) -> None:
    with public_schema():
        make_everything(brand, rounds=4)
    client = staff("auditor")
    page = client.get(f"/console/tenants/brand/{brand.pk}/change/").content.decode()
    for text in ("note 0", "message 0", "Suspended", "Renewed", "trial:0", "R0", "call"):
        assert text in page
    earlier = re.search(r'href="(\?timeline=[^"]+)#timeline"', page)
    assert earlier is not None
    second = client.get(f"/console/tenants/brand/{brand.pk}/change/{earlier.group(1)}").content.decode()
    assert "note 3" in second
    assert "Newest" in second
