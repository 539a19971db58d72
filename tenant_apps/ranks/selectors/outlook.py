"""Compute the sales an agent still needs, and until when, to keep the level or to reach the next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from kernel.core import clock
from kernel.core.money import ZERO
from tenant_apps.agents.selectors.agents import Agent, get_agent
from tenant_apps.ranks.models import LevelProposal, LevelRule
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.selectors.results import get_sales
from tenant_apps.ranks.selectors.rule_hits import spans
from tenant_apps.ranks.states import Measure, Period, ProposalState, RuleDirection

# A rolling window moves on every day, so the promise looks this far ahead.
HORIZON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Outlook:
    """“¥`missing` more until `until` (the last day) to keep the level, or to reach `level_name`”; 0.00 is enough."""

    aim: Literal["keep", "reach"]
    level_id: int
    level_name: str
    measure: str
    since: date
    until: date
    net_sales: Decimal
    threshold: Decimal
    missing: Decimal
    in_grace: bool
    fixed_until: date | None  # no rule moves the agent before


def get_outlook(*, agent_id: int, now: datetime) -> list[Outlook]:
    """One outlook for each rule in force that leads away from the agent's level. Raises AgentNotFound.

    Of a demotion: to keep this level; in grace the count begins after the period that was missed. Of a promotion: to
    reach the rule's level.
    """
    agent = get_agent(agent_id=agent_id)
    today = clock.business_date(now)
    rules = LevelRule.objects.filter(is_active=True, from_level_id=agent.level_id).select_related("to_level")
    return [_outlook(agent, rule, today) for rule in rules.order_by("-direction", "id")]


def _outlook(agent: Agent, rule: LevelRule, today: date) -> Outlook:
    keeps = rule.direction == RuleDirection.DEMOTE
    open_demotions = LevelProposal.objects.filter(agent=agent, rule=rule, state=ProposalState.OPEN)
    grace = open_demotions.first() if keeps else None
    since, until = _window(agent, rule, today, grace)
    sold = get_sales(
        agent_id=agent.pk, since=since, until=max(until, since + periods.ONE_DAY), team=rule.measure == Measure.TEAM
    ).net
    level = agent.level if keeps else rule.to_level
    locked = agent.level_locked_until
    return Outlook(
        aim="keep" if keeps else "reach",
        level_id=level.pk,
        level_name=level.name,
        measure=rule.measure,
        since=since,
        until=until - periods.ONE_DAY,
        net_sales=sold,
        threshold=rule.threshold,
        missing=max(rule.threshold - sold, ZERO),
        in_grace=grace is not None,
        fixed_until=locked if locked and locked >= today else None,
    )


def _window(agent: Agent, rule: LevelRule, today: date, grace: LevelProposal | None) -> tuple[date, date]:
    """The days that count, half-open, up to the day on which the rule will be asked."""
    if grace is not None and rule.period != Period.ROLLING:
        return grace.period_to, max(grace.effective_on, today + periods.ONE_DAY)
    end = periods.end_of_running(today, period=rule.period, horizon_days=HORIZON_DAYS)
    if grace is not None:
        end = max(grace.effective_on, today + periods.ONE_DAY)
    if rule.period == Period.ROLLING:
        return end - timedelta(days=rule.rolling_days or 0), end
    _complete, running = spans(rule, today)
    began = agent.level_since or agent.joined_at
    # The first period that is judged is one spent on the level from its first day.
    if rule.direction == RuleDirection.DEMOTE and began and began > clock.day_bounds(running.since)[0]:
        return end, periods.add_months(end, periods.MONTHS[rule.period])
    return running.since, end
