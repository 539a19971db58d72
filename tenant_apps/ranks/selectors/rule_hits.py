"""Find the agents a rule moves: asked nightly by the evaluation, and by the preview before a rule is saved. Writes
nothing.

Promotion is due when the running or the last complete period reaches the threshold; demotion when both stay below it
and the agent has stood on the level for the whole of the complete one. A complete period counts the team as it stood at
the period's end.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from kernel.core import clock
from tenant_apps.agents.selectors.edges import DEEPEST
from tenant_apps.ranks.models import LevelRule
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.rules.periods import Span
from tenant_apps.ranks.selectors.results import net_sums
from tenant_apps.ranks.states import Measure, RuleDirection

_MEASURED = """
WITH complete AS ({complete}), running AS ({running}), measured AS (
    SELECT agent.id AS agent_id, coalesce(complete.net, 0.00) AS complete, coalesce(running.net, 0.00) AS running,
           coalesce(agent.level_since, agent.joined_at) AS since
    FROM agents_agent AS agent
    LEFT JOIN complete ON complete.agent_id = agent.id LEFT JOIN running ON running.agent_id = agent.id
    WHERE agent.level_id = %(from_level_id)s AND agent.state = 'active'
      AND (agent.valid_until IS NULL OR agent.valid_until >= %(today)s)
      AND (agent.level_locked_until IS NULL OR agent.level_locked_until < %(today)s)
), due AS ({due})
"""
_PROMOTION = """
    SELECT agent_id, running >= %(threshold)s AS is_running,
           CASE WHEN running >= %(threshold)s THEN running ELSE complete END AS net
    FROM measured
    WHERE running >= %(threshold)s
       OR (complete >= %(threshold)s AND (since IS NULL OR since < %(complete_ends)s))
"""
_DEMOTION = """
    SELECT agent_id, false AS is_running, complete AS net FROM measured
    WHERE complete < %(threshold)s AND running < %(threshold)s AND since <= %(complete_begins)s
"""
_HITS = """
SELECT due.agent_id, due.is_running, due.net FROM due
WHERE NOT EXISTS (
    SELECT 1 FROM ranks_levelproposal AS declined
    WHERE declined.agent_id = due.agent_id AND declined.rule_id = %(rule_id)s AND declined.state = 'declined'
      AND declined.period_to > CASE WHEN due.is_running THEN %(running_since)s ELSE %(complete_since)s END)
ORDER BY due.agent_id
"""
_PREVIEW = """
SELECT (SELECT count(*) FROM measured), (SELECT count(*) FROM due),
       agent.id, agent.code, agent.name, due.net
FROM due JOIN agents_agent AS agent ON agent.id = due.agent_id ORDER BY due.net DESC, agent.id LIMIT %(limit)s
"""
_COUNT = "SELECT count(*) FROM measured"
_HELD = """
SELECT count(*) FROM agents_agent WHERE level_id = %s AND state = 'active' AND level_locked_until >= %s
"""
PREVIEWED = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """An agent whom a rule moves, and the figure it saw."""

    agent_id: int
    span: Span
    net_sales: Decimal


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of those who would change."""

    agent_id: int
    code: str
    name: str
    net_sales: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """Agents who would change if the rule were in force now, and why. `rows` holds the first 200 of `changing`."""

    measured: int  # stand on the level and are not fixed there
    fixed: int  # stand on it and are fixed by hand
    changing: int
    effective_on: date
    complete: Span
    running: Span
    rows: list[PreviewRow]


def get_hits(*, rule: LevelRule, today: date) -> list[Hit]:
    """Everybody the rule moves today, whoever declined it for the same time left out. One statement."""
    complete, running = spans(rule, today)
    rows = _ask(rule, today, _HITS)
    return [Hit(agent_id, running if is_running else complete, net) for agent_id, is_running, net in rows]


def preview_rule(*, rule: LevelRule, today: date) -> Preview:
    """Preview the effect of a rule, saved or not, today. Two or three statements."""
    complete, running = spans(rule, today)
    found = _ask(rule, today, _PREVIEW)
    measured = found[0][0] if found else _ask(rule, today, _COUNT)[0][0]
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [rule.from_level_id, today])
        fixed = cursor.fetchone()[0]
    return Preview(
        measured=measured,
        fixed=fixed,
        changing=found[0][1] if found else 0,
        effective_on=today + timedelta(days=rule.grace_days),
        complete=complete,
        running=running,
        rows=[PreviewRow(*row[2:]) for row in found],
    )


def spans(rule: LevelRule, today: date) -> tuple[Span, Span]:
    """The last complete period of the rule, and the running one."""
    return (
        periods.last_complete(today, period=rule.period, rolling_days=rule.rolling_days),
        periods.running(today, period=rule.period, rolling_days=rule.rolling_days),
    )


def _ask(rule: LevelRule, today: date, question: str) -> list[tuple[Any, ...]]:
    complete, running = spans(rule, today)
    begins = clock.day_bounds(complete.since)[0]
    ends = clock.day_bounds(complete.until)[0]
    parameters = {
        "rule_id": rule.pk,
        "from_level_id": rule.from_level_id,
        "threshold": rule.threshold,
        "today": today,
        "complete_begins": begins,
        "complete_ends": ends,
        "complete_since": complete.since,
        "running_since": running.since,
        "deepest": DEEPEST,
        "limit": PREVIEWED,
    }
    statement = _MEASURED.format(
        complete=_sums(rule.measure, complete, parameters, name="complete", as_of=ends - timedelta(microseconds=1)),
        running=_sums(rule.measure, running, parameters, name="running", as_of=None),
        due=_PROMOTION if rule.direction == RuleDirection.PROMOTE else _DEMOTION,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement + question, parameters)
        return list(cursor.fetchall())


def _sums(measure: str, span: Span, parameters: dict[str, Any], *, name: str, as_of: datetime | None) -> str:
    """The sums of one period, whose parameters carry the period's name."""
    own = {"since": span.since, "until": span.until, "as_of": as_of}
    statement = net_sums(measure=measure, as_of=as_of if measure == Measure.TEAM else None)
    for key, value in own.items():
        statement = statement.replace(f"%({key})s", f"%({name}_{key})s")
        parameters[f"{name}_{key}"] = value
    return statement
