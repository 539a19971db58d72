"""Refuse what no rule of a network may ask: pay or rank for heads, an entrance fee, pay over many tiers.

禁止传销条例 (order 444 of the State Council) art. 7 names three marks of pyramid selling: reward by the number
recruited, a fee or purchase as the condition of joining, reward for the sales of a down-line over many tiers.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Forbidden, Invalid

LAW: Final = _("the Regulation on the Prohibition of Pyramid Selling (禁止传销条例), article 7")
# Beyond this many paid tiers only with the platform's permission; four of four open malls stop here too.
PAID_TIERS: Final = 2
_HEAD_MARKS: Final = (
    "recruit",
    "invite",
    "head",
    "team_size",
    "team_count",
    "member_count",
    "members",
    "downline",
    "entry_fee",
    "entrance",
    "joining_fee",
    "join_fee",
    "referral_bonus",
    "sign_up_bonus",
    "人头",
    "拉人",
    "入门费",
)


class PyramidRule(Invalid):
    """The request carries a mark of pyramid selling."""

    code = "pyramid_rule"
    title = _("The law forbids this rule")


class PaidTiersNotAllowed(Forbidden):
    code = "paid_tiers_not_allowed"
    title = _("More than two paid tiers need the platform's permission")


def counts_heads(word: str) -> bool:
    """Tell whether a field's or measure's name speaks of recruited people or of paying to join."""
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    return any(mark in plain for mark in _HEAD_MARKS)


def refuse_heads(field: str) -> PyramidRule:
    """Return the refusal of a count of heads or an entrance fee."""
    return PyramidRule(
        _(
            "Levels and pay follow net sales alone. Counting recruits, paying for them and fees for joining are"
            " forbidden by %(law)s."
        )
        % {"law": LAW},
        field=field,
        law=str(LAW),
    )


def refuse_pyramid_fields(values: Any) -> None:
    """Raises PyramidRule when a field of the payload, whatever its value, speaks of heads or of paying to join."""
    if isinstance(values, Mapping):
        for name in values:
            if isinstance(name, str) and counts_heads(name):
                raise refuse_heads(name)


def require_paid_tiers(tiers: int, *, allowed: int = PAID_TIERS, field: str = "tiers") -> None:
    """Raises PaidTiersNotAllowed for more paid tiers than `allowed`."""
    if tiers > allowed:
        raise PaidTiersNotAllowed(
            _("%(tiers)s paid tiers: the platform allows this brand %(allowed)s. See %(law)s.")
            % {"tiers": tiers, "allowed": allowed, "law": LAW},
            field=field,
            law=str(LAW),
            allowed=allowed,
        )
