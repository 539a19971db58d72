"""What the current brand's plan allows. Services ask here, whoever calls them: API, console, imports, tasks.

Features and rates are read from the brand that is at work (`Brand.entitlements`, a copy of the plan's version), so
asking costs nothing; another process may go on with the former ones for the 30 seconds it remembers a host. Limits of
what is counted stand in the brand's own table, and hold at once and exactly. Why there are two copies: ADR 0011.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import quotas
from kernel.core import clock, throttling
from kernel.core.errors import PaymentRequired, TooManyRequests
from kernel.plan_words import FEATURE_NAMES
from kernel.quotas import UPGRADE_URL, QuotaExceeded, Use, follow, give_back, take, take_with_number
from kernel.tenancy.context import current_brand, current_schema, find_brand, is_public

__all__ = [
    "FEATURES",
    "QUOTAS",
    "UPGRADE_URL",
    "FeatureNotInPlan",
    "QuotaExceeded",
    "Use",
    "count_call",
    "feature_refusal",
    "follow",
    "give_back",
    "includes",
    "list_quotas",
    "may",
    "quota",
    "recount",
    "refuse_call_beyond",
    "require_feature",
    "take",
    "take_with_number",
]

FEATURES: Final = frozenset(FEATURE_NAMES)
EVERYTHING: Final = "*"
CALLS: Final = "api_calls"  # a rate: so many in a minute, counted in Redis
QUOTAS: Final = (*quotas.COUNTED, CALLS)
_MINUTE: Final = 60


class FeatureNotInPlan(PaymentRequired):
    """`extra` carries the feature's name and where a larger plan is had."""

    code = "feature_not_in_plan"
    title = _("The plan does not include this")


def may(feature: str) -> bool:
    """Whether the current brand's plan includes the feature. Raises ValueError for a word that is no feature."""
    return includes(_entitlements(), feature)


def includes(held: Mapping[str, Any] | None, feature: str) -> bool:
    """The same of any brand's `entitlements`, for whoever has the brand at hand."""
    if feature not in FEATURES:
        raise ValueError(f"there is no feature {feature!r}")
    features = (held or {}).get("features") or ()
    return feature in features or EVERYTHING in features


def require_feature(feature: str) -> None:
    """Raises FeatureNotInPlan unless the current brand's plan includes the feature."""
    if not may(feature):
        raise feature_refusal(feature)


def feature_refusal(feature: str) -> FeatureNotInPlan:
    """What whoever lacks the feature is told."""
    return FeatureNotInPlan(
        gettext("%(what)s: a larger plan includes it.") % {"what": FEATURE_NAMES[feature]},
        feature=feature,
        upgrade_url=UPGRADE_URL,
    )


def quota(name: str, *, now: datetime | None = None) -> Use:
    """Limit and use of one quota of the current brand. Raises ValueError for a word that is no quota."""
    if name not in QUOTAS:
        raise ValueError(f"there is no quota {name!r}")
    return _calls() if name == CALLS else quotas.read(now=now or clock.now())[name]


def list_quotas(*, now: datetime | None = None) -> list[Use]:
    """Limit and use of every quota of the current brand. One statement, and one question to Redis."""
    uses = quotas.read(now=now or clock.now())
    return [*(uses[name] for name in quotas.COUNTED), _calls()]


def count_call() -> throttling.Allowance | None:
    """Count one call of a program against the brand's rate. None where there is no limit, or Redis cannot count."""
    limit = _limits().get(CALLS)
    return None if limit is None else throttling.take(CALLS, "brand", limit=limit, window_seconds=_MINUTE)


def refuse_call_beyond(allowance: throttling.Allowance | None) -> None:
    """Raises TooManyRequests (with `retry_after` seconds) when the brand's calls of this minute are used up."""
    if allowance is None or not allowance.exceeded:
        return
    raise TooManyRequests(
        gettext("The plan allows %(limit)s calls a minute. Please wait %(seconds)s seconds.")
        % {"limit": allowance.limit, "seconds": allowance.reset},
        retry_after=allowance.reset,
        quota=CALLS,
        limit=allowance.limit,
        upgrade_url=UPGRADE_URL,
    )


def recount(*, now: datetime) -> list[quotas.Drift]:
    """Bring the current brand's counts in line with its data, and their limits with its plan: nightly, and after a
    restore. Returns what was wrong.
    """
    return quotas.recount(limits=_limits(), now=now)


def _calls() -> Use:
    """A rate without a limit is not counted, and shows no use."""
    limit = _limits().get(CALLS)
    used = 0 if limit is None else throttling.count_used(CALLS, "brand", window_seconds=_MINUTE)
    return Use(CALLS, limit, used)


def _limits() -> Mapping[str, int]:
    limits: Mapping[str, int] = _entitlements().get("limits") or {}
    return limits


def _entitlements() -> Mapping[str, Any]:
    """What the plan says, of the brand at work. Whoever entered a schema by its name only has it looked up.

    Raises RuntimeError on the public schema and Brand.DoesNotExist in one that nobody owns: there is no plan to ask.
    """
    if is_public():
        raise RuntimeError("the platform has no plan: ask in a brand")
    brand = current_brand()
    held: Mapping[str, Any] | None = getattr(brand, "entitlements", None)
    if held is None:
        held = brand.entitlements = find_brand(current_schema()).entitlements
    return held or {}
