"""Calendar months, quarters and rolling windows as half-open spans of days."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3}
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days since ≤ day < until."""

    since: date
    until: date


def start_of(day: date, *, period: str) -> date:
    """The first day of the calendar month or quarter that holds `day`."""
    months = MONTHS[period]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def add_months(first: date, months: int) -> date:
    """The first of a month, `months` later (or earlier)."""
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def last_complete(today: date, *, period: str, rolling_days: int | None) -> Span:
    """The last span that is over on `today`: the month or quarter before, or the last days up to yesterday."""
    if period in MONTHS:
        until = start_of(today, period=period)
        return Span(add_months(until, -MONTHS[period]), until)
    return Span(today - timedelta(days=rolling_days or 0), today)


def running(today: date, *, period: str, rolling_days: int | None) -> Span:
    """The span that holds `today`, as far as it has come: today's sales count as they are."""
    until = today + ONE_DAY
    if period in MONTHS:
        return Span(start_of(today, period=period), until)
    return Span(until - timedelta(days=rolling_days or 0), until)


def end_of_running(today: date, *, period: str, horizon_days: int) -> date:
    """The first day after the running month or quarter; of a rolling window, the day `horizon_days` ahead."""
    if period in MONTHS:
        return add_months(start_of(today, period=period), MONTHS[period])
    return today + timedelta(days=horizon_days)
