"""Banners for all brands or some: what may be said, to whom, when, and what it costs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kernel.core.errors import DomainError
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.support.models import Announcement
from shared_apps.support.selectors import announcements as selectors
from shared_apps.support.services import announcements
from shared_apps.support.services.announcements import NewAnnouncement
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    selectors.forget_banners()


def spec(now: datetime, **more: Any) -> NewAnnouncement:
    facts: dict[str, Any] = {
        "title_zh": "周日维护",
        "title_en": "Maintenance on Sunday",
        "starts_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(hours=1),
        **more,
    }
    return NewAnnouncement(**facts)


def shown(brand: Brand, now: datetime) -> list[str]:
    return [notice.title for notice in selectors.list_banners(brand, now)]


def test_it_shows_from_its_start_until_its_end_in_the_readers_language(brand: Brand, now: datetime) -> None:
    announcements.create_announcement(spec=spec(now), now=now)
    with translation.override("en"):
        assert shown(brand, now) == ["Maintenance on Sunday"]
        assert shown(brand, now - timedelta(hours=1, seconds=1)) == []
        assert shown(brand, now + timedelta(hours=1)) == []
    with translation.override("zh-hans"):
        assert shown(brand, now) == ["周日维护"]


def test_every_page_of_the_brand_shows_it(people: Any, now: datetime) -> None:
    announcements.create_announcement(
        spec=spec(now, severity="critical", link="https://status.example/1?a=1&b=2"), now=now
    )
    for role in ("owner", "warehouse"):
        page = people(role).browser.get("/console/").content.decode()
        assert "Maintenance on Sunday" in page
        assert 'href="https://status.example/1?a=1&amp;b=2"' in page
        assert "bn-banner-danger" in page


@pytest.mark.parametrize(
    ("audience", "chosen", "expected"),
    [
        ("all", [], (True, True)),
        ("states", ["trialing", "past_due"], (True, True)),
        ("states", ["past_due"], (False, False)),
        ("brands", "mine", (True, False)),
    ],
)
def test_a_selection_reaches_only_its_brands(
    brand: Brand, other_brand: Brand, now: datetime, audience: str, chosen: Any, expected: tuple[bool, bool]
) -> None:
    selection = [brand.pk] if chosen == "mine" else chosen
    announcements.create_announcement(spec=spec(now, audience=audience, selection=selection), now=now)
    assert (bool(shown(brand, now)), bool(shown(other_brand, now))) == expected


def test_plans_are_told_apart(brand: Brand, now: datetime) -> None:
    announcements.create_announcement(spec=spec(now, audience="plans", selection=["premium"]), now=now)
    assert shown(brand, now) == []
    brand = type(brand)(pk=brand.pk, state="active", entitlements={"plan": "premium", "features": [], "limits": {}})
    assert len(shown(brand, now)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title_zh": " "}, "title_zh"),
        ({"title_en": "x" * 301}, "title_en"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "//evil.example"}, "link"),
        ({"link": "https://["}, "link"),
        ({"severity": "loud"}, "severity"),
        ({"audience": "some"}, "audience"),
        ({"audience": "states", "selection": []}, "selection"),
        ({"audience": "states", "selection": ["nowhere"]}, "selection"),
        ({"audience": "plans", "selection": ["gold"]}, "selection"),
        ({"audience": "brands", "selection": [987_654_321]}, "selection"),
        ({"audience": "brands", "selection": ["acme"]}, "selection"),
    ],
)
def test_what_is_wrong_is_named(now: datetime, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        announcements.create_announcement(spec=spec(now, **wrong), now=now)
    assert [error.field for error in caught.value.errors] == [field]
    with public_schema():
        assert not Announcement.objects.exists()


def test_it_runs_from_a_moment_to_a_later_one(now: datetime) -> None:
    for starts, ends in ((now, now), (now, now - timedelta(days=1)), (now - timedelta(days=2), now)):
        with pytest.raises(DomainError):
            announcements.create_announcement(spec=spec(now, starts_at=starts, ends_at=ends), now=now)
    with public_schema(), pytest.raises(IntegrityError, match="support_announcement_runs"), transaction.atomic():
        Announcement.objects.create(
            title_zh="a", title_en="b", starts_at=now, ends_at=now, created_by="x", created_at=now
        )


def test_it_is_changed_and_ended(brand: Brand, now: datetime) -> None:
    row = announcements.create_announcement(spec=spec(now), now=now)
    with translation.override("en"):
        announcements.change_announcement(announcement_id=row.pk, spec=spec(now, title_en="Later"), now=now)
        assert shown(brand, now) == ["Later"]
        announcements.end_announcement(announcement_id=row.pk, now=now)
        assert shown(brand, now) == []
    future = announcements.create_announcement(spec=spec(now, starts_at=now + timedelta(minutes=5)), now=now)
    announcements.end_announcement(announcement_id=future.pk, now=now)
    assert shown(brand, now + timedelta(minutes=10)) == []
    with pytest.raises(announcements.AnnouncementNotFound):
        announcements.end_announcement(announcement_id=987_654_321, now=now)


@pytest.mark.parametrize("role", ["support", "billing", "auditor"])
def test_only_administrators_announce(staff: Any, now: datetime, role: str) -> None:
    row = announcements.create_announcement(spec=spec(now), now=now)
    with acting_as(staff(role).actor):
        with pytest.raises(DomainError):
            announcements.create_announcement(spec=spec(now), now=now)
        with pytest.raises(DomainError):
            announcements.change_announcement(announcement_id=row.pk, spec=spec(now), now=now)
        with pytest.raises(DomainError):
            announcements.end_announcement(announcement_id=row.pk, now=now)


def test_it_costs_the_same_however_many_there_are(brand: Brand, now: datetime) -> None:
    for index in range(20):
        announcements.create_announcement(spec=spec(now, title_en=f"No. {index}"), now=now)
    with CaptureQueriesContext(connection) as queries:
        assert len(shown(brand, now)) == 20
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_asks_once_in_half_a_minute(live_brand: Brand, now: datetime) -> None:
    selectors.list_banners(live_brand, now)
    with CaptureQueriesContext(connection) as queries:
        for _page in range(5):
            selectors.list_banners(live_brand, now)
    assert len(queries) == 0
    selectors.forget_banners()
