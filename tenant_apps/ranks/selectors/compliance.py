"""Report the brand's figures under the law against pyramid selling (禁止传销条例), from its own data."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenant_apps.agents.selectors.agents import list_levels
from tenant_apps.agents.selectors.compliance import LAW, PAID_TIERS
from tenant_apps.agents.selectors.edges import DEEPEST
from tenant_apps.ranks.models import LevelRule
from tenant_apps.ranks.rules.compliance import CRIMINAL_PERSONS, CRIMINAL_TIERS

# Each tree from its root down: how many persons, how many tiers (the root is the first).
_TREES = """
WITH RECURSIVE tree (root, agent_id, tier) AS (
    SELECT id, id, 1 FROM agents_agent WHERE sponsor_id IS NULL
    UNION ALL
    SELECT tree.root, below.id, tree.tier + 1 FROM tree JOIN agents_agent AS below ON below.sponsor_id = tree.agent_id
    WHERE tree.tier < %(deepest)s
), measured AS (
    SELECT root, count(*) AS persons, max(tier) AS tiers FROM tree
    JOIN agents_agent AS agent ON agent.id = tree.agent_id AND agent.state IN ('active', 'suspended') GROUP BY root
)
SELECT coalesce(sum(persons), 0), coalesce(max(persons), 0), coalesce(max(tiers), 0),
       count(*) FILTER (WHERE persons >= %(persons)s AND tiers >= %(tiers)s)
FROM measured
"""


class Weight(StrEnum):
    """Weight of a finding."""

    GOOD = "good"
    NOTICE = "notice"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page: what was found, in words, and what it weighs."""

    code: str
    weight: Weight
    text: str | Promise


@dataclass(frozen=True, slots=True)
class PaidTiers:
    """Tiers that earn on one sale, and the highest share of each (0.30), as the paying app reports them."""

    tiers: int
    highest_rates: tuple[Decimal, ...]
    caps: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class EntryCondition:
    """A level's condition for joining."""

    level_id: int
    level_name: str
    deposit: Decimal
    first_order_minimum: Decimal


@dataclass(frozen=True, slots=True)
class RuleFact:
    """Measure of a rule in force."""

    rule_id: int
    name: str
    measure: str
    period: str
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class Compliance:
    """Facts and findings. `deepest_tree` counts the root as one tier; `marked_trees` have both marks of a filing."""

    persons: int
    largest_tree: int
    deepest_tree: int
    marked_trees: int
    paid_tiers: PaidTiers | None
    allowed_paid_tiers: int
    rules: tuple[RuleFact, ...]
    entry_conditions: tuple[EntryCondition, ...]
    findings: tuple[Finding, ...]


_paid_tiers: list[Callable[[], PaidTiers]] = []


def tells_paid_tiers(function: Callable[[], PaidTiers]) -> Callable[[], PaidTiers]:
    """Register who knows how agents are paid: that app stands above this one."""
    _paid_tiers[:] = [function]
    return function


def get_compliance() -> Compliance:
    """The whole page in a handful of statements, at 100,000 agents too."""
    with connection.cursor() as cursor:
        cursor.execute(_TREES, {"deepest": DEEPEST, "persons": CRIMINAL_PERSONS, "tiers": CRIMINAL_TIERS})
        persons, largest, deepest, marked = (int(value) for value in cursor.fetchone())
    paid = _paid_tiers[0]() if _paid_tiers else None
    rules = tuple(
        RuleFact(rule.pk, rule.name, rule.measure, rule.period, rule.threshold)
        for rule in LevelRule.objects.filter(is_active=True).order_by("id")
    )
    entries = tuple(
        EntryCondition(level.pk, level.name, level.deposit, level.first_order_minimum)
        for level in list_levels().filter(Q(deposit__gt=0) | Q(first_order_minimum__gt=0))
    )
    findings = (_on_pay(paid), _on_rules(rules), *_on_entries(entries), _on_trees(marked, deepest))
    return Compliance(persons, largest, deepest, marked, paid, PAID_TIERS, rules, entries, findings)


def _on_pay(paid: PaidTiers | None) -> Finding:
    tiers = paid.tiers if paid else 0
    if tiers > 1:
        text = _("%(tiers)s tiers earn on one sale. %(law)s forbids pay for a down-line's sales over many tiers.")
        return Finding("paid_tiers", Weight.NOTICE, text % {"tiers": tiers, "law": LAW})
    return Finding("paid_tiers", Weight.GOOD, _("Nobody earns on another's sales over more than one tier."))


def _on_rules(rules: tuple[RuleFact, ...]) -> Finding:
    text = _("%(count)s rules of levels in force; all of them measure net sales, none counts people.")
    return Finding("measures", Weight.GOOD, text % {"count": len(rules)})


def _on_entries(entries: tuple[EntryCondition, ...]) -> list[Finding]:
    """A fee or a purchase as the condition of joining is the second mark of art. 7."""
    found = []
    for entry in entries:
        named = {"level": entry.level_name, "law": LAW}
        if entry.deposit:
            text = _(
                "“%(level)s” asks a deposit of %(amount)s. It must be given back at the end: a fee for joining is"
                " forbidden by %(law)s."
            )
            found.append(Finding("entry_fee", Weight.WARNING, text % {**named, "amount": entry.deposit}))
        if entry.first_order_minimum:
            text = _(
                "“%(level)s” asks a first order of %(amount)s. A purchase as the condition of joining is forbidden by"
                " %(law)s: let goods be returned."
            )
            amount = entry.first_order_minimum
            found.append(Finding("entry_purchase", Weight.WARNING, text % {**named, "amount": amount}))
    return found


def _on_trees(marked: int, deepest: int) -> Finding:
    named = {"persons": CRIMINAL_PERSONS, "tiers": CRIMINAL_TIERS, "count": marked, "deepest": deepest}
    if marked:
        text = _(
            "%(count)s trees have %(persons)s persons or more in %(tiers)s tiers or more: with pay for recruiting or a"
            " fee to join, that is what a criminal case is filed on."
        )
        return Finding("persons_and_tiers", Weight.NOTICE, text % named)
    text = _("No tree has %(persons)s persons in %(tiers)s tiers; the deepest has %(deepest)s tiers.")
    return Finding("persons_and_tiers", Weight.GOOD, text % named)
