"""Refuse unlawful terms, for every app that pays or ranks agents."""

import re
from collections.abc import Collection, Mapping

from tenant_apps.agents.rules import compliance as rules
from tenant_apps.agents.rules.compliance import PaidTiersNotAllowed, PyramidRule, refuse_heads, require_paid_tiers

__all__ = ["PaidTiersNotAllowed", "PyramidRule", "refuse_heads", "refuse_pyramid_terms", "refuse_unlawful_terms"]

_TIER = re.compile(r"tier_?(\d{1,3})(_.*)?")


def refuse_pyramid_terms(values: object, *, known: Collection[str]) -> None:
    """Look through the names of a payload, `known` being the fields it may have.

    Raises PyramidRule for pay by heads or for joining.
    """
    if isinstance(values, Mapping):
        rules.refuse_pyramid_fields(_unknown(values, known))


def refuse_unlawful_terms(values: object, *, known: Collection[str]) -> None:
    """As refuse_pyramid_terms, and refuse tiers that may not be paid.

    Raises PyramidRule, and PaidTiersNotAllowed for a tier beyond the second: no brand has the platform's permission for
    one.
    """
    if not isinstance(values, Mapping):
        return
    refuse_pyramid_terms(values, known=known)
    for name, value in _unknown(values, known).items():
        tier = _TIER.fullmatch(name.lower())
        if tier:
            require_paid_tiers(int(tier[1]), field=name)
        elif name in {"tiers", "paid_tiers"}:
            require_paid_tiers(_count(value), field=name)


def _unknown(values: Mapping[object, object], known: Collection[str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if isinstance(name, str) and name not in known}


def _count(value: object) -> int:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 0
