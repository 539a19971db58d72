"""Refuse unlawful terms, for every app that pays or ranks agents."""

import re
from collections.abc import Mapping
from typing import Any

from tenant_apps.agents.rules.compliance import PaidTiersNotAllowed, PyramidRule, refuse_heads, require_paid_tiers
from tenant_apps.agents.rules.compliance import refuse_pyramid_fields as _refuse_pyramid_fields

__all__ = ["PaidTiersNotAllowed", "PyramidRule", "refuse_heads", "refuse_unlawful_terms"]

_TIER = re.compile(r"tier_?(\d{1,3})(_.*)?")


def refuse_unlawful_terms(values: Any, *, known: Mapping[str, Any]) -> None:
    """Look through the names of a payload, `known` being the fields it may have.

    Raises PyramidRule for pay by heads or for joining, and PaidTiersNotAllowed for a tier beyond the second: no brand
    has the platform's permission for one.
    """
    if not isinstance(values, Mapping):
        return
    unknown = {name: value for name, value in values.items() if isinstance(name, str) and name not in known}
    _refuse_pyramid_fields(unknown)
    for name, value in unknown.items():
        tier = _TIER.fullmatch(name.lower())
        if tier:
            require_paid_tiers(int(tier[1]), field=name)
        elif name in {"tiers", "paid_tiers"}:
            require_paid_tiers(_count(value), field=name)


def _count(value: Any) -> int:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 0
