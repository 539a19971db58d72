"""Billing periods: whole months and years from an anchor, in UTC, the day clamped to the month's end."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

DAY = 86_400
SECONDS = {"day": DAY, "week": 7 * DAY}


def step(anchor: int, interval: str, count: int) -> int:
    """The moment `count` intervals after the anchor (before it, for a negative count)."""
    if interval in SECONDS:
        return anchor + count * SECONDS[interval]
    start = datetime.fromtimestamp(anchor, UTC)
    months = start.year * 12 + start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def next_boundary(anchor: int, after: int, interval: str, interval_count: int = 1) -> int:
    """The first moment after `after` that lies a whole number of intervals from the anchor."""
    length = SECONDS.get(interval) or (365 if interval == "year" else 30) * DAY
    number = (after - anchor) // (length * interval_count) - 2
    while step(anchor, interval, number * interval_count) > after:
        number -= 1
    while (moment := step(anchor, interval, number * interval_count)) <= after:
        number += 1
    return moment


def day_of(moment: int) -> str:
    """A day as Stripe writes it in line descriptions: `21 Nov 2026`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%-d %b %Y")
