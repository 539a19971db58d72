"""Beginning and end of a plan period without Stripe: whole months and years in the brand's zone, no paid day lost."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class PeriodDates:
    """The days that are paid for (`ends_on` is not one of them) and the moments the plan runs."""

    starts_on: date
    ends_on: date
    starts_at: datetime
    ends_at: datetime


def months_between(starts_on: date, ends_on: date) -> int:
    """Count the months of a period that `plan_period_dates` made."""
    return (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is none, as 31 January → 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def plan_period_dates(*, starts_at: datetime, months: int, zone: str) -> PeriodDates:
    """Compute a period that begins at a moment.

    The rest of that day is given: the months are counted from the next midnight.
    """
    place = ZoneInfo(zone)
    begins = starts_at.astimezone(place)
    is_midnight = begins.time() == time.min
    starts_on = begins.date() if is_midnight else begins.date() + timedelta(days=1)
    ends_on = add_months(starts_on, months)
    return PeriodDates(
        starts_on=starts_on,
        ends_on=ends_on,
        starts_at=starts_at,
        ends_at=datetime.combine(ends_on, time.min, tzinfo=place).astimezone(starts_at.tzinfo),
    )
