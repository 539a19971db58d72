"""Count what a brand has against what its plan allows: exact with any number of writers, and without a scan.

Each counted thing has one row. Taking is one UPDATE with the limit in its condition: Postgres looks at the row again
after it waited for another taker, so exactly as many get through as the limit says, and a transaction that fails gives
back what it took. The row stays locked until the transaction ends; take as late as the work allows.

What is true in the end is the data itself. Each app registers how its own is counted (`@counts`), and a nightly task
compares, repairs and says so in the log.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import numbering
from kernel.core.errors import PaymentRequired
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.selectors import Use, get_limits, period_of
from shared_apps.entitlements.states import COUNTED, MONTHLY, QUOTA_NAMES, UPGRADE_URL

logger = logging.getLogger(__name__)

# The month's turn is part of the statement: who comes first in the new month starts the count anew, and who comes with
# a moment of the former month after that counts in the new one.
_TAKE = """
UPDATE entitlements_quota SET
    used = CASE WHEN period < %(period)s THEN 0 ELSE used END + %(count)s,
    period = GREATEST(period, %(period)s)
WHERE name = %(name)s
  AND ("limit" IS NULL OR CASE WHEN period < %(period)s THEN 0 ELSE used END + %(count)s <= "limit")
RETURNING "limit", used
"""
_NUMBER = """
INSERT INTO kernel_numberseries (kind, day, last) SELECT %(kind)s, %(day)s, 1 FROM taken
ON CONFLICT (kind, day) DO UPDATE SET last = kernel_numberseries.last + 1
RETURNING last
"""
_TAKE_AND_NUMBER = " ".join(("WITH taken AS (", _TAKE, ")", _NUMBER))
# Never below zero: a brand that was there before its things were counted gives back what nobody took.
_GIVE_BACK = "UPDATE entitlements_quota SET used = GREATEST(used - %(count)s, 0) WHERE name = %(name)s"


class QuotaExceeded(PaymentRequired):
    """`extra` carries the quota's name, limit, use and the page of larger plans."""

    code = "quota_exceeded"
    title = _("The plan does not allow more")


@dataclass(frozen=True, slots=True)
class Drift:
    """A count that differed from the data."""

    name: str
    noted: int
    true: int


def take(name: str, count: int = 1) -> Use:
    """Count `count` (≥ 1) more, if the plan allows all of them; return the use thereafter. One statement.

    Raises QuotaExceeded, RuntimeError outside a transaction, ValueError for a quota by the month: see `take_monthly`.
    """
    if name in MONTHLY:
        raise ValueError(f"{name} are counted by the month")
    return _take(_wanted(name, count))


def take_monthly(name: str, count: int = 1, *, now: datetime) -> Use:
    """Count `count` (≥ 1) more in the month of `now`, as `take` does."""
    return _take(_wanted(name, count, period_of(name, now)))


def _take(wanted: Mapping[str, Any]) -> Use:
    if not connection.in_atomic_block:
        raise RuntimeError("take() needs a transaction: the count must commit with what is counted")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, wanted)
        row = cursor.fetchone()
    if row is None:
        raise _refusal(wanted)
    return Use(wanted["name"], *row)


def take_with_number(name: str, *, kind: str, day: date, now: datetime) -> str:
    """Count one more and take its document's number, as `take` and `numbering.take_number` do, in one statement.

    Raises QuotaExceeded (no number is taken then), RuntimeError outside a transaction.
    """
    numbering.ensure_numberable(kind)
    wanted = _wanted(name, 1, period_of(name, now))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_AND_NUMBER, {**wanted, "kind": kind, "day": day})
        row = cursor.fetchone()
    if row is None:
        raise _refusal(wanted)
    return numbering.format_number(kind, day, row[0])


def give_back(name: str, count: int = 1) -> None:
    """Count `count` (≥ 1) fewer: what was counted has ended. What is counted by the month is not given back."""
    if name in MONTHLY:
        raise ValueError(f"{name} are counted by the month, and nothing undoes that they were made")
    if not connection.in_atomic_block:
        raise RuntimeError("give_back() needs a transaction: the count must commit with what is counted")
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, _wanted(name, count))


def follow(name: str, *, was_counted: bool, is_counted: bool) -> None:
    """Take or give back one, when something begins or ceases to count. Raises QuotaExceeded."""
    if is_counted and not was_counted:
        take(name)
    elif was_counted and not is_counted:
        give_back(name)


def _wanted(name: str, count: int, period: str = "") -> dict[str, Any]:
    if name not in COUNTED or count < 1:
        raise ValueError(f"there is no counting {count} {name!r}")
    return {"name": name, "count": count, "period": period}


def _refusal(wanted: Mapping[str, Any]) -> QuotaExceeded:
    """Explain why the statement found no row to change."""
    row = Quota.objects.filter(name=wanted["name"]).values_list("limit", "used", "period").first()
    if row is None:
        raise LookupError(f"this schema does not count {wanted['name']}")
    limit, used, period = row
    used = used if period >= wanted["period"] else 0
    return QuotaExceeded(
        gettext("%(what)s: the plan allows %(limit)s, and %(used)s are in use.")
        % {"what": QUOTA_NAMES[wanted["name"]], "limit": limit, "used": used},
        quota=wanted["name"],
        limit=limit,
        used=used,
        upgrade_url=UPGRADE_URL,
    )


# --- the truth -------------------------------------------------------------------------------------------------------

Counter = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class _Truth:
    count: Counter
    at_least: bool


_truths: dict[str, _Truth] = {}


def counts(name: str, *, at_least: bool = False) -> Callable[[Counter], Counter]:
    """Register the function that counts `name` in the data, at a moment. Apps do so in their handlers.py.

    With `at_least` the data does not tell all of it (an order may count in a later month than it bears), so the count
    is only ever raised to it.
    """
    if name not in COUNTED:
        raise ValueError(f"{name!r} is not counted")

    def register(count: Counter) -> Counter:
        if name in _truths and _truths[name].count is not count:
            raise ValueError(f"{name} are counted twice")
        _truths[name] = _Truth(count, at_least)
        return count

    return register


def recount_brand(*, now: datetime) -> list[Drift]:
    """Bring the current brand's counts in line with its data, and their limits with its plan: nightly, and after a
    restore. Returns what was wrong.
    """
    return recount(limits=get_limits(), now=now)


def recount(*, limits: Mapping[str, int], now: datetime) -> list[Drift]:
    """Bring every row in line with the data and with the plan's `limits` (a name left out has none).

    Returns the counts that were wrong; they are logged. Nobody can take of a quota while it is being counted.
    """
    found = [_recount_one(name, limit=limits.get(name), now=now) for name in COUNTED]
    return [drift for drift in found if drift is not None]


@transaction.atomic
def _recount_one(name: str, *, limit: int | None, now: datetime) -> Drift | None:
    row = Quota.objects.select_for_update(no_key=True).get(name=name)
    # Who holds the row's lock has committed when we get it, so the data shows everything that was taken.
    truth = _truths[name]
    period = max(row.period, period_of(name, now))
    noted = row.used if row.period == period else 0
    counted = truth.count(now)
    true = max(counted, noted) if truth.at_least else counted
    is_of_month = row.period == period or not true  # a month without use need not be named
    if (row.limit, row.used) != (limit, true) or not is_of_month:
        Quota.objects.filter(pk=row.pk).update(limit=limit, used=true, period=period)
    if true == noted:
        return None
    logger.warning("quota %s: %d noted, %d counted; set right", name, noted, true)
    return Drift(name, noted, true)
