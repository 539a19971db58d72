"""Pure rules about people: terms of contracts, digests by which duplicates are found."""

import calendar
from datetime import date, timedelta
from typing import Final

from kernel.privacy.digests import keyed_digest

NOTICE_DAYS: Final = (1, 7, 30)


def last_day(starts_on: date, months: int | None) -> date | None:
    """The last day of a term of so many months: 15 January and one month end on 14 February. None: without an end."""
    if months is None:
        return None
    year, month = divmod(starts_on.year * 12 + starts_on.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    if starts_on.day > length:
        return date(year, month + 1, length)
    return date(year, month + 1, starts_on.day) - timedelta(days=1)


def notice_for(days_left: int) -> int | None:
    """Return the notice due so many days before the last day: 30, 7 or 1; None where it is too early or too late."""
    return next((days for days in NOTICE_DAYS if 0 <= days_left <= days), None)


def identity_digest(id_number: str) -> str:
    """Finds the same person again without anybody reading the number."""
    return keyed_digest(id_number, purpose="agents.id_number")
