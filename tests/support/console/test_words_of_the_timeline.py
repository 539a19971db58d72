"""The timeline speaks the reader's language, on the brand's clock: no keys, no codes."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from kernel.core import audit
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanVersion, Reminder
from shared_apps.support.admin.fact_words import Words
from shared_apps.tenants.models import Brand
from tests.factories.html import squeeze

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"
with translation.override("en"):
    EVENING = date_format(datetime(2026, 12, 4, 21, 30, tzinfo=UTC), "SHORT_DATETIME_FORMAT")
    SENT = date_format(datetime(2026, 11, 20, 21, 0, tzinfo=UTC), "SHORT_DATETIME_FORMAT")
    DAY = date_format(date(2026, 12, 5), "SHORT_DATE_FORMAT")


@pytest.fixture
def words(public: None) -> Words:
    with translation.override("en"):
        return Words.of(Brand(time_zone=ZONE))


def said(words: Words, before: dict[str, Any], after: dict[str, Any], action: str = "tenants.entitled") -> str:
    with translation.override("en"):
        return str(words.changes(action, before, after))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("state", "past_due", "Payment overdue"),
        ("because", "closing", None),
        ("status", "past_due", "Payment overdue"),
        ("interval", "month", "Monthly"),
        ("happened", ["cancel_scheduled", "downgraded"], "Cancelled for the period&#x27;s end · Downgraded"),
        ("plan", "premium", "Premium"),
        ("features", ["*"], "Everything"),
        ("features", ["multi_warehouse", "api"], "Several warehouses · API"),
        ("limits", {"api_calls": 60, "staff": 3}, "API calls a minute 60 · Staff 3"),
        ("cancel_at_period_end", True, "Yes"),
        ("closing_at", "2026-12-05T02:30:00+00:00", EVENING),
        ("due_on", "2026-12-05", DAY),
        ("comment", None, "–"),
        ("comment", "2026-99-99T00:00:00Z", "2026-99-99T00:00:00Z"),
        ("something_new", "as_it_is", "as_it_is"),
    ],
)
def test_codes_are_words(words: Words, name: str, value: Any, text: str | None) -> None:
    page = squeeze(said(words, {}, {name: value}))
    assert text is None or f"<dd>{text}</dd>" in page
    assert name == "something_new" or f">{name}<" not in page
    assert str(value) not in page or value in (text, "as_it_is")


def test_before_and_after_stand_in_one_line(words: Words) -> None:
    page = squeeze(said(words, {"state": "active", "staff": 1}, {"state": "read_only", "staff": 1}))
    assert page.count("<dt>") == 2
    assert "Active → " in page
    assert "<dd>1</dd>" in page


def test_versions_have_names(words: Words) -> None:
    version = PlanVersion.objects.select_related("plan").get(plan__code="standard")
    page = said(words, {"plan_version_id": None}, {"plan_version_id": version.pk})
    assert "plan version id" not in page
    assert "– → Standard v1" in page


@pytest.mark.parametrize("about", ["", "trial:1", "trial:2026-99-01:1", "unknown:2026-12-05:1", "trial"])
def test_a_reminder_nobody_knows_is_shown_as_it_is(words: Words, about: str) -> None:
    assert words.reminder(about) == about


def test_the_page_says_so(staff: Callable[..., Client], brand: Brand) -> None:
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(time_zone=ZONE)
        subject = f"brand:{brand.pk}"
        audit.record(action="tenants.closing_begun", subject=subject, after={"closing_at": "2026-12-05T02:30:00+00:00"})
        audit.record(action="billing.cancel_reason", subject=subject, after={"reason": "too_expensive"})
        Reminder.objects.create(
            brand_id=brand.pk, about="closing:2026-12-05:0", sent_at=datetime(2026, 11, 21, 2, tzinfo=UTC)
        )
    page = staff("auditor").get(f"/console/tenants/brand/{brand.pk}/change/").content.decode()
    for text in (EVENING, "Too expensive", f"The account closes on {DAY}", SENT):
        assert text in page
    for code in ("too_expensive", "closing:2026", "closing_at", ">system<"):
        assert code not in page
