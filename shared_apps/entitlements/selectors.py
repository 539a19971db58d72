"""Read what the current brand's plan allows. Services ask here, whoever calls them: API, console, imports, tasks.

Features and rates are read from the brand that is at work (`Brand.entitlements`, a copy of the plan's version), so
asking costs nothing; another process may go on with the former ones for the 30 seconds it remembers a host. Limits of
what is counted stand in the brand's own table, and hold at once and exactly. Why there are two copies: ADR 0011.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.core import clock, throttling
from kernel.tenancy.context import current_brand, current_schema, find_brand, is_public
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.states import (
    API_CALLS,
    COUNTED,
    EVERYTHING,
    FEATURES,
    MONTHLY,
    RATE_WINDOW_SECONDS,
)


@dataclass(frozen=True, slots=True)
class Use:
    """Use of one quota. `limit` is None where there is none; `used` may be above it after a downgrade."""

    name: str
    limit: int | None
    used: int


def may(feature: str) -> bool:
    """Return whether the current brand's plan includes the feature. Raises ValueError for a word that is no feature."""
    return includes(_entitlements(), feature)


def includes(held: Mapping[str, Any] | None, feature: str) -> bool:
    """Return the same for any brand's `entitlements`, for callers that have the brand at hand."""
    if feature not in FEATURES:
        raise ValueError(f"there is no feature {feature!r}")
    features = (held or {}).get("features") or ()
    return feature in features or EVERYTHING in features


def list_quotas(*, now: datetime) -> list[Use]:
    """Return limit and use of every quota of the current brand. One statement, and one question to Redis."""
    uses = get_counts(now=now)
    return [*(uses[name] for name in COUNTED), _calls()]


def get_counts(*, now: datetime) -> dict[str, Use]:
    """Return the use of everything counted, by name. One statement; a month that has begun unseen has no use yet."""
    rows = Quota.objects.order_by("name").values_list("name", "limit", "used", "period")
    return {name: Use(name, limit, used if period >= period_of(name, now) else 0) for name, limit, used, period in rows}


def get_limits() -> Mapping[str, int]:
    """Return the limits of the current brand's plan; a name left out has none."""
    limits: Mapping[str, int] = _entitlements().get("limits") or {}
    return limits


def period_of(name: str, now: datetime) -> str:
    """Return the month in which something is counted (`2026-11`), or nothing where the count never starts anew."""
    return f"{clock.business_date(now):%Y-%m}" if name in MONTHLY else ""


def _calls() -> Use:
    """Return the rate's use; a rate without a limit is not counted, and shows none."""
    limit = get_limits().get(API_CALLS)
    used = 0 if limit is None else throttling.count_used(API_CALLS, "brand", window_seconds=RATE_WINDOW_SECONDS)
    return Use(API_CALLS, limit, used)


def _entitlements() -> Mapping[str, Any]:
    """Return the plan's copy of the brand at work; a schema entered by its name only has its brand looked up.

    Raises RuntimeError on the public schema and Brand.DoesNotExist in one that nobody owns: there is no plan to ask.
    """
    if is_public():
        raise RuntimeError("the platform has no plan: ask in a brand")
    brand = current_brand()
    held: Mapping[str, Any] | None = getattr(brand, "entitlements", None)
    if held is None:
        held = brand.entitlements = find_brand(current_schema()).entitlements
    return held or {}
