"""Use of the brand's limits, as bars and as a warning on every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.formats import number_format
from django.utils.translation import gettext

from kernel.core import clock
from shared_apps.billing.rules import plans as rules
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements import states as plan_words
from shared_apps.entitlements.selectors import Use

A_FEW: Final = 5
Tone = Literal["calm", "near", "over"]


@dataclass(frozen=True)
class MeterRow:
    """One bar. `shown` is what fills it: never more than it holds."""

    name: str
    label: str
    figures: str
    limit: int | None
    shown: int
    percentage: int
    tone: Tone
    warning: str


def meter_rows() -> list[MeterRow]:
    """A bar for every quota of the present brand, in the order of the price list."""
    uses = {use.name: use for use in entitlements.list_quotas(now=clock.now())}
    return [_row(uses[name]) for name in rules.QUOTAS if name in uses]


def list_scarce() -> list[Use]:
    """The quotas of which at least 80 % is used, the fullest first.

    A rate is none of them: it is full for a minute. Nor is the one warehouse of the small plan, full from its first day
    on: of a few things only more than the limit is worth a word.
    """
    uses = [use for use in entitlements.list_quotas(now=clock.now()) if use.name != plan_words.API_CALLS]
    return sorted([use for use in uses if _is_scarce(use)], key=percentage_of, reverse=True)


def _is_scarce(use: Use) -> bool:
    if use.limit is not None and use.limit <= A_FEW:
        return use.used > use.limit
    return percentage_of(use) >= rules.NEAR_PERCENT


def percentage_of(use: Use) -> int:
    return rules.percentage_of(used=use.used, limit=use.limit)


def _row(use: Use) -> MeterRow:
    percentage = percentage_of(use)
    tone: Tone = "over" if percentage >= 100 else "near" if percentage >= rules.NEAR_PERCENT else "calm"
    return MeterRow(
        name=use.name,
        label=str(rules.QUOTAS[use.name]),
        figures=figures_of(use),
        limit=use.limit,
        shown=min(use.used, use.limit) if use.limit is not None else 0,
        percentage=percentage,
        tone=tone,
        warning=_warning(use, tone),
    )


def figures_of(use: Use) -> str:
    """`480 of 500`, or the use alone where there is no limit."""
    used = number_format(use.used, use_l10n=True, force_grouping=True)
    if use.limit is None:
        return gettext("%(used)s, unlimited") % {"used": used}
    limit = number_format(use.limit, use_l10n=True, force_grouping=True)
    return gettext("%(used)s of %(limit)s") % {"used": used, "limit": limit}


def _warning(use: Use, tone: Tone) -> str:
    if tone == "calm" or use.limit is None:
        return ""
    if use.used > use.limit:
        return gettext("Above the limit: everything stays readable, nothing can be added.")
    if tone == "over":
        return gettext("Used up: nothing can be added.")
    return gettext("Nearly used up.")


def scarce_words(use: Use) -> str:
    """One sentence for a banner."""
    words = {"what": rules.QUOTAS[use.name], "figures": figures_of(use)}
    if percentage_of(use) >= 100:
        return gettext("%(what)s: %(figures)s. Nothing can be added with this plan.") % words
    return gettext("%(what)s: %(figures)s.") % words


def features_missing(features: Sequence[str]) -> list[str]:
    """Names of what the plan does not include."""
    if plan_words.EVERYTHING in features:
        return []
    return [str(label) for name, label in rules.FEATURES.items() if name not in features]
