"""A day begins where the brand is, not where the server is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.core import clock
from shared_apps.tenants.models import Brand

ZONES = ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Europe/London", "UTC"]


def test_now_is_aware() -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_midnight_in_shanghai_is_four_in_the_afternoon_in_utc() -> None:
    late = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert clock.business_date(late, "Asia/Shanghai") == date(2026, 11, 21)
    assert clock.business_date(late - timedelta(microseconds=1), "Asia/Shanghai") == date(2026, 11, 20)


@given(
    day=st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 12, 31)),
    zone=st.sampled_from(ZONES),
    part=st.integers(min_value=0, max_value=999_999),
)
def test_every_moment_within_the_bounds_belongs_to_the_day(day: date, zone: str, part: int) -> None:
    start, end = clock.day_bounds(day, zone)
    assert clock.business_date(start + (end - start) * part // 1_000_000, zone) == day
    assert clock.business_date(end, zone) == day + timedelta(days=1)
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)


def test_a_day_of_changing_clocks_has_other_than_24_hours() -> None:
    start, end = clock.day_bounds(date(2026, 3, 8), "America/New_York")
    assert end - start == timedelta(hours=23)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.business_date(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001


@pytest.mark.django_db
def test_the_brand_decides_the_zone(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
    assert clock.business_date(moment) == date(2026, 11, 21)
    monkeypatch.setattr(brand, "time_zone", "America/New_York")
    assert clock.business_date(moment) == date(2026, 11, 20)
