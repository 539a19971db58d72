"""Features, quotas and prices of plans."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError
from shared_apps.entitlements import states as plan_words
from shared_apps.entitlements.states import FEATURE_NAMES, QUOTA_NAMES

FEATURES: Final = FEATURE_NAMES
QUOTAS: Final = QUOTA_NAMES
NEAR_PERCENT: Final = 80
MAX_PRICE: Final = Decimal("1000000")
MAX_LIMIT: Final = 10**12
_CENT: Final = Decimal("0.01")


def percentage_of(*, used: int, limit: int | None) -> int:
    """Return the used share of the limit, rounded down; 0 without a limit, 100 where nothing is allowed."""
    if limit is None:
        return 0
    return used * 100 // limit if limit > 0 else 100


def everything() -> dict[str, Any]:
    """Return the content of a trial without a plan."""
    return {"plan": "", **everything_of_trial()}


def everything_of_trial() -> dict[str, Any]:
    """Return features and limits of a trial, which a plan chosen before its end does not take away."""
    return {"features": [plan_words.EVERYTHING], "limits": {}}


def is_everything(content: Mapping[str, Any]) -> bool:
    return plan_words.EVERYTHING in content.get("features", ())


def faults_of_prices(month: Decimal, year: Decimal) -> list[FieldError]:
    """Prices are positive amounts with two places; the year's is not above twelve months'."""
    broken = [
        FieldError(field, "invalid_price", _("A price is above zero, below a million, and has at most two decimals."))
        for field, price in (("price_month", month), ("price_year", year))
        if not (price.is_finite() and 0 < price < MAX_PRICE and price == price.quantize(_CENT))
    ]
    if not broken and year > 12 * month:
        broken.append(FieldError("price_year", "invalid_price", _("A year costs no more than twelve months.")))
    return broken


def faults_of_content(features: Sequence[str], limits: Mapping[str, int]) -> list[FieldError]:
    """Only known words, and limits that are whole numbers from 0."""
    unknown = [
        FieldError(f"features.{index}", "unknown_feature", _("There is no such feature."))
        for index, name in enumerate(features)
        if name not in FEATURES
    ]
    unknown += [
        FieldError(f"limits.{name}", "unknown_quota", _("There is no such quota."))
        for name in limits
        if name not in QUOTAS
    ]
    return unknown + [
        FieldError(f"limits.{name}", "invalid_limit", _("A limit is a whole number from 0."))
        for name, limit in limits.items()
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit < MAX_LIMIT
    ]
