"""The nightly evaluation: what the rules find is proposed, what is no longer due lapses, what is ripe is applied.

Everything is done for sets of agents; the number of statements depends on the rules and on pieces of 5,000 agents. Each
rule is one transaction, and so is each piece that is applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from kernel.core import clock
from kernel.database.locks import take_lock
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.services import levels
from tenant_apps.agents.services.tree import lock_tree
from tenant_apps.ranks.models import LevelProposal, LevelRule
from tenant_apps.ranks.selectors.rule_hits import Hit, get_hits
from tenant_apps.ranks.states import ApplyMode, ProposalState, RuleDirection

BATCH_SIZE = 5_000

# A proposal lapses when its rule no longer finds the agent: refunds, new sales within the grace, a lock, another level.
_LAPSE = """
UPDATE ranks_levelproposal SET state = 'lapsed', decided_at = %s, decided_by = %s
WHERE rule_id = %s AND state = 'open' AND NOT (agent_id = ANY(%s))
"""
_GIVE_WAY = """
UPDATE ranks_levelproposal SET state = 'lapsed', decided_at = %s, decided_by = %s
WHERE rule_id <> %s AND state = 'open' AND agent_id = ANY(%s)
"""
# One that is open already keeps its day and its figures: grace does not begin anew every night.
_PROPOSE = """
INSERT INTO ranks_levelproposal (agent_id, rule_id, from_level_id, to_level_id, state, period_from, period_to,
    net_sales, threshold, effective_on, proposed_at, decided_by, reason)
SELECT hit.agent_id, %s, %s, %s, 'open', hit.period_from, hit.period_to, hit.net_sales, %s, %s, %s, '', ''
FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::numeric[]) AS hit (agent_id, period_from, period_to, net_sales)
ON CONFLICT (agent_id) WHERE state = 'open' DO NOTHING
"""
# Compare and set: whoever has been moved, frozen or fixed meanwhile is left alone.
_MOVE = """
UPDATE agents_agent AS agent SET level_id = proposal.to_level_id, level_since = %(now)s, updated_at = %(now)s
FROM ranks_levelproposal AS proposal
WHERE proposal.id = ANY(%(ids)s) AND proposal.state = 'open' AND agent.id = proposal.agent_id
  AND agent.level_id = proposal.from_level_id AND agent.state = 'active'
  AND (agent.level_locked_until IS NULL OR agent.level_locked_until < %(today)s)
RETURNING proposal.id
"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of an evaluation."""

    rules: int
    found: int
    proposed: int
    lapsed: int
    applied: int


def evaluate_levels(*, now: datetime) -> Evaluation:
    """Evaluate all rules in force as of the brand's day at `now`. Nobody moves more than one level at a time."""
    today = clock.business_date(now)
    in_force = list(LevelRule.objects.filter(is_active=True))
    # Who reaches a higher level is not judged for falling from this one.
    in_force.sort(key=lambda rule: (rule.direction != RuleDirection.PROMOTE, rule.pk))
    counts = [evaluate_rule(rule=rule, today=today, now=now) for rule in in_force]
    applied = apply_ripe(today=today, now=now)
    found, proposed, lapsed = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0, 0)
    return Evaluation(len(in_force), found, proposed, lapsed, applied)


@transaction.atomic
def evaluate_rule(*, rule: LevelRule, today: date, now: datetime) -> tuple[int, int, int]:
    """Propose what the rule finds and lapse what it no longer finds; how many found, proposed, lapsed."""
    take_lock("agents.levels")  # one evaluation after another
    hits = get_hits(rule=rule, today=today)
    ids = [hit.agent_id for hit in hits]
    who = current_actor().label[:200]
    with connection.cursor() as cursor:
        cursor.execute(_LAPSE, [now, who, rule.pk, ids])
        lapsed = cursor.rowcount
        if rule.direction == RuleDirection.PROMOTE:
            cursor.execute(_GIVE_WAY, [now, who, rule.pk, ids])
            lapsed += cursor.rowcount
    proposed = sum(
        _propose(rule, hits[start : start + BATCH_SIZE], today=today, now=now)
        for start in range(0, len(hits), BATCH_SIZE)
    )
    return len(hits), proposed, lapsed


def apply_ripe(*, today: date, now: datetime) -> int:
    """Apply what rules that apply by themselves proposed and whose day has come; how many agents moved.

    A level with one agent per region is never entered by itself: the staff decides who has the region.
    """
    ripe = LevelProposal.objects.filter(
        state=ProposalState.OPEN,
        effective_on__lte=today,
        rule__mode=ApplyMode.APPLY,
        rule__is_active=True,
        to_level__is_exclusive_in_region=False,
    )
    ids = list(ripe.order_by("id").values_list("id", flat=True))
    pieces = [ids[start : start + BATCH_SIZE] for start in range(0, len(ids), BATCH_SIZE)]
    return sum(_apply(piece, today=today, now=now) for piece in pieces)


def _propose(rule: LevelRule, hits: Sequence[Hit], *, today: date, now: datetime) -> int:
    columns: list[list[Any]] = [
        [hit.agent_id for hit in hits],
        [hit.span.since for hit in hits],
        [hit.span.until for hit in hits],
        [hit.net_sales for hit in hits],
    ]
    effective_on = today + timedelta(days=rule.grace_days)
    fixed = [rule.pk, rule.from_level_id, rule.to_level_id, rule.threshold, effective_on, now]
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSE, [*fixed, *columns])
        return int(cursor.rowcount)


@transaction.atomic
def _apply(ids: Sequence[int], *, today: date, now: datetime) -> int:
    lock_tree()  # moves in the tree lock two agents in an order of their own
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"ids": list(ids), "today": today, "now": now})
        moved = [proposal_id for (proposal_id,) in cursor.fetchall()]
    proposals = LevelProposal.objects.filter(id__in=moved).select_related("rule").order_by("id")
    moves = [
        levels.RuledMove(one.agent_id, one.from_level_id, one.to_level_id, one.rule.name, figures_of(one))
        for one in proposals
    ]
    proposals.update(state=ProposalState.APPLIED, decided_at=now, decided_by=current_actor().label[:200])
    levels.record_ruled_moves(moves, now=now)
    return len(moves)


def figures_of(proposal: LevelProposal) -> dict[str, str]:
    """Return the figures the rule saw, for the history of levels."""
    return {
        "rule_id": str(proposal.rule_id),
        "measure": proposal.rule.measure,
        "period": proposal.rule.period,
        "period_from": proposal.period_from.isoformat(),
        "period_to": proposal.period_to.isoformat(),
        "net_sales": str(proposal.net_sales),
        "threshold": str(proposal.threshold),
    }
