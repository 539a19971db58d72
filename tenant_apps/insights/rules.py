"""Arithmetic of figures, free of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo


def change_in_percent(*, now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """By how many per cent a figure grew, with one decimal; None where there was nothing to compare with."""
    if before <= 0:
        return None
    return ((Decimal(now) - before) * 100 / before).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def total(amounts: Sequence[Decimal]) -> Decimal:
    """Sum of money, 0.00 for none."""
    return sum(amounts, Decimal("0.00"))


@dataclass(frozen=True)
class Span:
    """Half-open span of time: `since` belongs to it, `until` does not."""

    since: datetime
    until: datetime


def comparable_spans(*, now: datetime, zone: ZoneInfo) -> dict[str, Span]:
    """Return today and this month until now, each with as much of the day or month before, by the clock of `zone`.

    A month before that is shorter ends with its last day.
    """
    local = now.astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    # Clock arithmetic on wall time: a day of 23 or 25 hours is a day all the same.
    spans = {
        "today": (day, local),
        "yesterday": (day - timedelta(days=1), local - timedelta(days=1)),
        "month": (month, local),
        "month_before": (month_before, min(month_before + (local - month), month)),
    }
    return {name: Span(since.astimezone(UTC), until.astimezone(UTC)) for name, (since, until) in spans.items()}
